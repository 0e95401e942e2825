// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const freedBeforeFlushRiscv64: Bug = {
  id: 'R6',
  name: 'freed-before-flush-riscv64',
  title: 'Memmap and tables are free before their translations are gone',
  present: [{ from: '6.11' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'riscv64', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'flush-before-free' },
  explanation:
    'remove_pgd_mapping() gives back leaves, base pages and tables as it goes and flushes all TLBs once, at its end. Until then another CPU may hold a translation to a frame that is somebody else’s already, or a cached walk through a table that is free: whoever still reads the memmap, as a walk of page frames does, reads strange memory. The window is short, and nothing that is known has fallen into it. x86_64 and ppc64 give memory back in the same order.',
  confidence: 'derived',
  source: 'read in arch/riscv/mm/init.c of 6.12, 7.2 and 7.3',
  toConfirm:
    'Nothing that a guest prints shows it: it takes a debugger that stops between free_vmemmap_storage() and flush_tlb_all() and reads the memmap from another CPU.',
};
