// SPDX-License-Identifier: GPL-2.0-only

import type { Bench } from '../bench-machine.js';

export const BENCH: Bench = {
  place: 1,
  machines: [
    {
      name: 'arm64 4K, PMD leaves',
      machine: { arch: 'arm64' },
      suites: ['cycle', 'altmap', 'subsection', 'struct-page', 'block-size'],
    },
    { name: 'arm64 16K, base pages', machine: { arch: 'arm64', pageSize: '16K' }, suites: ['cycle', 'altmap'] },
    { name: 'arm64 64K, base pages', machine: { arch: 'arm64', pageSize: '64K' }, suites: ['cycle', 'altmap'] },
    { name: 'arm64 4K', machine: { arch: 'arm64' }, suites: ['release'] },
  ],
};
