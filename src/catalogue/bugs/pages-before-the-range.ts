// SPDX-License-Identifier: GPL-2.0-only

import { PTE } from '../../hardware/page-table.js';
import type { Bug } from './bug.js';

export const pagesBeforeTheRange: Bug = {
  id: 'X07',
  name: 'pages-before-the-range',
  title: 'Beside a device radix maps memmap of memory that was not added',
  present: [{ from: '6.17' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 4096, structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x1001000, endPfn: 0x1001fff, free: 512 } },
    steps: [
      { op: 'add-pages', start: '0x1001000000', size: '16M', altmap: 'dev' },
      { op: 'add-pages', start: '0x1002000000', size: '16M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'idle-leaf', level: PTE } },
  explanation:
    'Without altmap radix__vmemmap_populate() rounds the start down to 2 MiB, so that a leaf can be tried. Where a device with an altmap has made a page table of this PMD the way back to base pages starts from the rounded address as well: every empty entry before the range is given a page, for memory that is not there. vmemmap_free() is called for the range alone and never meets these pages.',
  confidence: 'derived',
  source: 'read from f5164797284d (book3s64/radix : Optimize vmemmap start alignment)',
};
