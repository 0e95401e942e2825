// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../src/hardware/word-halves.js';
import { entryBits } from '../../src/hardware/entry-bits.js';
import {
  fullPageTables,
  PMD,
  PTE,
  PUD,
  type EntryFormat,
  type TableGeometry,
  type LeafField,
  type Level,
} from '../../src/hardware/page-table.js';

/**
 * Page tables of x86_64 (Intel SDM volume 3, 4.5; arch/x86/include/asm/pgtable_types.h): geometry and entry bits.
 */

/** The fields of an entry. */
export const ENTRY = {
  PRESENT: entryBits('_PAGE_PRESENT', 0, 'memory is mapped'),
  RW: entryBits('_PAGE_RW', 1, 'may be written'),
  USER: entryBits('_PAGE_USER', 2, 'user mode may use it'),
  PWT: entryBits('_PAGE_PWT', 3, 'write-through'),
  PCD: entryBits('_PAGE_PCD', 4, 'not cached'),
  ACCESSED: entryBits('_PAGE_ACCESSED', 5, 'was used'),
  DIRTY: entryBits('_PAGE_DIRTY', 6, 'was written'),
  PSE: entryBits('_PAGE_PSE', 7, 'a leaf above the PTE level', [PMD, PUD]),
  PAT: entryBits('_PAGE_PAT', 7, 'memory type from the PAT', [PTE]),
  /** Also marks PROTNONE where PRESENT is clear. */
  GLOBAL: entryBits('_PAGE_GLOBAL', 8, 'stays in the TLB when the page table is switched'),
  SOFTWARE_LOW: entryBits('_PAGE_SOFTW1-3', [9, 11], 'the kernel’s own'),
  SOFTWARE_HIGH: entryBits('_PAGE_SOFTW4-5', [57, 58], 'the kernel’s own'),
  PKEY: entryBits('_PAGE_PKEY_MASK', [59, 62], 'protection key'),
  NX: entryBits('_PAGE_NX', 63, 'is not executed'),
} as const;

export const LEAF_FIELDS: readonly LeafField[] = Object.values(ENTRY);

export const PRESENT = ENTRY.PRESENT.lo;
export const RW = ENTRY.RW.lo;
export const ACCESSED = ENTRY.ACCESSED.lo;
export const DIRTY = ENTRY.DIRTY.lo;
export const PSE = ENTRY.PSE.lo;
export const GLOBAL = ENTRY.GLOBAL.lo;
/** In the high half. */
export const NX = ENTRY.NX.hi;

/** PAGE_KERNEL: 0x8000000000000163. */
export const PAGE_KERNEL_LO = PRESENT | RW | ACCESSED | DIRTY | GLOBAL;
/** PAGE_KERNEL_RO: 0x8000000000000121. */
export const PAGE_KERNEL_RO_LO = PRESENT | ACCESSED | GLOBAL;
/** PAGE_KERNEL_LARGE: 0x80000000000001e3. */
export const PAGE_KERNEL_LARGE_LO = PAGE_KERNEL_LO | PSE;
/** _PAGE_TABLE, what the populate helpers write: 0x67. */
export const PAGE_TABLE_LO = PRESENT | RW | ENTRY.USER.lo | ACCESSED | DIRTY;

/** _PAGE_KNL_ERRATUM_MASK: bits that some CPUs set in an entry that is not present; pXd_none() looks past them. */
export const NONE_IGNORES = DIRTY | ACCESSED;

/** Bits 12-31 and 32-51 of an entry: the frame. */
const FRAME_LO = 0xffff_f000;
const FRAME_HI = 0x000f_ffff;
const PAGE_SHIFT = 12;
/** Frames below 4 GiB: a step of one in the high half of an entry. */
const FRAMES_PER_HIGH = 2 ** (32 - PAGE_SHIFT);

/** @param pagingLevels 4 or 5; with 4 the pgd is folded into the p4d */
export const geometry = (pagingLevels: number): TableGeometry => fullPageTables(PAGE_SHIFT, pagingLevels);

/** Physical byte address that an entry points to. */
export const tableAddress = (lo: number, hi: number): number => joinHalves(hi & FRAME_HI, (lo & FRAME_LO) >>> 0);

/** Whether an entry at this level may be a leaf to the hardware. */
const MAY_BE_LEAF: readonly boolean[] = [true, true, true, false, false];

export const format: EntryFormat = {
  isPresent: (_level, lo) => (lo & PRESENT) !== 0,
  isLeaf: (level, lo) => (lo & PSE) !== 0 && MAY_BE_LEAF[level]!,
  address: (_level: Level, lo: number, hi: number) => tableAddress(lo, hi),
};

/** pte_pfn(), pmd_pfn(): the frame of an entry. */
export const entryPfn = (lo: number, hi: number): number => (hi & FRAME_HI) * FRAMES_PER_HIGH + (lo >>> PAGE_SHIFT);

/** Low half of an entry. @param pa physical byte address, page aligned */
export const entryLo = (pa: number, bits: number): number => ((pa & FRAME_LO) | bits) >>> 0;

/** High half of an entry. */
export const entryHi = (pa: number, bits: number): number => (highHalf(pa) | bits) >>> 0;

/** The bits of an entry other than the frame. */
export const flagBits = (lo: number, hi: number): bigint =>
  (BigInt((hi & ~FRAME_HI) >>> 0) << 32n) | BigInt(lo & ~FRAME_LO);
