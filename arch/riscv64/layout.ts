// SPDX-License-Identifier: GPL-2.0-only

import { entryBits } from '../../src/hardware/entry-bits.js';
import {
  fullPageTables,
  PTE,
  type EntryFormat,
  type LeafField,
  type TableGeometry,
} from '../../src/hardware/page-table.js';
import { highHalf } from '../../src/hardware/word-halves.js';

/**
 * Page tables of riscv64 (RISC-V privileged specification, Sv39, Sv48 and Sv57; arch/riscv/include/asm/pgtable-bits.h
 * and pgtable-64.h): geometry and entry bits.
 */

/** The fields of an entry (arch/riscv/include/asm/pgtable-bits.h, pgtable-64.h). */
export const ENTRY = {
  PRESENT: entryBits('_PAGE_PRESENT', 0, 'memory is mapped'),
  READ: entryBits('_PAGE_READ', 1, 'may be read'),
  WRITE: entryBits('_PAGE_WRITE', 2, 'may be written'),
  EXEC: entryBits('_PAGE_EXEC', 3, 'is executed'),
  USER: entryBits('_PAGE_USER', 4, 'user mode may use it'),
  /** Without PRESENT it is _PAGE_PROT_NONE. */
  GLOBAL: entryBits('_PAGE_GLOBAL', 5, 'stays in the TLB when the address space is switched'),
  ACCESSED: entryBits('_PAGE_ACCESSED', 6, 'was used'),
  DIRTY: entryBits('_PAGE_DIRTY', 7, 'was written'),
  SOFT: entryBits('_PAGE_SOFT', [8, 9], 'the kernel’s own'),
  MEMORY_TYPE: entryBits(
    '_PAGE_MTMASK_THEAD',
    [59, 63],
    'memory type: Svpbmt in bits 62 and 61, or T-Head’s in 63 to 59',
  ),
} as const;

export const LEAF_FIELDS: readonly LeafField[] = Object.values(ENTRY);

/** In the low half. */
export const PRESENT = ENTRY.PRESENT.lo;
const READ = ENTRY.READ.lo;
const WRITE = ENTRY.WRITE.lo;
const GLOBAL = ENTRY.GLOBAL.lo;

/** _PAGE_LEAF: an entry that may be read, written or executed maps memory; one that may not points to a table. */
const LEAF = READ | WRITE | ENTRY.EXEC.lo;
/** _PAGE_TABLE: what the populate helpers write. */
export const PAGE_TABLE = PRESENT;
/** PAGE_KERNEL: 0xe7. */
export const PAGE_KERNEL = PRESENT | READ | WRITE | GLOBAL | ENTRY.ACCESSED.lo | ENTRY.DIRTY.lo;
/** PAGE_KERNEL before its mappings were global: 0xc7. */
export const PAGE_KERNEL_NOT_GLOBAL = PAGE_KERNEL & ~GLOBAL;
/** _PAGE_PMA_THEAD: bits 62 to 60, memory that is cached, buffered and shareable, on T-Head cores. High half. */
export const THEAD_NORMAL_MEMORY_HI = 0x7000_0000;

/** Bits 10-31 and 32-53 of an entry: the frame. */
const FRAME_LO = 0xffff_fc00;
const FRAME_HI = 0x003f_ffff;
const FRAME_SHIFT = 10;
/** Frames below 2^22: a step of one in the high half of an entry. */
const FRAMES_PER_HIGH = 2 ** (32 - FRAME_SHIFT);
const PAGE_SHIFT = 12;
const PAGE_SIZE = 2 ** PAGE_SHIFT;
/** An address, shifted down to where an entry holds it. */
const ENTRY_PER_ADDRESS = 2 ** (FRAME_SHIFT - PAGE_SHIFT);

/** @param pagingLevels 3 for Sv39, 4 for Sv48, 5 for Sv57 */
export const geometry = (pagingLevels: number): TableGeometry => fullPageTables(PAGE_SHIFT, pagingLevels);

/** pXd_pfn(): the frame of an entry. */
export const entryPfn = (lo: number, hi: number): number => (hi & FRAME_HI) * FRAMES_PER_HIGH + (lo >>> FRAME_SHIFT);

/** Low half of an entry. @param pa physical byte address, page aligned */
export const entryLo = (pa: number, bits: number): number => ((pa * ENTRY_PER_ADDRESS) | bits) >>> 0;

/** High half of an entry. */
export const entryHi = (pa: number, bits: number): number => (highHalf(pa * ENTRY_PER_ADDRESS) | bits) >>> 0;

/** pmd_present(): a leaf of which PRESENT was cleared for a moment counts. At the other levels R, W and X do not. */
export const isPmdPresent = (lo: number): boolean => (lo & (PRESENT | GLOBAL | LEAF)) !== 0;
/** pte_present(), with _PAGE_PROT_NONE. */
export const isPtePresent = (lo: number): boolean => (lo & (PRESENT | GLOBAL)) !== 0;
/** Whether an entry maps memory; else it points to a table. */
export const isLeaf = (lo: number): boolean => (lo & LEAF) !== 0;

/** How the hardware reads an entry. A PTE is a leaf or a fault: without R, W and X it maps nothing. */
export const format: EntryFormat = {
  isPresent: (level, lo) => (lo & PRESENT) !== 0 && (level !== PTE || isLeaf(lo)),
  isLeaf: (_level, lo) => isLeaf(lo),
  address: (_level, lo, hi) => entryPfn(lo, hi) * PAGE_SIZE,
};

/** The bits of an entry other than the frame. */
export const flagBits = (lo: number, hi: number): bigint =>
  (BigInt((hi & ~FRAME_HI) >>> 0) << 32n) | BigInt(lo & ~FRAME_LO);
