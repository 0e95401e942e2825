// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture } from '../../../arch/architecture.js';
import { LEVELS } from '../../../src/hardware/page-table.js';
import { geometry } from './layout.js';
import { toyVmemmap } from './vmemmap.js';

export const toy: Architecture = {
  name: 'toy',
  configurations: [
    {
      title: 'the only one',
      pageSize: 4096,
      levels: geometry.levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
      leafSizes: [2 ** 21],
      sectionSizeBits: 27,
      vmemmapBase: 0x40_0000_0000n,
      groundTruth: 'none: it is invented',
    },
  ],
  structPageSizes: [64],
  kernelZones: [{ name: 'Normal', end: Infinity }],
  keepsMemblock: false,
  memoryBlockSize: () => 2 ** 27,
  cpus: [],
  maxOrder: () => 10,
  sectionSizeBits: () => 27,
  vmemmapBase: () => 0x40_0000_0000n,
  check: () => undefined,
  boot: (kernel) => toyVmemmap(kernel, kernel.allocator.reserve() * kernel.pageSize),
};
