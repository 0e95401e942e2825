// SPDX-License-Identifier: GPL-2.0-only

import type { Bench } from '../bench-machine.js';

export const BENCH: Bench = {
  place: 2,
  machines: [
    { name: 's390, 1 MiB frames', machine: { arch: 's390' }, suites: ['cycle', 'altmap', 'struct-page'] },
    { name: 's390, base pages', machine: { arch: 's390', hugeVmemmap: false }, suites: ['cycle'] },
    { name: 's390, 56 B', machine: { arch: 's390', structPageSize: 56 }, suites: ['partial-pmd', 'release'] },
  ],
};
