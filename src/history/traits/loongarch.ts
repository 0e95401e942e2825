// SPDX-License-Identifier: GPL-2.0-only

import type { Trait } from './trait.js';

/** arch/loongarch/mm/init.c, and arch/loongarch/include/asm/pgtable.h for where the vmemmap lies. */
export const LOONGARCH_TRAITS = {
  loongarchVmemmap: {
    name: 'loongarch64/vmemmap',
    since: 'since Linux commit 7b09f5af01ed (LoongArch: Add sparse memory vmemmap support) in v6.2',
    from: '6.2',
    effect: 'Struct pages form a vmemmap; before, each section had a memmap of its own in the linear map.',
    confidence: 'memory',
  },
  loongarchGlobalEmptyPte: {
    name: 'loongarch64/global-empty-pte',
    since:
      'since Linux commit d2f8671045b4 (LoongArch: Set initial pte entry with PAGE_GLOBAL for kernel space) in v6.12',
    from: '6.12',
    effect: 'An empty entry of a page table of the kernel is global (0x40); before, zero.',
    confidence: 'memory',
    read: ['6.1.192', '6.12.117', '7.2.13', '7.3.4'],
  },
  loongarchAlignsToFolios: {
    name: 'loongarch64/vmemmap-aligned-to-folios',
    since:
      'since the series “mm: Eliminate fake head pages from vmemmap optimization” (final commit not established) in v7.1',
    from: '7.1',
    effect:
      'The vmemmap begins at the next multiple of PMD_SIZE, or of the memmap of 16 GiB where that of HugeTLB pages can be optimised and struct page is a power of two; before, always behind the next multiple of PMD_SIZE.',
    confidence: 'inferred',
  },
} as const satisfies Record<string, Trait>;
