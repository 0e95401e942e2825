// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';

/** The package as users get it: packed, and installed into an empty project. */

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');
const TIMEOUT_MS = 60_000;

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(cwd: string, command: string, ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: TIMEOUT_MS });
  return { status, stdout, stderr };
}

interface Packed {
  filename: string;
  files: { path: string }[];
}

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-package-'));
const project = join(folder, 'project');
let packed: Packed;
let tarball: string;
/** Why the package could not be installed; undefined if it is. */
let notInstalled: string | undefined;

const MANIFEST = JSON.stringify({ name: 'empty-project', version: '1.0.0', private: true, type: 'module' });

/** Installs the tarball, with dependencies from npm's cache or else from the registry. */
function install(): string | undefined {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), MANIFEST);
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=0', '--fetch-timeout=10000'];
  const cached = run(project, 'npm', 'install', '--offline', ...options, tarball);
  if (cached.status === 0) return undefined;
  const fetched = run(project, 'npm', 'install', ...options, tarball);
  if (fetched.status === 0) return undefined;
  const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|FETCH_ERROR)\b|network/i;
  if (!unreachable.test(fetched.stderr)) throw new Error(`npm install failed: ${fetched.stderr}`);
  return `npm's cache lacks a dependency and the registry cannot be reached: ${fetched.stderr.split('\n')[0] ?? ''}`;
}

beforeAll(() => {
  // The tests of the command line use what is built here at the same time, so it is packed as it is.
  const { status, stdout, stderr } = run(
    ROOT,
    'npm',
    'pack',
    '--ignore-scripts',
    '--json',
    '--pack-destination',
    folder,
  );
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  [packed] = JSON.parse(stdout) as [Packed];
  tarball = join(folder, packed.filename);
  notInstalled = install();
  if (notInstalled !== undefined) console.warn(`skipped: ${notInstalled}`);
}, 3 * TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true }));

const needsInstallation = ({ skip }: TestContext): void => {
  if (notInstalled !== undefined) skip(notInstalled);
};

