// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../src/hardware/word-halves.js';
import { entryBits } from '../../src/hardware/entry-bits.js';
import {
  P4D,
  PGD,
  PMD,
  PTE,
  PUD,
  swap32,
  type EntryFormat,
  type TableGeometry,
  type LeafField,
  type Level,
  type TableLevel,
} from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';

/**
 * Dynamic address translation of s390 (Principles of Operation, chapter 3; arch/s390/include/asm/pgtable.h): region,
 * segment and page tables. An entry that is empty is not zero, and says of what table it is.
 */

/** The fields of a page entry (arch/s390/include/asm/pgtable.h). */
export const PAGE = {
  PRESENT: entryBits('_PAGE_PRESENT', 0, 'memory is mapped', [PTE]),
  YOUNG: entryBits('_PAGE_YOUNG', 2, 'was used', [PTE]),
  DIRTY: entryBits('_PAGE_DIRTY', 3, 'was written', [PTE]),
  READ: entryBits('_PAGE_READ', 4, 'may be read', [PTE]),
  WRITE: entryBits('_PAGE_WRITE', 5, 'may be written', [PTE]),
  NOEXEC: entryBits('_PAGE_NOEXEC', 8, 'is not executed', [PTE]),
  PROTECT: entryBits('_PAGE_PROTECT', 9, 'the hardware refuses writes', [PTE]),
  INVALID: entryBits('_PAGE_INVALID', 10, 'the hardware maps nothing', [PTE]),
} as const;

/** Those of a large segment that every release has. */
const SEGMENT = {
  INVALID: entryBits('_SEGMENT_ENTRY_INVALID', 5, 'the hardware maps nothing', [PMD]),
  NOEXEC: entryBits('_SEGMENT_ENTRY_NOEXEC', 8, 'is not executed', [PMD]),
  PROTECT: entryBits('_SEGMENT_ENTRY_PROTECT', 9, 'the hardware refuses writes', [PMD]),
  LARGE: entryBits('_SEGMENT_ENTRY_LARGE', 10, 'maps 1 MiB itself', [PMD]),
  YOUNG: entryBits('_SEGMENT_ENTRY_YOUNG', 12, 'was used', [PMD]),
  DIRTY: entryBits('_SEGMENT_ENTRY_DIRTY', 13, 'was written', [PMD]),
} as const;

/** Invalid bit of region and segment entries, and of page entries. */
const TABLE_INVALID = SEGMENT.INVALID.lo;
const PAGE_INVALID = PAGE.INVALID.lo;
/** FC: the segment or region-third entry maps memory itself. */
export const LARGE = SEGMENT.LARGE.lo;
/** Table type and length of an entry that points to a table, by its level. */
const REGION1 = 0x0f;
const REGION2 = 0x0b;
const REGION3 = 0x07;

/** PAGE_KERNEL: 0x13d. */
export const PAGE_KERNEL =
  PAGE.PRESENT.lo | PAGE.YOUNG.lo | PAGE.DIRTY.lo | PAGE.READ.lo | PAGE.WRITE.lo | PAGE.NOEXEC.lo;
/** Bits of a segment entry that the software chooses. */
export interface SegmentBits {
  /** SEGMENT_KERNEL, a leaf. */
  readonly leaf: number;
  /** _SEGMENT_ENTRY, an entry that points to a page table. */
  readonly table: number;
  readonly fields: readonly LeafField[];
}

/** What an empty entry holds, by level. */
export const EMPTY: readonly number[] = [PAGE_INVALID, TABLE_INVALID, 0x24, 0x28, 0x2c];
/** Bits of an entry that points to a region or segment table, by its level. */
export const TABLE_BITS: readonly number[] = [0, 0, REGION3, REGION2, REGION1];

/** Low bits that are an address, by level: in an entry that points to a page or a table, and in a large entry. */
const TABLE_ORIGIN: readonly number[] = [0xffff_f000, 0xffff_f800, 0xffff_f000, 0xffff_f000, 0xffff_f000];
const LARGE_ORIGIN = 0xfff0_0000;
const LARGE_REGION3_ORIGIN = 0x8000_0000;

