// SPDX-License-Identifier: GPL-2.0-only

import type { Bench } from '../bench-machine.js';

export const BENCH: Bench = {
  place: 4,
  machines: [
    {
      name: 'riscv64, PMD leaves',
      machine: { arch: 'riscv64' },
      suites: ['cycle', 'altmap', 'compound', 'struct-page', 'block-size'],
    },
    { name: 'riscv64, 56 B', machine: { arch: 'riscv64', structPageSize: 56 }, suites: ['release'] },
  ],
};
