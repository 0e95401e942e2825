// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../../src/hardware/word-halves.js';
import {
  P4D,
  PMD,
  PTE,
  PUD,
  type EntryFormat,
  type TableGeometry,
  type Level,
} from '../../../src/hardware/page-table.js';
import { ENTRY, PAGE_KERNEL_HI, PAGE_KERNEL_LO } from '../entry-bits.js';

/**
 * Radix tree tables of the Power ISA 3.0 (Book III, 6.7.10; arch/powerpc/include/asm/book3s/64/radix*.h). Entries are
 * big-endian.
 */

export const PRESENT_HI = ENTRY.PRESENT.hi;
export const LEAF_HI = ENTRY.PTE.hi;

/** log2 of the entries of PUD and PMD tables. */
const UPPER_INDEX_BITS = 9;
const ROOT_INDEX_BITS = 13;
/** log2 of the bytes that a PMD entry covers; 2 MiB with either page size. */
const PMD_SHIFT = 21;

/** Bits 32-52 of an entry: the upper half of the address. */
const ADDRESS_HI = 0x001f_ffff;
/** In an entry that points to a table the low byte holds its size; a table may start every 256 bytes. */
const TABLE_LO = 0xffff_ff00;
const LEAF_LO = 0xffff_f000;

/** @param pageShift 12 or 16 */
export const geometry = (pageShift: number): TableGeometry => ({
  levels: [
    { level: P4D, shift: PMD_SHIFT + 2 * UPPER_INDEX_BITS, bits: ROOT_INDEX_BITS },
    { level: PUD, shift: PMD_SHIFT + UPPER_INDEX_BITS, bits: UPPER_INDEX_BITS },
    { level: PMD, shift: PMD_SHIFT, bits: UPPER_INDEX_BITS },
    { level: PTE, shift: pageShift, bits: PMD_SHIFT - pageShift },
  ],
  endian: 'big',
});

/** Low half of an entry that points to a table: its address and the log2 of its entries. */
export const tableLo = (pageShift: number, level: Level, pa: number): number =>
  ((pa & TABLE_LO) | (level === PMD ? PMD_SHIFT - pageShift : UPPER_INDEX_BITS)) >>> 0;

export const tableHi = (pa: number): number => (highHalf(pa) | PRESENT_HI) >>> 0;

export const leafLo = (pa: number): number => ((pa & LEAF_LO) | PAGE_KERNEL_LO) >>> 0;

export const leafHi = (pa: number): number => (highHalf(pa) | PAGE_KERNEL_HI) >>> 0;

/** Where an entry points to. */
export const entryAddress = (lo: number, hi: number): number =>
  joinHalves(hi & ADDRESS_HI, (lo & ((hi & LEAF_HI) === 0 ? TABLE_LO : LEAF_LO)) >>> 0);

export const format: EntryFormat = {
  isPresent: (_level, _lo, hi) => (hi & PRESENT_HI) !== 0,
  isLeaf: (_level, _lo, hi) => (hi & LEAF_HI) !== 0,
  address: (_level, lo, hi) => entryAddress(lo, hi),
};

/** The bits of a leaf other than its frame. */
export const flagBits = (lo: number, hi: number): bigint =>
  (BigInt((hi & ~ADDRESS_HI) >>> 0) << 32n) | BigInt((lo & ~LEAF_LO) >>> 0);
