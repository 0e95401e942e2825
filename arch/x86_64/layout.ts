// SPDX-License-Identifier: GPL-2.0-only

import {
  fullPageTables,
  highHalf,
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

/** Bits of an entry, low half. */
export const PRESENT = 1 << 0;
export const RW = 1 << 1;
export const USER = 1 << 2;
export const ACCESSED = 1 << 5;
export const DIRTY = 1 << 6;
/** Page size: a leaf above the PTE level. */
export const PSE = 1 << 7;
/** Global; also marks PROTNONE where PRESENT is clear. */
export const GLOBAL = 1 << 8;
/** Bit 63, in the high half. */
export const NX = 0x8000_0000;

/** PAGE_KERNEL: 0x8000000000000163. */
export const PAGE_KERNEL_LO = PRESENT | RW | ACCESSED | DIRTY | GLOBAL;
/** PAGE_KERNEL_RO: 0x8000000000000121. */
export const PAGE_KERNEL_RO_LO = PRESENT | ACCESSED | GLOBAL;
/** PAGE_KERNEL_LARGE: 0x80000000000001e3. */
export const PAGE_KERNEL_LARGE_LO = PAGE_KERNEL_LO | PSE;
/** _PAGE_TABLE, what the populate helpers write: 0x67. */
export const PAGE_TABLE_LO = PRESENT | RW | USER | ACCESSED | DIRTY;

/** _PAGE_KNL_ERRATUM_MASK: bits that some CPUs set in an entry that is not present; pXd_none() looks past them. */
export const NONE_IGNORES = DIRTY | ACCESSED;

/** Bits 12-31 and 32-51 of an entry: the frame. */
const FRAME_LO = 0xffff_f000;
const FRAME_HI = 0x000f_ffff;
const BITS_31_0 = 2 ** 32;
const PAGE_SHIFT = 12;
/** Frames below 4 GiB: a step of one in the high half of an entry. */
const FRAMES_PER_HIGH = 2 ** (32 - PAGE_SHIFT);

/** @param pagingLevels 4 or 5; with 4 the pgd is folded into the p4d */
export const geometry = (pagingLevels: number): TableGeometry => fullPageTables(PAGE_SHIFT, pagingLevels);

/** Physical byte address that an entry points to. */
export const tableAddress = (lo: number, hi: number): number => (hi & FRAME_HI) * BITS_31_0 + ((lo & FRAME_LO) >>> 0);

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

/** The fields of a leaf (arch/x86/include/asm/pgtable_types.h). */
export const LEAF_FIELDS: readonly LeafField[] = [
  { name: '_PAGE_PRESENT', mask: BigInt(PRESENT), says: 'memory is mapped' },
  { name: '_PAGE_RW', mask: BigInt(RW), says: 'may be written' },
  { name: '_PAGE_USER', mask: BigInt(USER), says: 'user mode may use it' },
  { name: '_PAGE_PWT', mask: 1n << 3n, says: 'write-through' },
  { name: '_PAGE_PCD', mask: 1n << 4n, says: 'not cached' },
  { name: '_PAGE_ACCESSED', mask: BigInt(ACCESSED), says: 'was used' },
  { name: '_PAGE_DIRTY', mask: BigInt(DIRTY), says: 'was written' },
  { name: '_PAGE_PSE', mask: BigInt(PSE), says: 'a leaf above the PTE level', levels: [PMD, PUD] },
  { name: '_PAGE_PAT', mask: 1n << 7n, says: 'memory type from the PAT', levels: [PTE] },
  { name: '_PAGE_GLOBAL', mask: BigInt(GLOBAL), says: 'stays in the TLB when the page table is switched' },
  { name: '_PAGE_SOFTW1-3', mask: 7n << 9n, says: 'the kernel’s own' },
  { name: '_PAGE_SOFTW4-5', mask: 3n << 57n, says: 'the kernel’s own' },
  { name: '_PAGE_PKEY_MASK', mask: 0xfn << 59n, says: 'protection key' },
  { name: '_PAGE_NX', mask: BigInt(NX) << 32n, says: 'is not executed' },
];
