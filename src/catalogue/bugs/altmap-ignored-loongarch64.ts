// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const altmapIgnoredLoongarch64: Bug = {
  id: 'L2',
  name: 'altmap-ignored-loongarch64',
  title: 'loongarch64 takes memmap from system memory though the device brings its own',
  present: [{ from: '6.2' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'loongarch64', pageSize: 16384, structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x80000, endPfn: 0x87fff, free: 8192 } },
    steps: [{ op: 'add-pages', start: '0x200000000', size: '512M', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'altmap-serves' },
  explanation:
    'vmemmap_populate() hands NULL to the shared helpers in place of the altmap that it was given. Leaves come from system memory, the pages that the device set aside for them stay idle, and no error tells of it.',
  confidence: 'source',
  source: 'arch/loongarch/mm/init.c of 6.12, 7.2 and 7.3',
  toConfirm:
    'A guest with persistent memory as a namespace with its map on the device: MemFree falls by the leaves of the memmap, which kernel_page_tables of other architectures would show on the device.',
};
