// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { whereabouts } from '../check/whereabouts.js';
import { PHYSICAL_ADDRESS_LIMIT } from '../hardware/ram.js';
import { whereaboutsLines } from '../report/whereabouts.js';
import { InputError } from '../scenario/load.js';
import type { Run } from '../scenario/runner.js';
import { EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { runUpTo } from './run-up-to.js';
import { loadScenario } from './scenario-file.js';
import { stepIndex } from './step-option.js';

export interface WhereOptions {
  step?: string;
  kernel?: string;
  json?: true;
  output?: string;
}

/** "0x100000", "1048576", "ffffea0004000000", and "pfn:0x100000" as the kernel's log has it. */
const NUMBER = /^(?:pfn:|page:)?(?:(0x[0-9a-f]{1,16})|(\d{1,16})|([0-9a-f]{16}))$/i;

const LAST_ADDRESS = 2n ** 64n - 1n;

/**
 * The frame that a text names: by an address of its struct page, or by its number.
 * @throws InputError where it is neither
 */
function frameOf({ kernel, scenario }: Run, text: string): { pfn: number; offset: number } {
  const [, prefixed, decimal, bare] = NUMBER.exec(text) ?? [];
  const digits = prefixed ?? (bare === undefined ? decimal : `0x${bare}`);
  const { vmemmapBase } = scenario.machine.config;
  const frames = PHYSICAL_ADDRESS_LIMIT / kernel.pageSize;
  const value = digits === undefined ? -1n : BigInt(digits);
  if (value >= 0n && value < BigInt(frames)) return { pfn: Number(value), offset: 0 };
  const bytes = value - vmemmapBase;
  if (bytes >= 0n && bytes < BigInt(frames * kernel.structPageSize)) {
    const size = BigInt(kernel.structPageSize);
    return { pfn: Number(bytes / size), offset: Number(bytes % size) };
  }
  const last = vmemmapBase + BigInt(frames * kernel.structPageSize) - 1n;
  const end = last < LAST_ADDRESS ? last : LAST_ADDRESS;
  throw new InputError(
    `the page is "${text}"; it must be a frame number below ${hex(frames)}, or an address in the vmemmap, ${hex(vmemmapBase)} to ${hex(end)}`,
  );
}

/** `vmemmap where`: whose memmap a struct page is. Returns the exit code. */
export function where(page: string, file: string, options: WhereOptions): number {
  const scenario = loadScenario(file, options.kernel);
  const last = stepIndex(options.step, scenario.steps.length);
  const run = runUpTo(scenario, last);
  const { pfn, offset } = frameOf(run, page);
  const steps = last === undefined ? scenario.steps.length : last + 1;
  const found = whereabouts(run, pfn, offset, steps);
  writeResult(
    options.json
      ? outputText({ schema: 'vmemmap/where/v1', name: scenario.name, step: steps, ...found })
      : whereaboutsLines(found).join('\n'),
    options.output,
  );
  return EXIT_OK;
}