describe('the packed package', () => {
  const paths = (): ReadonlySet<string> => new Set(packed.files.map(({ path }) => path));
  const packedText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

  test('has the library, the bundled command line, the page, the story, the C that it compiles, documentation and licences', () => {
    const kinds = [
      /^dist\/(src|arch)\/.+\.(js|d\.ts)$/,
      /^dist\/cli\/[\w-]+\.js$/,
      /^dist\/man\/vmemmap(-[a-z]+)?\.1$/,
      /^dist\/schemas\/[a-z-]+\.json$/,
      /^(arch|src)\/.+\.md$/,
      /^src\/(story|tree\/prelude)\//,
      /^arch\/\w+\/prelude\//,
    ];
    expect([...paths()].filter((path) => !kinds.some((kind) => kind.test(path))).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/cli/LICENCES.txt',
      'dist/cli/package.json',
      'dist/cli/source-lines.json',
      'dist/src/page/LICENCES.txt',
      'dist/src/page/playground.html',
      'dist/src/page/template.html',
      'package.json',
      'src/measure/primitives.c',
      'src/page/screenshots/playground.png',
      'src/page/screenshots/two-releases.png',
    ]);
  });

  /** What the files of the package import: files of the package, and packages that it depends on. */
  const IMPORT =
    /^(?:import|export)\b[^;'"]*?\bfrom ['"]([^'"]+)['"];|\bimport\(['"]([^'"]+)['"]\)|^import ['"]([^'"]+)['"];|\brequire\(['"]([^'"]+)['"]\)/gm;
  const importsOf = (path: string): string[] =>
    [...packedText(path).matchAll(IMPORT)].map((match) => match.slice(1).join(''));

  test('holds every file that one of its files imports, and names every package', () => {
    const manifest = JSON.parse(packedText('package.json')) as Record<string, Record<string, string>>;
    const known = { ...manifest['dependencies'], ...manifest['optionalDependencies'] };
    const nodes = (path: string): string => path.replace(/^(@[^/]+\/)?([^/]+).*$/, '$1$2');
    const missing = [...paths()]
      .filter((path) => path.endsWith('.js'))
      .flatMap((path) =>
        importsOf(path)
          .filter((from) => !isBuiltin(from))
          .filter((from) => (from.startsWith('.') ? !paths().has(join(path, '..', from)) : !(nodes(from) in known)))
          .map((from) => `${path}: ${from}`),
      );
    expect(missing).toEqual([]);
  });

  test('names no package that none of its files imports', () => {
    const manifest = JSON.parse(packedText('package.json')) as { dependencies: Record<string, string> };
    const imported = [...paths()].filter((path) => path.endsWith('.js')).flatMap(importsOf);
    expect(Object.keys(manifest.dependencies).filter((name) => !imported.includes(name))).toEqual([]);
  });

  test('holds every page and picture that the README leads to', () => {
    const seen = new Set<string>();
    const missing: string[] = [];
    const follow = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      if (!paths().has(path)) {
        missing.push(path);
        return;
      }
      if (!path.endsWith('.md')) return;
      for (const [, link = ''] of packedText(path).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
        if (!/^[a-z]+:/.test(link) && path === 'README.md') follow(join(path, '..', link));
      }
    };
    follow('README.md');
    expect(missing).toEqual([]);
  });

  test('lists the licence of every package that is bundled', () => {
    const licences = packedText('dist/cli/LICENCES.txt');
    for (const name of ['commander', 'zod', 'jsonc-parser'])
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+, licence MIT$`, 'm'));
    expect(packedText('dist/src/page/LICENCES.txt')).toMatch(/^preact [\d.]+, licence MIT$/m);
  });

  test('has no file whose source is gone', () => {
    const compiled = packed.files
      .map(({ path }) => path)
      .filter((path) => /^dist\/(src|arch)\/.*\.(js|d\.ts)$/.test(path));
    expect(compiled.length).toBeGreaterThan(0);
    const source = (path: string): string => path.replace(/^dist\//, '').replace(/(\.d\.ts|\.js)$/, '.ts');
    expect(compiled.filter((path) => !existsSync(join(ROOT, source(path))))).toEqual([]);
  });

  test('is what publint asks for', async () => {
    const { buffer } = new Uint8Array(readFileSync(tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('has types that resolve wherever ES modules are imported', { timeout: TIMEOUT_MS }, () => {
    const { status, stdout } = run(ROOT, join(BIN, 'attw'), tarball, '--profile', 'esm-only', '--format', 'json');
    const { analysis } = JSON.parse(stdout) as { analysis: { types: { kind: string } } };
    expect(analysis.types.kind).toBe('included');
    expect(status).toBe(0);
  });
});

describe('the package in an empty project', () => {
  test('answers npx vmemmap --version', { timeout: TIMEOUT_MS }, (context) => {
    needsInstallation(context);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(run(project, 'npx', '--no', 'vmemmap', '--', '--version')).toMatchObject({
      status: 0,
      stdout: `${version}\n`,
    });
  });

  test('runs a scenario and dumps it', { timeout: TIMEOUT_MS }, (context) => {
    needsInstallation(context);
    const scenario = {
      machine: { arch: 'arm64' },
      steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
    };
    writeFileSync(join(project, 'scenario.json'), JSON.stringify(scenario));
    const outcome = run(project, 'npx', '--no', 'vmemmap', 'run', 'scenario.json');
    expect(outcome.stdout).toMatch(/no findings\n$/);
    expect(outcome.status).toBe(0);
    expect(run(project, 'npx', '--no', 'vmemmap', 'dump', 'scenario.json').stdout).toMatch(
      /^---\[ vmemmap start \]---\n/,
    );
  });

  /** Programs of other releases of Node.js, of a machine that has them: paths, with colons between. */
  const others = (process.env['OTHER_NODES'] ?? '').split(':').filter((path) => path !== '');

  test('runs on other releases of Node.js, and says nothing but its results', { timeout: TIMEOUT_MS }, (context) => {
    needsInstallation(context);
    if (others.length === 0) context.skip('OTHER_NODES names no other releases of Node.js');
    const main = join('node_modules', 'vmemmap', 'dist', 'cli', 'main.js');
    for (const node of others) {
      for (const args of [['story'], ['repro', 'tail-keeps-leaf'], ['validate', '--arch', 's390']]) {
        const there = run(project, node, main, ...args);
        expect(there, `${node} ${args[0]!}`).toEqual(run(project, process.execPath, main, ...args));
        expect(there.stderr).toBe('');
      }
    }
  });

  test('writes a report', { timeout: TIMEOUT_MS }, (context) => {
    needsInstallation(context);
    const outcome = run(project, 'npx', '--no', 'vmemmap', 'report', '--bug', 'tail-keeps-leaf', '-o', 'report.html');
    expect(outcome).toMatchObject({ status: 1, stdout: '' });
    expect(existsSync(join(project, 'report.html'))).toBe(true);
  });

  test('tells its story', { timeout: TIMEOUT_MS }, (context) => {
    needsInstallation(context);
    expect(run(project, 'npx', '--no', 'vmemmap', 'story').status).toBe(0);
  });

  test('is a library of ES modules with types', { timeout: TIMEOUT_MS }, (context) => {
    needsInstallation(context);
    const program = `
      // In place of types of Node or of a browser: for this program, and for zod.
      declare const console: { log(...values: unknown[]): void };
      declare global { interface URL { readonly href: string } }
      import { resolveScenario, runScenario, scenarioSchema, type StepResult } from 'vmemmap';
      const scenario = resolveScenario(
        scenarioSchema.parse({
          machine: { arch: 'x86_64' },
          steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
        }),
      );
      const results: StepResult[] = runScenario(scenario);
      const leaves: readonly string[] = results[0]?.leaves ?? [];
      // @ts-expect-error: a field that a result does not have
      const nothing: unknown = results[0]?.noSuchField;
      console.log(leaves.length, nothing);
    `;
    writeFileSync(join(project, 'program.ts'), program);
    const compilerOptions = {
      target: 'ES2022',
      lib: ['ES2023'],
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      types: [],
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    expect(run(project, join(BIN, 'tsc'), '-p', '.')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(run(project, process.execPath, 'program.js').stdout).toBe('1 undefined\n');
  });
});
