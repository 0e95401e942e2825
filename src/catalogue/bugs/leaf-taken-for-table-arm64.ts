// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafTakenForTableArm64: Bug = {
  id: 'X06a',
  name: 'leaf-taken-for-table-arm64',
  title: 'Base pages for a subsection are entered into the struct pages of its neighbour, on arm64',
  present: [{ from: '6.14' }],
  backported: { '6.1': { by: 192 }, '6.12': 20 },
  fix: 'open',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 80 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '2M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-cross-talk', complains: { kind: 'rewritten' } },
  explanation:
    'As leaf-taken-for-table: since d4234d131b0a (arm64: mm: Populate vmemmap at the page level if not section aligned) less than a section goes to vmemmap_populate_basepages() on arm64 too, which takes the block that is there for a page table. The stable trees took the change over, and the bug with it.',
  confidence: 'derived',
  source: 'read in arch/arm64/mm/mmu.c and mm/sparse-vmemmap.c; the recorded functions of 6.1 and 6.12 do it',
};
