// SPDX-License-Identifier: GPL-2.0-only

import type { Bench } from '../bench-machine.js';

export const BENCH: Bench = {
  place: 0,
  machines: [
    {
      name: 'x86_64, PMD leaves',
      machine: { arch: 'x86_64' },
      suites: ['cycle', 'altmap', 'subsection', 'compound', 'struct-page', 'block-size', 'hot-add'],
    },
    { name: 'x86_64, base pages', machine: { arch: 'x86_64', hugeVmemmap: false }, suites: ['cycle', 'hot-add'] },
    { name: 'x86_64, 64 B', machine: { arch: 'x86_64' }, suites: ['release'] },
    { name: 'x86_64, 56 B', machine: { arch: 'x86_64', structPageSize: 56 }, suites: ['partial-pmd', 'release'] },
    { name: 'x86_64, 80 B', machine: { arch: 'x86_64', structPageSize: 80 }, suites: ['partial-pmd'] },
  ],
};
