// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const sharedPageRippedOut: Bug = {
  id: 'B11',
  name: 'shared-page-ripped-out',
  title: 'Removing a subsection takes the 64K page that describes 31 others too',
  present: [{ from: '5.7' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 65536, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '2M' },
      { op: 'add-pages', start: '0x100200000', size: '2M' },
      { op: 'remove-pages', start: '0x100000000', size: '2M' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'With 64K pages the struct pages of a subsection take 2 KiB, the 32nd part of a page. vmemmap_populate_basepages() maps the page for the first of them and finds it there for the next; unmap_hotplug_pte_range() clears and frees it with whichever goes first. No one asks who else it serves. With 16K pages two subsections share a page, see shared-page-ripped-out-16k.',
  confidence: 'derived',
  source: 'read in arch/arm64/mm/mmu.c',
};
