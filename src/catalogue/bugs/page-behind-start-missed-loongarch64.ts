// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const pageBehindStartMissedLoongarch64: Bug = {
  id: 'L5',
  name: 'page-behind-start-missed-loongarch64',
  title: 'With two levels a memmap that begins inside a page lacks its last page',
  present: [{ from: '6.2' }],
  fix: 'open',
  structPageSizes: [72, 80, 96],
  scenario: {
    machine: { arch: 'loongarch64', pageSize: 16384, pagingLevels: 2, structPageSize: 80 },
    steps: [{ op: 'add-pages', start: '0x200200000', size: '2M' }],
  },
  symptom: { step: 0, breaks: 'no-hole' },
  explanation:
    'As page-behind-start-missed of arm64: vmemmap_populate_range() goes on by PAGE_SIZE from where the range begins, not from its page, and the page with the last bytes of the range stays unmapped; adding returns 0. Kernels with two levels of tables map the vmemmap with base pages always; with more it takes a leaf that could not be had.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in mm/sparse-vmemmap.c and arch/loongarch/mm/init.c of 6.12, 7.2 and 7.3',
  toConfirm:
    'A kernel with 16K pages, two levels and struct pages of 80 bytes, and a device of 2 MiB at 0x200200000: binding it faults in memmap_init_zone_device().',
};
