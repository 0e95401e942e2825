// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafOfTwoOwnersRiscv64: Bug = {
  id: 'R4',
  name: 'leaf-of-two-owners-riscv64',
  title: 'A shared leaf goes to the altmap of whoever leaves first, and not to its owner',
  present: [{ from: '6.11' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'riscv64', structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x104000, endPfn: 0x107fff, free: 1024 } },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '64M' },
      { op: 'add-pages', start: '0x104000000', size: '64M', altmap: 'dev' },
      { op: 'remove-pages', start: '0x104000000', size: '64M', altmap: 'dev' },
    ],
  },
  symptom: { step: 2, breaks: 'no-leak', complains: { kind: 'lost-pages' } },
  explanation:
    'free_vmemmap_storage() takes a leaf for the altmap’s because it was called with one, and does not look at the frame. The leaf that the device found came from system memory for its neighbour: the altmap counts 512 pages less than it gave, and the leaf is lost. The other way round the page allocator is given pages that it never handed out.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in arch/riscv/mm/init.c of 6.12, 7.2 and 7.3',
  toConfirm:
    'Two persistent memory regions in one section, the second as a namespace with its map on the device: destroying it makes MemFree fall by 2 MiB for good, and binding it again fails or warns of an altmap that is not empty.',
};
