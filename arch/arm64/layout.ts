// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../src/hardware/word-halves.js';
import { entryBits } from '../../src/hardware/entry-bits.js';
import { PMD, PTE, type EntryFormat, type LeafField, pageTables } from '../../src/hardware/page-table.js';

/**
 * Page tables of arm64 (Arm ARM, D8 "The AArch64 Virtual Memory System Architecture";
 * arch/arm64/include/asm/pgtable-hwdef.h): geometry and entry bits. The page size is a parameter.
 */

/** The fields of an entry (arch/arm64/include/asm/pgtable-hwdef.h, pgtable-prot.h). */
export const ENTRY = {
  VALID: entryBits('PTE_VALID', 0, 'memory is mapped'),
  /** Clear in a block, set in a table and in a page. */
  TABLE: entryBits('PTE_TABLE_BIT', 1, 'a page; clear in a block'),
  ATTRINDX: entryBits('PTE_ATTRINDX', [2, 4], 'memory type by its number in MAIR_EL1; 0 is MT_NORMAL'),
  USER: entryBits('PTE_USER', 6, 'EL0 may use it'),
  /** AP[2]. */
  READ_ONLY: entryBits('PTE_RDONLY', 7, 'is not written, but see DBM'),
  /** With LPA2 these two bits are address bits. */
  SHARED: entryBits('PTE_SHARED', [8, 9], '3 is inner shareable'),
  ACCESS_FLAG: entryBits('PTE_AF', 10, 'was used'),
  NOT_GLOBAL: entryBits('PTE_NG', 11, 'belongs to one address space'),
  GUARDED: entryBits('PTE_GP', 50, 'branches need a landing pad'),
  DBM: entryBits('PTE_DBM', 51, 'a write makes it dirty; the kernel’s PTE_WRITE'),
  CONT: entryBits('PTE_CONT', 52, 'one of a contiguous run'),
  PXN: entryBits('PTE_PXN', 53, 'the kernel does not execute it'),
  UXN: entryBits('PTE_UXN', 54, 'EL0 does not execute it'),
  SOFTWARE_DIRTY: entryBits('PTE_DIRTY', 55, 'was written; the kernel’s own bit'),
  SPECIAL: entryBits('PTE_SPECIAL', 56, 'has no struct page'),
  /** A software bit in place of VALID, in releases that do not use PTE_NG for this. */
  PRESENT_INVALID: entryBits('PMD_PRESENT_INVALID', 59, 'present, and hidden from the hardware', [PMD]),
} as const;

/** In the low half. */
export const VALID = ENTRY.VALID.lo;
export const TABLE = ENTRY.TABLE.lo;
export const TYPE_MASK = VALID | TABLE;
export const SHARED = ENTRY.SHARED.lo;
export const READ_ONLY = ENTRY.READ_ONLY.lo;
export const ACCESS_FLAG = ENTRY.ACCESS_FLAG.lo;
/** In the high half. */
export const DBM_HI = ENTRY.DBM.hi;
export const CONT_HI = ENTRY.CONT.hi;
export const PXN_HI = ENTRY.PXN.hi;
export const UXN_HI = ENTRY.UXN.hi;
export const SOFTWARE_DIRTY_HI = ENTRY.SOFTWARE_DIRTY.hi;
export const PRESENT_INVALID_HI = ENTRY.PRESENT_INVALID.hi;
/** UXNTable: what the kernel sets in the tables of its own address space. */
export const UXN_TABLE_HI = 1 << (60 - 32);

/**
 * PAGE_KERNEL: type page, AF, DBM, PXN, UXN, attribute index 0. SH comes on top without LPA2, software dirty in releases
 * that write it.
 */
export const PAGE_KERNEL_LO = VALID | TABLE | ACCESS_FLAG;
export const PAGE_KERNEL_HI = DBM_HI | PXN_HI | UXN_HI;
/** PROT_SECT_NORMAL: type block. DBM comes on top since releases that write it. */
export const SECT_NORMAL_LO = VALID | ACCESS_FLAG;
export const SECT_NORMAL_HI = PXN_HI | UXN_HI;
/** PMD_TYPE_TABLE and its kin, with UXNTable. */
export const KERNEL_TABLE_LO = VALID | TABLE;

