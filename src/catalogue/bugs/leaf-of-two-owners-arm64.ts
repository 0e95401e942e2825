// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafOfTwoOwnersArm64: Bug = {
  id: 'X05a',
  name: 'leaf-of-two-owners-arm64',
  title: 'A shared block goes to the altmap of whoever leaves first, and not to its owner',
  present: [{ from: '5.9' }],
  fix: 'open',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 80 },
    altmaps: { dev: { basePfn: 0x108000, endPfn: 0x10ffff, free: 1024 } },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
      { op: 'remove-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
    ],
  },
  symptom: { step: 2, breaks: 'no-leak', complains: { kind: 'lost-pages' } },
  explanation:
    'As leaf-of-two-owners, and one step earlier, since arm64 frees a shared block with the first that leaves (shared-leaf-ripped-out): free_hotplug_page_range() takes the block for the altmap’s because it was called with one. The altmap counts 512 pages less than it gave, the block of system memory is lost, and the neighbour has no struct pages.',
  confidence: 'derived',
  source: 'read in arch/arm64/mm/mmu.c of 6.1 and 6.12',
};
