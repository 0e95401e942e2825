// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/input.js';
import { linesOf } from './printed.js';

/** /proc/iomem: "<hex>-<hex> : name", two blanks of indent a level, ends inclusive. */

export interface IomemRange {
  start: number;
  /** Inclusive. */
  end: number;
  name: string;
  /** Level in the tree, from 0. */
  depth: number;
}

const LINE = /^( *)([0-9a-f]+)-([0-9a-f]+) : (.*)$/i;
const INDENT = 2;

/**
 * The ranges of /proc/iomem, in its order.
 * @param text what it reads
 * @param file what to call it in complaints
 * @throws InputError for a line that is none of its, and where every address is zero
 */
export function importIomem(text: string, file: string): IomemRange[] {
  const ranges = linesOf(text).map((line, i): IomemRange => {
    const match = LINE.exec(line);
    if (!match) {
      throw new InputError(`${file}: line ${i + 1} is "${line.trim()}"; expected is "<start>-<end> : <name>" in hex`);
    }
    const [, indent = '', start = '', end = '', name = ''] = match;
    const range = { start: parseInt(start, 16), end: parseInt(end, 16), name, depth: indent.length / INDENT };
    if (range.end >= range.start) return range;
    throw new InputError(`${file}: line ${i + 1} ends at ${end}, before it starts`);
  });
  if (ranges.length === 0) throw new InputError(`${file}: it has no line of /proc/iomem`);
  if (ranges.every(({ start, end }) => start === 0 && end === 0)) {
    throw new InputError(
      `${file}: every address is zero; the kernel shows the addresses of /proc/iomem to root alone, so read it with sudo`,
    );
  }
  return ranges;
}

/** System memory that the firmware told of, or that was added as such: at the top of the tree. */
export const systemRamOf = (ranges: readonly IomemRange[]): IomemRange[] =>
  ranges.filter(({ name, depth }) => depth === 0 && name === 'System RAM');

/** System memory that a driver brought: "System RAM (kmem)" below its device. */
export const driverRamOf = (ranges: readonly IomemRange[]): IomemRange[] =>
  ranges.filter(({ name }) => /^System RAM \(.+\)$/.test(name));
