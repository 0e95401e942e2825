// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const sharedPageRippedOut16K: Bug = {
  id: 'B11h',
  name: 'shared-page-ripped-out-16k',
  title: 'Removing a subsection takes the 16K page that describes its neighbour too',
  present: [{ from: '5.7' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 16384, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '2M' },
      { op: 'add-pages', start: '0x100200000', size: '2M' },
      { op: 'remove-pages', start: '0x100000000', size: '2M' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'As shared-page-ripped-out: with 16K pages the struct pages of a subsection take half a page, and unmap_hotplug_pte_range() frees the whole of it.',
  confidence: 'derived',
  source: 'read in arch/arm64/mm/mmu.c',
};
