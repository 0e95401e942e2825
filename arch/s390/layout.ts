// SPDX-License-Identifier: GPL-2.0-only

import {
  highHalf,
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

/** Invalid bit of region and segment entries, and of page entries. */
const TABLE_INVALID = 0x20;
const PAGE_INVALID = 0x400;
/** FC: the segment or region-third entry maps memory itself. */
export const LARGE = 0x400;
/** Table type and length of an entry that points to a table, by its level. */
const REGION1 = 0x0f;
const REGION2 = 0x0b;
const REGION3 = 0x07;

/** PAGE_KERNEL: present 1, young 4, dirty 8, read 0x10, write 0x20, no execution 0x100. */
export const PAGE_KERNEL = 0x13d;
/** Bits of a segment entry that the software chooses. */
export interface SegmentBits {
  /** SEGMENT_KERNEL, a leaf: no execution 0x100, large 0x400, young 0x1000, dirty 0x2000; read and write besides. */
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

const BITS_31_0 = 2 ** 32;

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
  return hi * BITS_31_0 + ((lo & originMask(level, lo)) >>> 0);
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

/** The fields of a leaf (arch/s390/include/asm/pgtable.h) that is a page. */
const PAGE_FIELDS: readonly LeafField[] = [
  { name: '_PAGE_PRESENT', mask: 0x1n, says: 'memory is mapped', levels: [PTE] },
  { name: '_PAGE_YOUNG', mask: 0x4n, says: 'was used', levels: [PTE] },
  { name: '_PAGE_DIRTY', mask: 0x8n, says: 'was written', levels: [PTE] },
  { name: '_PAGE_READ', mask: 0x10n, says: 'may be read', levels: [PTE] },
  { name: '_PAGE_WRITE', mask: 0x20n, says: 'may be written', levels: [PTE] },
  { name: '_PAGE_NOEXEC', mask: 0x100n, says: 'is not executed', levels: [PTE] },
  { name: '_PAGE_PROTECT', mask: 0x200n, says: 'the hardware refuses writes', levels: [PTE] },
  { name: '_PAGE_INVALID', mask: 0x400n, says: 'the hardware maps nothing', levels: [PTE] },
];

/** Those of a large segment that every release has. */
const SEGMENT_FIELDS: readonly LeafField[] = [
  { name: '_SEGMENT_ENTRY_INVALID', mask: 0x20n, says: 'the hardware maps nothing', levels: [PMD] },
  { name: '_SEGMENT_ENTRY_NOEXEC', mask: 0x100n, says: 'is not executed', levels: [PMD] },
  { name: '_SEGMENT_ENTRY_PROTECT', mask: 0x200n, says: 'the hardware refuses writes', levels: [PMD] },
  { name: '_SEGMENT_ENTRY_LARGE', mask: BigInt(LARGE), says: 'maps 1 MiB itself', levels: [PMD] },
  { name: '_SEGMENT_ENTRY_YOUNG', mask: 0x1000n, says: 'was used', levels: [PMD] },
  { name: '_SEGMENT_ENTRY_DIRTY', mask: 0x2000n, says: 'was written', levels: [PMD] },
];

/** Read 1 and write 2. */
const SEGMENT_BITS: SegmentBits = {
  leaf: 0x3503,
  table: 0,
  fields: [
    ...PAGE_FIELDS,
    { name: '_SEGMENT_ENTRY_READ', mask: 0x1n, says: 'may be read', levels: [PMD] },
    { name: '_SEGMENT_ENTRY_WRITE', mask: 0x2n, says: 'may be written', levels: [PMD] },
    ...SEGMENT_FIELDS,
  ],
};

/** Present 1, and read 0x4000 and write 0x8000 out of its way: an entry that is not present may hold a swap entry. */
const SEGMENT_BITS_WITH_PRESENT: SegmentBits = {
  leaf: 0xf501,
  table: 1,
  fields: [
    ...PAGE_FIELDS,
    { name: '_SEGMENT_ENTRY_PRESENT', mask: 0x1n, says: 'memory is mapped', levels: [PMD] },
    ...SEGMENT_FIELDS,
    { name: '_SEGMENT_ENTRY_READ', mask: 0x4000n, says: 'may be read', levels: [PMD] },
    { name: '_SEGMENT_ENTRY_WRITE', mask: 0x8000n, says: 'may be written', levels: [PMD] },
  ],
};

/** What a release writes into segment entries. */
export const segmentBits = (traits: Traits): SegmentBits =>
  traits.s390SegmentPresentBit ? SEGMENT_BITS_WITH_PRESENT : SEGMENT_BITS;
