// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../scenario/input.js';

/** Compiles the measuring program with the machine's compiler, and runs it. */

/** Compilers that are asked for, the one of the environment first. */
const compilers = (): string[] => [...(process.env['CC'] ? [process.env['CC']] : []), 'cc', 'gcc', 'clang'];

/** As kernel code is compiled: no vectors, and no loop made a call of memset(). */
const OPTIONS = ['-O2', '-march=x86-64', '-fno-tree-vectorize', '-fno-strict-aliasing'];
const NO_MEMSET = '-fno-builtin';

const LAST_LINES = 3;

/**
 * @param source the measuring program
 * @param seconds that it may take
 * @returns what it printed
 * @throws InputError where there is no compiler, it is another architecture, or the program fails
 */
export function measurePrimitives(source: string, seconds: number): string {
  if (process.arch !== 'x64' || process.platform !== 'linux') {
    throw new InputError(`measuring is for x64 and Linux; this machine is ${process.arch} and ${process.platform}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'vmemmap-cpu-'));
  try {
    const program = join(folder, 'primitives');
    compile(source, program);
    const { status, stdout, stderr, error } = spawnSync(program, [String(seconds)], { encoding: 'utf8' });
    if (error !== undefined || status !== 0) {
      throw new InputError(
        `the measuring program failed: ${error?.message ?? (stderr.trim() || `status ${String(status)}`)}`,
      );
    }
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws InputError where there is no compiler, or it refuses */
export function compile(source: string, program: string): void {
  for (const compiler of compilers()) {
    const { status, stderr, error } = spawnSync(compiler, [...OPTIONS, NO_MEMSET, '-o', program, source], {
      encoding: 'utf8',
    });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') continue;
    if (status === 0) return;
    const last = stderr.trim().split('\n').slice(-LAST_LINES).join('; ');
    throw new InputError(`${compiler} does not compile the measuring program: ${error?.message ?? last}`);
  }
  throw new InputError('measuring needs a C compiler, and there is none of cc, gcc, clang; install one, or set CC');
}
