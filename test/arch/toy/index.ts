// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture } from '../../../arch/architecture.js';
import { LEVELS, PageTable } from '../../../src/hardware/page-table.js';
import { tablePlatform, type TablePlatform } from '../../../src/kernel/platform.js';
import { BLOCK, format, geometry, PMD_SIZE, VALID } from './layout.js';
import { toyVmemmap } from './vmemmap.js';

export const toy: Architecture<TablePlatform> = {
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
  maxPhysmemBits: () => 46,
  platform: ({ ram, allocator, pageSize }) =>
    tablePlatform(new PageTable(ram, allocator.reserve() * pageSize, geometry, format), {
      pmdSize: PMD_SIZE,
      pageblockPages: PMD_SIZE / pageSize,
      leafSizes: [{ name: 'pmd', size: PMD_SIZE }],
      leafFlags: ({ lo }) => BigInt(lo & (VALID | BLOCK)),
    }),
  kconfig: () => ({
    optimizesDaxVmemmap: false,
    selectsMemmapOnMemory: false,
    supportsMemmapOnMemory: () => false,
  }),
  code: (kernel, { table }) => toyVmemmap(kernel, table),
};
