// SPDX-License-Identifier: GPL-2.0-only

/**
 * Runs `npm run build` where something that it reads has changed since it ran last, and says nothing otherwise: npm asks for a
 * build at every `npx vmemmap` of a new clone and before every test.
 */
const { createHash } = require('node:crypto');
const { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { spawnSync } = require('node:child_process');

const ROOT = join(__dirname, '..', '..');
const INPUTS = ['package.json', 'package-lock.json', 'tsconfig.json', 'src', 'arch', 'bench'];
/** What the parts of a build make. */
const OUTPUTS = ['dist/src/cli/main.js', 'dist/cli/main.js', 'dist/src/page/template.html'].map((file) =>
  join(ROOT, file),
);
const STAMP = join(ROOT, 'dist', 'built-from');

/** Every file below a path, with its size and time. */
function* files(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) yield `${path} ${stat.size} ${stat.mtimeMs}`;
  else for (const name of readdirSync(path).sort()) yield* files(join(path, name));
}

const hash = createHash('sha256');
for (const input of INPUTS) for (const line of files(join(ROOT, input))) hash.update(`${line}\n`);
const inputs = hash.digest('hex');

const isBuilt = OUTPUTS.every(existsSync) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === inputs;
if (!isBuilt) {
  // The compiler takes nothing away whose source is gone.
  for (const made of ['arch', 'bench', 'src']) rmSync(join(ROOT, 'dist', made), { recursive: true, force: true });
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(STAMP, inputs);
}
