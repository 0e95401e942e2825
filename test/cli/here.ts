// SPDX-License-Identifier: GPL-2.0-only

import { vi } from 'vitest';
import { main } from '../../src/cli/program.js';
import type { Outcome } from './cli.js';

/** Runs a command in this process: what it prints and what a shell would learn of it. */
export async function vmemmapHere(...args: string[]): Promise<Outcome> {
  const printed = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += text.toString();
      return true;
    }),
  );
  const { exitCode } = process;
  process.exitCode = 0;
  try {
    await main(args);
    return { status: process.exitCode, ...printed };
  } finally {
    process.exitCode = exitCode;
    for (const spy of spies) spy.mockRestore();
  }
}
