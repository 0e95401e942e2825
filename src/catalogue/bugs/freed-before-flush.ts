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
  source: 'found by exploration; then read in arch/x86/mm/init_64.c of 5.10.262 to 7.3.4',
  seen: 'Linux 6.1.0-56-cloud-amd64 (6.1.192) in QEMU 7.2.22 with TCG, two CPUs and 512 MiB, a DIMM of 128 MiB at 4 GiB that was never online and then went: of the function tracer’s lines, free_pages() from remove_pagetable() comes before flush_tlb_all(). Nothing that a guest prints shows what another CPU reads between the two.',
};
