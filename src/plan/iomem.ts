// SPDX-License-Identifier: GPL-2.0-only

import { PHYSICAL_ADDRESS_LIMIT } from '../hardware/ram.js';
import { InputError } from '../scenario/input.js';
import { linesOf, shortened } from './printed.js';

/** /proc/iomem: "<hex>-<hex> : name", two blanks of indent a level, ends inclusive. */

/** A line of /proc/iomem, with the lines below it. */
export interface IomemRange {
  start: number;
  /** Inclusive. */
  end: number;
  name: string;
  /** Level in the tree, from 0. */
  depth: number;
}

const LINE = /^( *)([0-9a-f]{1,16})-([0-9a-f]{1,16}) : (.*)$/i;
const INDENT = 2;

/** What the kernel and its drivers call system memory: "System RAM", and "System RAM (kmem)" from 5.8 on. */
const SYSTEM_RAM = /^System RAM( \(.+\))?$/;

/**
 * The ranges of /proc/iomem, in its order.
 * @param text what it reads
 * @param file what to call it in complaints
 * @throws InputError for a line that is none of its, and where every address is zero
 */
export function importIomem(text: string, file: string): IomemRange[] {
  const ranges = linesOf(text).map(({ text: line, number }): IomemRange => {
    const match = LINE.exec(line);
    if (!match) {
      throw new InputError(
        `${file}: line ${number} is "${shortened(line.trim())}"; expected is "<start>-<end> : <name>" in hex of at most 16 digits`,
      );
    }
    const [, indent = '', start = '', end = '', name = ''] = match;
    const range = { start: parseInt(start, 16), end: parseInt(end, 16), name, depth: indent.length / INDENT };
    if (range.end < range.start) throw new InputError(`${file}: line ${number} ends at ${end}, before it starts`);
    if (SYSTEM_RAM.test(name) && range.end >= PHYSICAL_ADDRESS_LIMIT) {
      throw new InputError(`${file}: line ${number} ends at ${end}; physical addresses end at 2^52`);
    }
    return range;
  });
  if (ranges.length === 0) throw new InputError(`${file}: it has no line of /proc/iomem`);
  if (ranges.every(({ start, end }) => start === 0 && end === 0)) {
    throw new InputError(
      `${file}: every address is zero; the kernel shows the addresses of /proc/iomem to root alone, so read it with sudo`,
    );
  }
  // A tree that stands in other text may be indented as a whole.
  const least = ranges.reduce((min, { depth }) => Math.min(min, depth), Infinity);
  return ranges.map((range) => ({ ...range, depth: Math.floor(range.depth - least) }));
}

/**
 * System memory, wherever it stands in the tree: what the firmware told of stands at the top, what a driver brought below
 * its device. What is nested in other system memory is listed once more.
 */
export const systemRamOf = (ranges: readonly IomemRange[]): IomemRange[] =>
  ranges.filter(({ name }) => SYSTEM_RAM.test(name));
