// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../src/hardware/word-halves.js';
import { entryBits } from '../../src/hardware/entry-bits.js';
import {
  fullPageTables,
  PMD,
  PTE,
  type EntryFormat,
  type LeafField,
  type Level,
} from '../../src/hardware/page-table.js';

/**
 * Page tables of loongarch64 (LoongArch reference manual, volume 1, "Multi-level page table structure supported by page
 * walking"; arch/loongarch/include/asm/pgtable-bits.h and pgtable.h): geometry and entry bits. Page size and number of
 * levels are parameters.
 */

/** The fields of an entry (arch/loongarch/include/asm/pgtable-bits.h). VALID is what the hardware looks at. */
export const ENTRY = {
  VALID: entryBits('_PAGE_VALID', 0, 'memory is mapped; also the kernel’s _PAGE_ACCESSED'),
  DIRTY: entryBits('_PAGE_DIRTY', 1, 'a write does not fault'),
  PLV: entryBits('_PAGE_PLV', [2, 3], 'privilege level that may use it; 0 is the kernel'),
  CACHE: entryBits('_CACHE_MASK', [4, 5], 'memory access type; 1 is coherent cached'),
  /** The same bit says of a PMD that it is a leaf. */
  GLOBAL: entryBits('_PAGE_GLOBAL', 6, 'stays in the TLB when the address space is switched', [PTE]),
  HUGE: entryBits('_PAGE_HUGE', 6, 'a leaf above the PTE level', [PMD]),
  PRESENT: entryBits('_PAGE_PRESENT', 7, 'is there; the kernel’s own bit'),
  WRITE: entryBits('_PAGE_WRITE', 8, 'may be written; the kernel’s own bit'),
  MODIFIED: entryBits('_PAGE_MODIFIED', 9, 'was written; the kernel’s own bit'),
  PROTNONE: entryBits('_PAGE_PROTNONE', 10, 'there, and nobody may use it; the kernel’s own bit'),
  SPECIAL: entryBits('_PAGE_SPECIAL', 11, 'has no struct page; the kernel’s own bit'),
  HGLOBAL: entryBits('_PAGE_HGLOBAL', 12, 'stays in the TLB when the address space is switched', [PMD]),
  PRESENT_INVALID: entryBits('_PAGE_PRESENT_INVALID', 60, 'present, and hidden from the hardware', [PMD]),
  NO_READ: entryBits('_PAGE_NO_READ', 61, 'is not read'),
  NO_EXEC: entryBits('_PAGE_NO_EXEC', 62, 'is not executed'),
  RPLV: entryBits('_PAGE_RPLV', 63, 'only that privilege level may use it'),
} as const;

export const LEAF_FIELDS: readonly LeafField[] = Object.values(ENTRY);

/** In the low half. */
const VALID = ENTRY.VALID.lo;
export const GLOBAL = ENTRY.GLOBAL.lo;
export const HUGE = ENTRY.HUGE.lo;
/** _CACHE_CC. */
const COHERENT_CACHED = 1 << 4;

/** PAGE_KERNEL: 0x1d3. */
export const PAGE_KERNEL = VALID | ENTRY.DIRTY.lo | COHERENT_CACHED | GLOBAL | ENTRY.PRESENT.lo | ENTRY.WRITE.lo;
/** What vmemmap_set_pmd() writes: 0x11d3. */
export const PAGE_KERNEL_LEAF = PAGE_KERNEL | HUGE | ENTRY.HGLOBAL.lo;

/** High half of CAC_BASE: an entry points to a table by the address at which the kernel sees it, cached and unmapped. */
const CAC_BASE_HI = 0x9000_0000;
/** Bits 32-47 of an entry: the upper part of the frame. _PAGE_PFN_END_SHIFT is 48. */
const FRAME_HI = 0x0000_ffff;
/** What a frame needs less than: bits of an address that an entry can hold. */
export const ENTRY_LIMIT = 2 ** 48;

/**
 * Every table fills a page, the root too.
 * @param pageShift 12, 14 or 16
 * @param pagingLevels 2 to 4
 */
export const geometry = fullPageTables;

/** Bits 0-31 of an entry that hold the frame, by the bytes that the entry maps. */
export const frameLo = (span: number): number => ~(span - 1) >>> 0;

/** Low half of an entry. @param pa physical byte address */
export const entryLo = (pa: number, bits: number): number => ((pa & 0xffff_ffff) | bits) >>> 0;

/** High half of a leaf. */
export const leafHi = (pa: number): number => highHalf(pa);

/** High half of an entry that points to a table. */
export const tableHi = (pa: number): number => (highHalf(pa) | CAC_BASE_HI) >>> 0;

/** What an entry of a level is that points nowhere: it points to a table of such entries, in the kernel's image. */
export type NoneEntries = Readonly<Record<Level, { readonly lo: number; readonly hi: number } | undefined>>;

/** How the hardware reads an entry, with the tables that empty entries point to left out. */
export function format(pageShift: number, none: NoneEntries): EntryFormat {
  const pageFrame = frameLo(2 ** pageShift);
  const leafFrame = frameLo(2 ** (2 * pageShift - 3));
  const isLeaf = (level: Level, lo: number): boolean => level === PMD && (lo & HUGE) !== 0;
  return {
    isPresent: (level, lo, hi) => {
      if (level === PTE || isLeaf(level, lo)) return (lo & VALID) !== 0;
      const empty = none[level];
      return lo !== empty?.lo || hi !== empty.hi;
    },
    isLeaf,
    address: (level, lo, hi) => {
      const mask = isLeaf(level, lo) ? leafFrame : pageFrame;
      return joinHalves(hi & FRAME_HI, (lo & mask) >>> 0);
    },
  };
}

/** The bits of a leaf other than its frame. @param span bytes that the leaf maps */
export const flagBits = (lo: number, hi: number, span: number): bigint =>
  (BigInt((hi & ~FRAME_HI) >>> 0) << 32n) | BigInt((lo & ~frameLo(span)) >>> 0);
