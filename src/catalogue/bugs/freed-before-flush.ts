// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const freedBeforeFlush: Bug = {
  id: 'X16',
  name: 'freed-before-flush',
  title: 'Memmap and tables are free before their entries are cleared, and long before they are flushed',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'flush-before-free' },
  explanation:
    'remove_pmd_table() gives a leaf back and clears its entry behind that, and free_pte_table() and its like do so with tables; remove_pagetable() flushes all TLBs once, at its end. Until then another CPU reads a frame that may be somebody else’s already, even through the page table itself. Whoever walks page frames meanwhile can see it; nothing that is known has fallen into it.',
  confidence: 'source',
  source: 'found by exploration, unconfirmed; then read in arch/x86/mm/init_64.c of 5.10.262 to 7.3.4',
  toConfirm:
    'Nothing that a guest prints shows it: it takes a debugger that stops between free_pagetable() and flush_tlb_all() and reads the memmap from another CPU.',
};
