// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const failedAddTakesNeighbourRiscv64: Bug = {
  id: 'R3',
  name: 'failed-add-takes-neighbour-riscv64',
  title: 'An add that fails takes the leaf that it shares with its neighbour',
  present: [{ from: '6.11' }],
  fix: 'open',
  structPageSizes: [56],
  scenario: {
    machine: { arch: 'riscv64', structPageSize: 56 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M' },
    ],
    failAllocations: [4, 5],
  },
  symptom: { step: 1, breaks: 'no-cross-talk', complains: { kind: 'unmapped' } },
  explanation:
    'section_activate() undoes a failed populate by section_deactivate(), which runs vmemmap_free() over the whole range of the section. Its memmap begins in the leaf of the section before, and remove_pmd_mapping() frees a leaf whole: the failed add unmaps live struct pages of a section that it had nothing to do with.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in mm/sparse-vmemmap.c and arch/riscv/mm/init.c of 6.12, 7.2 and 7.3',
  toConfirm:
    'A kernel with struct pages of 56 bytes and two devices of one section each; fail_page_alloc fails what the second takes while it is bound: the memmap of the first is gone from kernel_page_tables.',
};
