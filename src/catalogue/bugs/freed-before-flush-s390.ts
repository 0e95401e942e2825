// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const freedBeforeFlushS390: Bug = {
  id: 'X16s',
  name: 'freed-before-flush-s390',
  title: 'Memmap and tables are free before their translations are purged',
  present: [{ from: '5.9' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 's390', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '256M' },
      { op: 'remove-pages', start: '0x100000000', size: '256M' },
    ],
  },
  symptom: { step: 1, breaks: 'flush-before-free' },
  explanation:
    'modify_pte_table() and modify_pmd_table() give the memory behind an entry back, or to the altmap, and then store the empty entry; try_free_pte_table() and its like clear the entry above and free the table at once. modify_pagetable() purges with flush_tlb_kernel_range() behind all of it. Until then another CPU may hold the translation, or its way through the table.',
  confidence: 'source',
  source: 'found by exploration, unconfirmed; then read in arch/s390/mm/vmem.c of 5.10.262 to 7.3.4',
  toConfirm:
    'Nothing that a guest prints shows it: it takes a debugger that stops between vmem_free_pages() and flush_tlb_kernel_range() and reads the memmap from another CPU.',
};
