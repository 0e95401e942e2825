// SPDX-License-Identifier: GPL-2.0-only

import type { EntryField, Ptdump, PtdumpLine } from '../kernel/ptdump.js';
import type { Leaf, Level } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import { ptdumpRuns, type Run } from './walk.js';

/** kernel_page_tables, its part of the vmemmap, as the kernel prints it. */

const HEX_DIGITS = 16;
const SIZE_COLUMNS = 9;
const UNITS = 'BKMGTPE';
const LOW_BITS = 52n;
const ALL_64_BITS = 2n ** 64n;

/** Addresses of one kernel, 16 hex digits: the low 52 bits are a number, the bits above are the same for all. */
export const addressDigits =
  (vmemmapBase: bigint): ((address: number) => string) =>
  (address) =>
    ((((vmemmapBase >> LOW_BITS) << LOW_BITS) + BigInt(address)) % ALL_64_BITS).toString(16).padStart(HEX_DIGITS, '0');

/** Bytes in nine columns with the largest unit of 1024 that divides them. */
export function sizeColumns(bytes: number): string {
  let unit = 0;
  while (bytes % 1024 === 0 && unit < UNITS.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${String(bytes).padStart(SIZE_COLUMNS)}${UNITS[unit]!}`;
}

/** The word of a field in an entry; undefined where it has none. */
function fieldWord(field: EntryField, level: Level, entry: bigint): string | undefined {
  if ('shift' in field) return `${field.label}:${((entry & field.mask) >> BigInt(field.shift)).toString(16)}`;
  if (field.levels !== undefined && !field.levels.includes(level)) return field.clear;
  return (entry & field.mask) === field.value ? field.set : field.clear;
}

const entryOf = ({ lo, hi }: Run): bigint => (BigInt(hi) << 32n) | BigInt(lo);

function lineOf(ptdump: Ptdump, run: Run, digits: (address: number) => string): PtdumpLine {
  const entry = entryOf(run) & ptdump.compared;
  return {
    start: digits(run.start),
    end: digits(run.end),
    last: digits(run.end - 1),
    size: sizeColumns(run.end - run.start),
    level: run.level,
    isEmpty: run.isEmpty,
    words: ptdump.fields.flatMap((field) => fieldWord(field, run.level, entry) ?? []),
    phys: run.pa.toString(16).padStart(HEX_DIGITS, '0'),
  };
}

const marker = (title: string): string => `---[ ${title} ]---`;

/** What {@link ptdumpLines} adds to lines of leaves. */
export interface LineComments {
  /** Whether a line ends between two neighbouring leaves that the kernel would have joined. */
  readonly splits: (before: Leaf, leaf: Leaf) => boolean;
  /** The comment of a line. */
  readonly of: (run: Run) => string;
}

/**
 * The lines from the marker of the vmemmap to the next marker; the marker at the end is among them where it is the
 * vmemmap's own.
 * @param vmemmapBase virtual address of the struct page of pfn 0, for the bits of addresses above the low 52
 */
export function ptdumpLines(kernel: Kernel, ptdump: Ptdump, vmemmapBase: bigint, comments?: LineComments): string[] {
  const digits = addressDigits(vmemmapBase);
  const runs = ptdumpRuns(kernel, ptdump, comments?.splits);
  return [
    marker(ptdump.startMarker),
    ...runs.flatMap((run) => {
      const text = ptdump.line(lineOf(ptdump, run, digits));
      if (text === undefined) return [];
      return [comments === undefined || run.isEmpty ? text : `${text}  # ${comments.of(run)}`];
    }),
    ...(ptdump.endMarker === undefined ? [] : [marker(ptdump.endMarker)]),
  ];
}