/** Bits 32-49 and 32-47 of an entry: upper address bits that stand where they belong. */
const BITS_49_32 = 0x0003_ffff;
const BITS_47_32 = 0x0000_ffff;

/** Where an entry keeps the address bits that do not fit below bit 50. */
export interface AddressLayout {
  /** Bits 12-31 of an entry that are the address where they stand. */
  readonly lowMask: number;
  /** Bits 32 and up of an entry that are the address where they stand, in the high half. */
  readonly highMask: number;
  /** Bits of the low half that hold upper address bits, and how far they are shifted up to become address bits. */
  readonly foldedMask: number;
  readonly foldedUnit: number;
  /** SH, where its bits are free. */
  readonly shared: number;
}

/** 4K and 16K pages without LPA2: addresses below 2^50 stand where they are. */
const PLAIN: AddressLayout = {
  lowMask: 0xffff_f000,
  highMask: BITS_49_32,
  foldedMask: 0,
  foldedUnit: 0,
  shared: SHARED,
};
/** LPA2: address bits 50 and 51 in bits 8 and 9. */
const LPA2: AddressLayout = {
  lowMask: 0xffff_f000,
  highMask: BITS_49_32,
  foldedMask: 3 << 8,
  foldedUnit: 2 ** 42,
  shared: 0,
};
/** 64K pages: address bits 48 to 51 in bits 12 to 15. */
const FOLDED_64K: AddressLayout = {
  lowMask: 0xffff_0000,
  highMask: BITS_47_32,
  foldedMask: 0xf000,
  foldedUnit: 2 ** 36,
  shared: SHARED,
};

/** @param vaBits bits of a virtual address; 52 with small pages means LPA2 */
export function addressLayout(pageShift: number, vaBits: number): AddressLayout {
  if (pageShift === 16) return FOLDED_64K;
  return vaBits === 52 ? LPA2 : PLAIN;
}

/** Low half of an entry that points to `pa`. */
export function entryLo(layout: AddressLayout, pa: number, bits: number): number {
  const folded = layout.foldedMask === 0 ? 0 : (pa / layout.foldedUnit) & layout.foldedMask;
  return ((pa & layout.lowMask) | folded | bits) >>> 0;
}

/** High half of an entry that points to `pa`. */
export const entryHi = (layout: AddressLayout, pa: number, bits: number): number =>
  ((highHalf(pa) & layout.highMask) | bits) >>> 0;

/** Physical byte address that an entry points to. */
export function entryAddress(layout: AddressLayout, lo: number, hi: number): number {
  const plain = joinHalves(hi & layout.highMask, (lo & layout.lowMask) >>> 0);
  return layout.foldedMask === 0 ? plain : plain + (lo & layout.foldedMask) * layout.foldedUnit;
}

/** The bits of a leaf other than its frame. */
export const flagBits = (layout: AddressLayout, lo: number, hi: number): bigint =>
  (BigInt((hi & ~layout.highMask) >>> 0) << 32n) | BigInt((lo & ~(layout.lowMask | layout.foldedMask)) >>> 0);

/** The levels that a virtual address of so many bits needs, with pages of 4, 16 or 64 KiB. */
export const geometry = pageTables;

/** How the hardware reads an entry. */
export const format = (layout: AddressLayout): EntryFormat => ({
  isPresent: (_level, lo) => (lo & VALID) !== 0,
  isLeaf: (level, lo) => level !== PTE && (lo & TABLE) === 0,
  address: (_level, lo, hi) => entryAddress(layout, lo, hi),
});

/** The fields of a leaf. With LPA2 no bit is left for SH. */
export const leafFields = ({ shared }: AddressLayout): LeafField[] =>
  Object.values(ENTRY).filter((field) => field !== ENTRY.SHARED || shared !== 0);
