// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const compoundPositionCounted: Bug = {
  id: 'B19',
  name: 'compound-position-counted',
  title: 'Tails of compound device pages get pages of their own',
  present: [{ from: '6.6', until: '7.3' }],
  endedIn: { '6.12': 110, '7.2': { by: 6 } },
  fix: 'the patch “powerpc/mm: fix wrong addr_pfn tracking in compound vmemmap population” (final commit not established) in v7.3, perhaps v7.2',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 4096, structPageSize: 64 },
    steps: [{ op: 'memremap-pages', device: 'dax', start: '0x1000000000', size: '32M', compoundSize: '32M' }],
  },
  symptom: { step: 0, breaks: 'tails-shared-alike' },
  explanation:
    'vmemmap_populate_compound_pages() of radix keeps the pfn that an address describes in a counter, and moves it on by one for each page of vmemmap, which describes 64 pfns. So within a section the position in the compound page comes out too small, the place where the tail page should be is looked for too near, and found to be the very page that is to be mapped: it gets a page of its own. A later section inside the compound page starts with the right pfn and shares one page, and then maps the pages of the first section one after the other. With pages of 64K a section takes less than a page of vmemmap, and the counter never moves.',
  confidence: 'derived',
  source: 'the fix, which names f2b79c0d7968 (powerpc/book3s64/radix: add support for vmemmap optimization for radix)',
};
