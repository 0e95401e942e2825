// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const lastLeafFromRam: Bug = {
  id: 'B18',
  name: 'last-leaf-from-ram',
  title: 'The last leaf of a device comes from system memory though its altmap has room',
  present: [{ from: '5.4', until: '6.5' }],
  endedIn: { '5.10': 188, '6.1': { by: 192 } },
  fix: 'c8eebc4a99f1 (powerpc/mm/altmap: off by one in the boundary test) in v6.5',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 32 } },
    steps: [{ op: 'add-pages', start: '0x1000000000', size: '2G', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'altmap-serves' },
  explanation:
    'altmap_cross_boundary() compares the first frame behind a leaf, and not the last one in it, with the last frame of the device. A leaf that describes the end of the device just so counts as crossing it and is taken from system memory; a device of one leaf has none of its memmap.',
  confidence: 'memory',
  source: 'the patch that fixes cf387d9644d8; its id is from memory',
};
