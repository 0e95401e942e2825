// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../../src/hardware/word-halves.js';
import type { KernelPaging } from '../../../src/kernel/vmemmap-code.js';
import {
  P4D,
  PageTable,
  PMD,
  PTE,
  PUD,
  swap32,
  type EntryFormat,
  type TableGeometry,
} from '../../../src/hardware/page-table.js';
import { ENTRY, PAGE_KERNEL_HI, PAGE_KERNEL_LO } from '../entry-bits.js';
import { noteSet, type Kernel } from '../../../src/kernel/kernel.js';

/**
 * The page table that Linux keeps beside the hashed one (arch/powerpc/include/asm/book3s/64/hash-4k.h, hash-64k.h). The
 * MMU does not read it, and the vmemmap is not in it, unless a helper of mm/sparse-vmemmap.c puts it there.
 */

/** H_PTE_INDEX_SIZE and those above it, from the leaf table up, by page size. */
const INDEX_BITS: Readonly<Record<number, readonly [pte: number, pmd: number, pud: number, pgd: number]>> = {
  4096: [9, 7, 9, 9],
  65536: [8, 10, 10, 8],
};

const ADDRESS_HI = 0x001f_ffff;
const ADDRESS_LO = 0xffff_f000;

function geometry(pageSize: number): TableGeometry {
  const [pte, pmd, pud, pgd] = INDEX_BITS[pageSize]!;
  const shift = Math.log2(pageSize);
  return {
    levels: [
      { level: P4D, shift: shift + pte + pmd + pud, bits: pgd },
      { level: PUD, shift: shift + pte + pmd, bits: pud },
      { level: PMD, shift: shift + pte, bits: pmd },
      { level: PTE, shift, bits: pte },
    ],
    endian: 'big',
  };
}

/** An entry that points to a table is its address, and nothing else. */
const format: EntryFormat = {
  isPresent: (level, lo, hi) => (level === PTE ? (hi & ENTRY.PRESENT.hi) !== 0 : (lo | hi) !== 0),
  isLeaf: (_level, _lo, hi) => (hi & ENTRY.PTE.hi) !== 0,
  address: (_level, lo, hi) => joinHalves(hi & ADDRESS_HI, (lo & ADDRESS_LO) >>> 0),
};

/** @param root physical byte address of the root table */
export function linuxPaging(kernel: Kernel, root: number): KernelPaging {
  const { pageSize } = kernel;
  const table = new PageTable(kernel.ram, root, geometry(pageSize), format);
  return {
    table,
    isNone: (word0, word1) => (word0 | word1) === 0,
    populate: (level, entry, tablePa, address) => {
      table.write(entry, tablePa >>> 0, highHalf(tablePa));
      noteSet(kernel, level, address, swap32(highHalf(tablePa)), swap32(tablePa >>> 0));
    },
    pteWord0: (pfn) => swap32((highHalf(pfn * pageSize) | PAGE_KERNEL_HI) >>> 0),
    pteWord1: (pfn) => swap32((((pfn * pageSize) & ADDRESS_LO) | PAGE_KERNEL_LO) >>> 0),
  };
}
