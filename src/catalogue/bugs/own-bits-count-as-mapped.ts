// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const ownBitsCountAsMapped: Bug = {
  id: 'B31',
  name: 'own-bits-count-as-mapped',
  title: 'A second subsection of a section is not mapped where vmemmap pages are small',
  present: [{ from: '5.3' }],
  fix: 'open',
  structPageSizes: [56, 64],
  scenario: {
    machine: {
      arch: 'ppc64',
      mmu: 'hash',
      pageSize: 4096,
      vmemmapPageSize: 4096,
      htabSizeBytes: '256K',
      structPageSize: 64,
    },
    steps: [
      { op: 'add-pages', start: '0x1000000000', size: '2M' },
      { op: 'add-pages', start: '0x1000200000', size: '2M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-hole' },
  explanation:
    'section_activate() sets the bits of the new subsections before it populates their memmap, and the section carries a memmap since the first subsection. So vmemmap_populated() finds the range that is to be populated valid already: by its own bits since v5.5, by the first page of the section before. Every page of the memmap is skipped, and adding returns 0. Large vmemmap pages hide it, since the first subsection maps for all; it takes a kernel with 4K pages and no 16M pages for the vmemmap.',
  confidence: 'derived',
  source: 'read in arch/powerpc/mm/init_64.c and mm/sparse.c',
};
