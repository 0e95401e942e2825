// SPDX-License-Identifier: GPL-2.0-only

import type { LeafField, Level } from './page-table.js';

/**
 * A field of an entry, declared once by a room: the constants of its code, what a leaf is said to hold and the words of
 * kernel_page_tables all come from the declaration.
 */
export interface EntryBits extends LeafField {
  /** The field's bits 31:0, and its bits 63:32: all of them set. */
  readonly lo: number;
  readonly hi: number;
}

const BITS_31_0 = 0xffff_ffffn;

/**
 * Declares a field.
 * @param name the kernel's constant, or the manual's name
 * @param bits the bit, counted from the lowest, or the first and the last of several
 * @param says what the field says where it is not zero
 * @param levels levels whose leaves have it; all if not given
 */
export function entryBits(
  name: string,
  bits: number | readonly [first: number, last: number],
  says: string,
  levels?: readonly Level[],
): EntryBits {
  const [first, last] = typeof bits === 'number' ? [bits, bits] : bits;
  const mask = ((1n << BigInt(last - first + 1)) - 1n) << BigInt(first);
  const halves = { lo: Number(mask & BITS_31_0), hi: Number(mask >> 32n) };
  return { name, mask, ...halves, says, ...(levels !== undefined && { levels }) };
}
