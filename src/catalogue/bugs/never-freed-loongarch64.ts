// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const neverFreedLoongarch64: Bug = {
  id: 'L1',
  name: 'never-freed-loongarch64',
  title: 'loongarch64 does not free the memmap of memory that is removed',
  present: [{ from: '6.2' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: { arch: 'loongarch64', pageSize: 16384, structPageSize: 80 },
    steps: [
      { op: 'add-pages', start: '0x200000000', size: '512M' },
      { op: 'remove-pages', start: '0x200000000', size: '512M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'idle-leaf' } },
  explanation:
    'vmemmap_free() is empty: every leaf and every table of memory that goes stays mapped. Memory that comes again at the same place uses them again, so nothing is paid twice; memory that comes elsewhere pays once more.',
  confidence: 'source',
  source: '7b09f5af01ed; arch/loongarch/mm/init.c of 6.12, 7.2 and 7.3',
  seen: 'Debian’s kernels 7.2.13 and 7.3-rc7 (16K pages, 80-byte struct pages), QEMU 10.0.2, TCG, virt with DIMMs of 512 MiB and 4 GiB: plugged, unplugged and plugged again they take one new leaf of 32 MiB and one table, and both stay when the DIMMs are gone',
};
