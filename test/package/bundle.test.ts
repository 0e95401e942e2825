// SPDX-License-Identifier: GPL-2.0-only

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** The bundled command line: what a process opens before it does anything. */

const FOLDER = join(import.meta.dirname, '..', '..', 'dist', 'cli');

/** The files that a file of the bundle cannot do without, and itself. */
function opened(file: string, before: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  if (before.has(file)) return before;
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const imported = [...text.matchAll(/^(?:import|export)\b[^;]*?"\.\/([^"]+)";$/gm)].map(([, name = '']) => name);
  return imported.reduce<ReadonlySet<string>>((files, name) => opened(name, files), new Set([...before, file]));
}

test('the options of commands are known without the emulator', () => {
  const files = [...opened('program.js')];
  expect(files).toContain('program.js');
  expect(files).not.toContain('emulator.js');
  expect(files.length).toBeLessThan(5);
});

test('a scenario runs with few files opened', () => {
  const files = [...opened('run.js')];
  expect(files).toContain('emulator.js');
  expect(files.length).toBeLessThan(16);
});

test('what runs in a thread or a process of its own lies beside what starts it', () => {
  for (const file of ['crew-worker.js', 'npm-compile.js']) expect(existsSync(join(FOLDER, file))).toBe(true);
});
