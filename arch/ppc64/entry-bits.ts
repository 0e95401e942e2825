// SPDX-License-Identifier: GPL-2.0-only

import { entryBits } from '../../src/hardware/entry-bits.js';
import type { LeafField } from '../../src/hardware/page-table.js';

/**
 * The fields of an entry of Linux's own tables on ppc64 (arch/powerpc/include/asm/book3s/64/pgtable.h). With the radix MMU
 * the hardware reads them.
 */
export const ENTRY = {
  EXEC: entryBits('_PAGE_EXEC', 0, 'may be executed'),
  WRITE: entryBits('_PAGE_WRITE', 1, 'may be written'),
  READ: entryBits('_PAGE_READ', 2, 'may be read'),
  PRIVILEGED: entryBits('_PAGE_PRIVILEGED', 3, 'the kernel’s alone'),
  CACHE_CTL: entryBits('_PAGE_CACHE_CTL', [4, 5], 'memory type; 0 is cached memory'),
  DIRTY: entryBits('_PAGE_DIRTY', 7, 'was written; C of the hardware'),
  ACCESSED: entryBits('_PAGE_ACCESSED', 8, 'was used; R of the hardware'),
  SPECIAL: entryBits('_PAGE_SPECIAL', 10, 'has no struct page'),
  PTE: entryBits('_PAGE_PTE', 62, 'a leaf'),
  PRESENT: entryBits('_PAGE_PRESENT', 63, 'memory is mapped'),
} as const;

/** PAGE_KERNEL: 0xc00000000000018e. */
export const PAGE_KERNEL_LO = ENTRY.DIRTY.lo | ENTRY.ACCESSED.lo | ENTRY.PRIVILEGED.lo | ENTRY.READ.lo | ENTRY.WRITE.lo;
export const PAGE_KERNEL_HI = ENTRY.PRESENT.hi + ENTRY.PTE.hi;

export const LEAF_FIELDS: readonly LeafField[] = Object.values(ENTRY);

/** Two of the memory types, and the bit that stands for a leaf that is being changed. */
export const NON_IDEMPOTENT = { name: '_PAGE_NON_IDEMPOTENT', mask: 0x20n };
export const TOLERANT = { name: '_PAGE_TOLERANT', mask: 0x30n };
export const INVALID_MASK = 1n << 61n;
