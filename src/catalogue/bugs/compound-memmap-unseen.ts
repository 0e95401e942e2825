// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const compoundMemmapUnseen: Bug = {
  id: 'B30',
  name: 'compound-memmap-unseen',
  title: 'Memmap of compound device pages goes into a table that the MMU does not read',
  present: [{ from: '5.19', until: '6.3' }],
  endedIn: { '6.1': { by: 192 } },
  fix: '87a7ae75d738 (mm/vmemmap/devdax: fix kernel crash when probing devdax devices) in v6.3',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'hash', pageSize: 65536, structPageSize: 64 },
    steps: [{ op: 'memremap-pages', device: 'dax', start: '0x1000000000', size: '16M', compoundSize: '16M' }],
  },
  symptom: { step: 0, breaks: 'no-hole' },
  explanation:
    '__populate_section_memmap() called vmemmap_populate_compound_pages() on every architecture. That writes page-table entries, and the hash MMU finds the vmemmap by bolted entries of its hashed table, which only vmemmap_populate() of powerpc makes. The first access to a struct page of the device faults.',
  confidence: 'memory',
  source: '87a7ae75d738, mail of 2023-04-11 by Aneesh Kumar',
};
