// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const orderForgotten: Bug = {
  id: 'B05',
  name: 'order-forgotten',
  title: 'Of every leaf that is freed one page comes back and 511 are lost',
  present: [{ from: '6.19', until: '7.2' }],
  backported: { '6.18': { by: 15 } },
  endedIn: { '7.1': { by: 13 } },
  fix: '39406c05f8f1 (x86/mm: Fix freeing of PMD-sized vmemmap pages) in v7.2',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'lost-pages' } },
  explanation:
    'free_pagetable() was changed to call pagetable_free(), which takes the order from the compound page. A leaf of the vmemmap was allocated as 2^9 pages and not as a compound page, so its order reads as 0: the first page goes back and nobody knows of the other 511. Leaves of an altmap and of boot memory are freed elsewhere and are right.',
  confidence: 'source',
  source: '20260429-vmemmap-v2-1-8dfcacffd877@kernel.org; 20260519151008.1399226-1-qkrwngud825@gmail.com',
};
