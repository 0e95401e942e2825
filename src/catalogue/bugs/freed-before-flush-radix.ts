// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const freedBeforeFlushRadix: Bug = {
  id: 'X16r',
  name: 'freed-before-flush-radix',
  title: 'Memmap and tables are free before their entries are cleared, and long before they are flushed',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '16M' },
      { op: 'remove-pages', start: '0x100000000', size: '16M' },
    ],
  },
  symptom: { step: 1, breaks: 'flush-before-free' },
  explanation:
    'remove_pte_table() and remove_pmd_table() call free_vmemmap_pages() and clear the entry behind that, free_pte_table() and its like free a table as soon as nothing is in it, and remove_pagetable() flushes the range once, at its end. Until then another CPU reads a frame that may be somebody else’s already, even through the page table itself. Before 6.6 vmemmap_free() gave the memory back and called radix__remove_mapping() for what had mapped it after that.',
  confidence: 'source',
  source:
    'found by exploration, unconfirmed; then read in arch/powerpc/mm/init_64.c of 5.10.262 and 6.1.192 and in book3s64/radix_pgtable.c of 6.12.117 and 7.3.4',
  toConfirm:
    'Nothing that a guest prints shows it: it takes a debugger that stops between free_vmemmap_pages() and radix__flush_tlb_kernel_range() and reads the memmap from another CPU.',
};
