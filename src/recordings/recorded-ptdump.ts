// SPDX-License-Identifier: GPL-2.0-only

import type { Kernel } from '../kernel/kernel.js';
import { ptdumpOf } from '../ptdump/form.js';
import { ptdumpLines } from '../ptdump/text.js';
import type { Scenario } from '../scenario/scenario.js';
import type { Failure } from './vectors.js';

/** Compares kernel_page_tables, as far as it is of the vmemmap, with what a booted kernel printed. */

/** ppc64 prints the frame behind the first page of a line, between its range and its size. */
const PHYSICAL_ADDRESS = /(?<=^0x[0-9a-f]{16}-0x[0-9a-f]{16}  )0x[0-9a-f]{16}(?= )/;
const SYSTEM_RAM = 'system RAM        ';
/** ppc64 fills columns up to the end of a line, and recordings of it have lost those blanks. */
const BLANKS_AT_THE_END = / +$/;

/**
 * Frames of system memory cannot agree, since a booted kernel has used its memory before; all else must, byte for byte, but
 * for blanks at the end of a line.
 * @param isDevice whether a frame is a device's. @param pa physical byte address
 */
export function comparePtdump(
  kernel: Kernel,
  scenario: Scenario,
  recorded: readonly string[],
  isDevice: (pa: number) => boolean,
): Omit<Failure, 'name' | 'step'> | undefined {
  const comparable = (lines: readonly string[]): string =>
    lines
      .map((line) =>
        line
          .replace(PHYSICAL_ADDRESS, (phys) => (isDevice(Number(phys)) ? phys : SYSTEM_RAM))
          .replace(BLANKS_AT_THE_END, ''),
      )
      .join('\n');
  const expected = comparable(recorded);
  const actual = comparable(ptdumpLines(kernel, ptdumpOf(scenario), scenario.machine.config.vmemmapBase));
  return expected === actual ? undefined : { field: 'ptdump', expected, actual };
}
