// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const blockAltmapIdle: Bug = {
  id: 'B35',
  name: 'block-altmap-idle',
  title: 'Pages set aside for the memmap of a block stay idle beside a neighbour',
  present: [{ from: '6.6' }],
  fix: 'open',
  structPageSizes: [64, 80],
  scenario: {
    machine: {
      arch: 'ppc64',
      mmu: 'radix',
      pageSize: 65536,
      structPageSize: 64,
      blockSize: '256M',
      memmapOnMemory: 'force',
    },
    steps: [
      { op: 'add-memory', start: '0x1000000000', size: '256M', memmapOnMemory: false },
      { op: 'add-memory', start: '0x1010000000', size: '256M' },
    ],
  },
  symptom: { step: 1, breaks: 'altmap-serves' },
  explanation:
    'The memmap of the first block lies in system memory, in a leaf of 2 MiB that describes 2 GiB. memmap_on_memory is granted to the second block and pages at its start are set aside, but radix__vmemmap_populate() finds the leaf and has nothing to map. The pages are kept from the page allocator for nothing, and no error tells of it. Booted kernels show the same. Since v6.17 every memmap in system memory gets such a leaf, so it happens more often.',
  confidence: 'derived',
  source: 'read in arch/powerpc/mm/book3s64/radix_pgtable.c; recordings of 6.12 with memmap_on_memory=force',
};
