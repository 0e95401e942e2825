// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs the compiled command line as a shell would. */

const ROOT = join(import.meta.dirname, '..', '..');
export const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
/** Bytes of a command's output: a trace has some MiB. */
const MAX_OUTPUT = 2 ** 28;

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export function vmemmap(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
  });
  return { status, stdout, stderr };
}

const folder = mkdtempSync(join(tmpdir(), 'vmemmap-'));

/** A file with the given content; its path. */
export function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
