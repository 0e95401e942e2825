// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const halfRangeStays: Bug = {
  id: 'X04',
  name: 'half-range-stays',
  title: 'Sections that were added before one failed stay, though adding failed',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, blockSize: '256M' },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '256M' },
      { op: 'add-memory', start: '0x100000000', size: '256M' },
    ],
    failAllocations: [4, 5],
  },
  symptom: { step: 0, breaks: 'roll-back', complains: { kind: 'stays-active' } },
  explanation:
    '__add_pages() adds a range section by section and returns the first error; neither it nor its callers, add_memory_resource() and pagemap_range(), take down the sections before. Here a block of two sections meets a moment without memory, for a leaf and for a page table in its place. The first section keeps its memmap, and nothing will remove it, since no block and no device was made. Adding the range again when there is memory fails with -EEXIST since v5.3; before, a section that was there counted as success.',
  confidence: 'derived',
  source: 'found by vmemmap run --fail-each; read in mm/memory_hotplug.c and mm/memremap.c of 6.1 and 6.12',
};
