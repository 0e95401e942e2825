// SPDX-License-Identifier: GPL-2.0-only

import {
  fullPageTables,
  highHalf,
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

/** Bits of an entry, low half. VALID is what the hardware looks at, PRESENT what the kernel does. */
export const VALID = 1 << 0;
export const DIRTY = 1 << 1;
/** Coherent cached, of the two bits of the memory access type. */
export const COHERENT_CACHED = 1 << 4;
/** Global in a PTE; the same bit says of a PMD that it is a leaf. */
export const GLOBAL = 1 << 6;
export const HUGE = 1 << 6;
export const PRESENT = 1 << 7;
export const WRITE = 1 << 8;
/** Global, of a PMD that is a leaf. */
export const HGLOBAL = 1 << 12;

/** PAGE_KERNEL: 0x1d3. */
export const PAGE_KERNEL = VALID | DIRTY | COHERENT_CACHED | GLOBAL | PRESENT | WRITE;
/** What vmemmap_set_pmd() writes: 0x11d3. */
export const PAGE_KERNEL_LEAF = PAGE_KERNEL | HUGE | HGLOBAL;

/** High half of CAC_BASE: an entry points to a table by the address at which the kernel sees it, cached and unmapped. */
const CAC_BASE_HI = 0x9000_0000;
/** Bits 32-47 of an entry: the upper part of the frame. _PAGE_PFN_END_SHIFT is 48. */
const FRAME_HI = 0x0000_ffff;
const BITS_31_0 = 2 ** 32;
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
      return (hi & FRAME_HI) * BITS_31_0 + ((lo & mask) >>> 0);
    },
  };
}

/** The bits of a leaf other than its frame. @param span bytes that the leaf maps */
export const flagBits = (lo: number, hi: number, span: number): bigint =>
  (BigInt((hi & ~FRAME_HI) >>> 0) << 32n) | BigInt((lo & ~frameLo(span)) >>> 0);

/** The fields of a leaf (arch/loongarch/include/asm/pgtable-bits.h). */
export const LEAF_FIELDS: readonly LeafField[] = [
  { name: '_PAGE_VALID', mask: BigInt(VALID), says: 'memory is mapped; also the kernel’s _PAGE_ACCESSED' },
  { name: '_PAGE_DIRTY', mask: BigInt(DIRTY), says: 'a write does not fault' },
  { name: '_PAGE_PLV', mask: 3n << 2n, says: 'privilege level that may use it; 0 is the kernel' },
  { name: '_CACHE_MASK', mask: 3n << 4n, says: 'memory access type; 1 is coherent cached' },
  {
    name: '_PAGE_GLOBAL',
    mask: BigInt(GLOBAL),
    says: 'stays in the TLB when the address space is switched',
    levels: [PTE],
  },
  { name: '_PAGE_HUGE', mask: BigInt(HUGE), says: 'a leaf above the PTE level', levels: [PMD] },
  { name: '_PAGE_PRESENT', mask: BigInt(PRESENT), says: 'is there; the kernel’s own bit' },
  { name: '_PAGE_WRITE', mask: BigInt(WRITE), says: 'may be written; the kernel’s own bit' },
  { name: '_PAGE_MODIFIED', mask: 1n << 9n, says: 'was written; the kernel’s own bit' },
  { name: '_PAGE_PROTNONE', mask: 1n << 10n, says: 'there, and nobody may use it; the kernel’s own bit' },
  { name: '_PAGE_SPECIAL', mask: 1n << 11n, says: 'has no struct page; the kernel’s own bit' },
  {
    name: '_PAGE_HGLOBAL',
    mask: BigInt(HGLOBAL),
    says: 'stays in the TLB when the address space is switched',
    levels: [PMD],
  },
  { name: '_PAGE_PRESENT_INVALID', mask: 1n << 60n, says: 'present, and hidden from the hardware', levels: [PMD] },
  { name: '_PAGE_NO_READ', mask: 1n << 61n, says: 'is not read' },
  { name: '_PAGE_NO_EXEC', mask: 1n << 62n, says: 'is not executed' },
  { name: '_PAGE_RPLV', mask: 1n << 63n, says: 'only that privilege level may use it' },
];