const TABLES: readonly TableLevel[] = [
  { level: PGD, shift: 53, bits: 11 },
  { level: P4D, shift: 42, bits: 11 },
  { level: PUD, shift: 31, bits: 11 },
  { level: PMD, shift: 20, bits: 11 },
  { level: PTE, shift: 12, bits: 8 },
];

/** @param pagingLevels 3, 4 or 5, chosen at boot */
export const geometry = (pagingLevels: number): TableGeometry => ({
  levels: TABLES.slice(TABLES.length - pagingLevels),
  endian: 'big',
});

/** pXd_deref(): where an entry points to. */
export function entryAddress(level: Level, lo: number, hi: number): number {
  return joinHalves(hi, (lo & originMask(level, lo)) >>> 0);
}

function originMask(level: Level, lo: number): number {
  if ((lo & LARGE) !== 0) {
    if (level === PMD) return LARGE_ORIGIN;
    if (level === PUD) return LARGE_REGION3_ORIGIN;
  }
  return TABLE_ORIGIN[level]!;
}

export const format: EntryFormat = {
  isPresent: (level, lo) => (lo & (level === PTE ? PAGE_INVALID : TABLE_INVALID)) === 0,
  isLeaf: (level, lo) => (level === PMD || level === PUD) && (lo & LARGE) !== 0,
  address: entryAddress,
};

/** pXd_none(). */
export const isNone = (level: Level, lo: number, hi: number): boolean => hi === 0 && lo === EMPTY[level];

/** An empty page-table entry as it lies in RAM, both words. */
export const EMPTY_PTE_WORDS = [0, swap32(PAGE_INVALID)] as const;

/** The words in RAM of a page-table entry for a frame. */
export const pteWord0 = (pa: number): number => swap32(highHalf(pa));
export const pteWord1 = (pa: number): number => swap32(((pa & TABLE_ORIGIN[PTE]!) | PAGE_KERNEL) >>> 0);

/** The bits of a leaf other than its frame. */
export const flagBits = (level: Level, lo: number): bigint =>
  BigInt((lo & ~(level === PMD ? LARGE_ORIGIN : TABLE_ORIGIN[PTE]!)) >>> 0);

/** SEGMENT_KERNEL without what lies elsewhere by release: 0x3500. */
const SEGMENT_KERNEL = SEGMENT.NOEXEC.lo | SEGMENT.LARGE.lo | SEGMENT.YOUNG.lo | SEGMENT.DIRTY.lo;

const LOW_READ = entryBits('_SEGMENT_ENTRY_READ', 0, 'may be read', [PMD]);
const LOW_WRITE = entryBits('_SEGMENT_ENTRY_WRITE', 1, 'may be written', [PMD]);
const SEGMENT_BITS: SegmentBits = {
  leaf: SEGMENT_KERNEL | LOW_READ.lo | LOW_WRITE.lo,
  table: 0,
  fields: [...Object.values(PAGE), LOW_READ, LOW_WRITE, ...Object.values(SEGMENT)],
};

/** Read and write out of the way of present: an entry that is not present may hold a swap entry. */
const PRESENT = entryBits('_SEGMENT_ENTRY_PRESENT', 0, 'memory is mapped', [PMD]);
const READ = entryBits('_SEGMENT_ENTRY_READ', 14, 'may be read', [PMD]);
const WRITE = entryBits('_SEGMENT_ENTRY_WRITE', 15, 'may be written', [PMD]);
const SEGMENT_BITS_WITH_PRESENT: SegmentBits = {
  leaf: SEGMENT_KERNEL | PRESENT.lo | READ.lo | WRITE.lo,
  table: PRESENT.lo,
  fields: [...Object.values(PAGE), PRESENT, ...Object.values(SEGMENT), READ, WRITE],
};

/** What a release writes into segment entries. */
export const segmentBits = (traits: Traits): SegmentBits =>
  traits.s390SegmentPresentBit ? SEGMENT_BITS_WITH_PRESENT : SEGMENT_BITS;
