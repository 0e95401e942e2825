// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The bundled command line: what a process opens before it does anything. */

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'dist', 'cli');

/** The name of a part, without what tells its contents. */
const part = (file: string): string => file.replace(/-[\w-]{8}\.js$/, '.js');
const fileOf = (name: string): string => readdirSync(FOLDER).find((file) => part(file) === name)!;

/** The files that a file of the bundle cannot do without, and itself. */
function opened(file: string, before: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  if (before.has(file)) return before;
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const required = [...text.matchAll(/^(?:(?:const|let|var) \w+ = )?require\("\.\/([^"]+)"\);$/gm)];
  return required.reduce<ReadonlySet<string>>(
    (files, [, name = '']) => opened(name, files),
    new Set([...before, file]),
  );
}

test('the options of commands are known without the emulator', () => {
  const files = [...opened(fileOf('program.js'))].map(part);
  expect(files).toContain('program.js');
  expect(files).toContain('main.js');
  expect(files).not.toContain('emulator.js');
  expect(files.length).toBeLessThan(5);
});

test('a scenario runs with few files opened', () => {
  const files = [...opened(fileOf('run.js'))].map(part);
  expect(files).toContain('emulator.js');
  expect(files.length).toBeLessThan(16);
});

test('what runs in a thread or a process of its own lies beside what starts it', () => {
  for (const file of ['crew-worker.js', 'npm-compile.js']) expect(existsSync(join(FOLDER, file))).toBe(true);
});

test('compiled code is kept, and what was kept and is none is compiled anew', () => {
  const root = mkdtempSync(join(tmpdir(), 'vmemmap-bundle-'));
  const kept = join(root, 'dist', 'cli', 'compiled');
  try {
    for (const path of ['LICENSE', 'package.json', join('dist', 'cli')])
      cpSync(join(ROOT, path), join(root, path), { recursive: true });
    rmSync(kept, { recursive: true, force: true });
    const version = (): string =>
      spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), '-V'], { encoding: 'utf8' }).stdout;
    const first = version();
    expect(first).toMatch(/^\d+\.\d+\.\d+\n$/);
    // Later versions of Node.js keep it where they like.
    if (process.version.startsWith('v20.')) {
      const [engine] = readdirSync(kept);
      const [program] = readdirSync(join(kept, engine!));
      const path = join(kept, engine!, program!);
      writeFileSync(path, 'no code');
      expect(version()).toBe(first);
      expect(readFileSync(path).length).toBeGreaterThan('no code'.length);
    }
    expect(version()).toBe(first);
  } finally {
    rmSync(root, { recursive: true });
  }
});
