// SPDX-License-Identifier: GPL-2.0-only

import { PUD } from '../../hardware/page-table.js';
import type { Bug } from './bug.js';

export const pudTableStays: Bug = {
  id: 'B33',
  name: 'pud-table-stays',
  title: 'An empty PUD table is never freed under radix',
  present: [{ from: '4.18', until: '5.9' }],
  fix: '9ce8853b4a73 (powerpc/mm/radix: Free PUD table when freeing pagetable) in v5.9',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x1000000000', size: '16M' },
      { op: 'remove-pages', start: '0x1000000000', size: '16M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'empty-table', level: PUD } },
  explanation:
    'remove_pagetable() freed page tables and PMD tables that became empty and had no function for the table above. Memmap in a fresh window of 512 GiB needs a PUD table, and this stays when the memmap goes; memmap that comes back finds it again.',
  confidence: 'source',
  source: '9ce8853b4a73',
};
