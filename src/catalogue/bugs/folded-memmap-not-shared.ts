// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const foldedMemmapNotShared: Bug = {
  id: 'B06d',
  name: 'folded-memmap-not-shared',
  title: 'Folded memmap of a device is never copied to other page tables',
  present: [{ from: '5.19', until: '6.17' }],
  endedIn: { '6.1': { by: 192 }, '6.12': { by: 117 } },
  fix: '6659d0279980 (x86/mm/64: define ARCH_PAGE_TABLE_SYNC_MASK and arch_sync_kernel_mappings()) in v6.17',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, pagingLevels: 4, otherPageTables: 1, currentPageTable: 1 },
    steps: [{ op: 'memremap-pages', device: 'dax', start: '0x280000000000', size: '128M', compoundSize: '2M' }],
  },
  symptom: { step: 0, breaks: 'no-crash', complains: { kind: 'page-fault' } },
  explanation:
    'The other way into top-level-not-shared: __populate_section_memmap() calls vmemmap_populate_compound_pages() of mm/ for compound device pages, and so passes by vmemmap_populate() of x86, which ends with sync_global_pgds(). A new top-level entry stays in the kernel’s own page table. memmap_init_zone_device() then writes the struct pages on the page table of whatever task probes the device, and faults.',
  confidence: 'source',
  source: '20250818020206.4517-4-harry.yoo@oracle.com, which shows both crashes',
};
