// SPDX-License-Identifier: GPL-2.0-only

import type { Bench } from '../bench-machine.js';

export const BENCH: Bench = {
  place: 5,
  machines: [
    // Not of the suite altmap: vmemmap_populate() does not look at one.
    {
      name: 'loongarch64 16K, PMD leaves',
      machine: { arch: 'loongarch64', pageSize: '16K' },
      suites: ['cycle', 'struct-page'],
    },
    { name: 'loongarch64 16K', machine: { arch: 'loongarch64', pageSize: '16K' }, suites: ['release'] },
  ],
};
