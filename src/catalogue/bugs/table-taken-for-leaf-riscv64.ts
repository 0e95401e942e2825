// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const tableTakenForLeafRiscv64: Bug = {
  id: 'R2',
  name: 'table-taken-for-leaf-riscv64',
  title: 'Where a leaf could not be had once, what is added later is not mapped',
  present: [{ from: '6.11', until: '7.2' }],
  fix: 'the series “mm/sparse-vmemmap: provide generic vmemmap_set_pmd() and vmemmap_check_pmd()” (final commit not established) in v7.2',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'riscv64', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '2M' },
      { op: 'add-pages', start: '0x100200000', size: '2M' },
    ],
    failAllocations: [3],
  },
  symptom: { step: 1, breaks: 'no-hole' },
  explanation:
    'Where no block of 2 MiB can be had, vmemmap_populate_hugepages() maps the part of the PMD that is asked for with base pages. vmemmap_check_pmd() of riscv answered 1 for any entry that was there, also for the table that this leaves: the next add in the PMD returned 0 and mapped nothing. The generic function asks whether the entry is a leaf, and base pages go on in the table.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in arch/riscv/mm/init.c of 6.12 and 7.2',
  toConfirm:
    'A guest with virtio-mem or two persistent memory regions in one section, and fail_page_alloc with min-order 9 and times 1 as the first is bound: binding the second faults in memmap_init_zone_device().',
};
