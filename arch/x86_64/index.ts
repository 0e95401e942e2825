// SPDX-License-Identifier: GPL-2.0-only

import type { ArchConfiguration, Architecture } from '../architecture.js';
import { isAligned } from '../../src/hardware/align.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import { whole, type MachineConfig } from '../machine-fields.js';
import { BENCH } from './bench.js';
import { X86_CPUS } from './cpus.js';
import { FUNCTION_NAMES, sharedNames } from './function-names.js';
import { GUEST } from './guest.js';
import { geometry } from './layout.js';
import { probeMemoryBlockSize } from './memory-block.js';
import { ptdump } from './ptdump.js';
import { PAGE_SIZE, PMD_SIZE, x86Platform, type X86Platform } from './platform.js';
import { TREE } from './tree.js';
import { X86Vmemmap } from './vmemmap.js';

/** SECTION_SIZE_BITS, arch/x86/include/asm/sparsemem.h. */
const SECTION_SIZE_BITS = 27;
/** MAX_PAGE_ORDER. */
const MAX_ORDER = 10;
/** __VMEMMAP_BASE_L4 and _L5, without KASLR (arch/x86/include/asm/pgtable_64_types.h). */
const VMEMMAP_BASE = { 4: 0xffff_ea00_0000_0000n, 5: 0xffd4_0000_0000_0000n } as const;

/** MAX_PHYSMEM_BITS by the levels of the page table, arch/x86/include/asm/sparsemem.h. */
const MAX_PHYSMEM_BITS = { 4: 46, 5: 52 } as const;

/** Keys of VMCOREINFO. */
const FIVE_LEVELS = 'NUMBER(pgtable_l5_enabled)';
const PHYSMEM_BITS = 'NUMBER(MAX_PHYSMEM_BITS)';

const MAX_PAGE_TABLES = 1024;

const MACHINE_FIELDS = {
  /** Page tables besides the kernel's own that share its top-level entries; none, if not given. */
  otherPageTables: whole('page tables').max(MAX_PAGE_TABLES, `must be at most ${MAX_PAGE_TABLES}`).optional(),
  /** Which of them the CPU has loaded that adds and removes memory; 0, as if not given, for the kernel's own. */
  currentPageTable: whole('page tables').optional(),
};

type Fields = typeof MACHINE_FIELDS;

declare module '../machine-fields.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- all of it is in Fields
  interface RoomFields extends Fields {}
}

const configuration = (pagingLevels: 4 | 5, groundTruth: string): ArchConfiguration => ({
  title: `${pagingLevels}-level`,
  pageSize: PAGE_SIZE,
  pagingLevels,
  levels: geometry(pagingLevels).levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
  leafSizes: [PAGE_SIZE, 2 ** 21],
  sectionSizeBits: SECTION_SIZE_BITS,
  vmemmapBase: VMEMMAP_BASE[pagingLevels],
  groundTruth,
});

const pagingLevelsOf = (config: MachineConfig): 4 | 5 => (config.pagingLevels === 5 ? 5 : 4);

export const x86_64: Architecture<X86Platform> = {
  name: 'x86_64',
  vmcoreinfo: {
    keys: [FIVE_LEVELS, 'NUMBER(phys_base)', 'SYMBOL(init_top_pgt)', 'NUMBER(sme_mask)'],
    releaseEnd: /[.-](x86_64|amd64)$/,
    machine(number) {
      const fiveLevels = number(FIVE_LEVELS, 0, 1);
      const isFive = fiveLevels === undefined ? number(PHYSMEM_BITS, 30, 64) === MAX_PHYSMEM_BITS[5] : fiveLevels === 1;
      if (fiveLevels === undefined && !isFive) return {};
      return { pagingLevels: isFive ? 5 : 4 };
    },
  },
  mayLackLargeLeaves: true,
  configurations: [
    configuration(4, 'vectors 5.10.262 to 7.3.4; booted kernels 5.10 to 7.3 with 56 to 80 byte struct pages'),
    configuration(5, 'vectors 5.10.262 to 7.3.4; booted kernel 7.3.4'),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [
    { name: 'DMA', end: 2 ** 24 },
    { name: 'DMA32', end: 2 ** 32 },
    { name: 'Normal', end: Infinity },
  ],
  marksUnused: true,
  keepsMemblock: false,
  foldsHugetlbVmemmap: ({ hvo }) => hvo,
  cpus: X86_CPUS,
  bench: BENCH,
  tree: TREE,
  functionNames: FUNCTION_NAMES,
  guest: GUEST,
  sharedNames,
  maxOrder: () => MAX_ORDER,
  sectionSizeBits: () => SECTION_SIZE_BITS,
  vmemmapBase: (config) => VMEMMAP_BASE[pagingLevelsOf(config)],
  memoryBlockSize: (_pageSize, endOfRam) => probeMemoryBlockSize(endOfRam),
  machineFields: MACHINE_FIELDS,
  check(config) {
    if (config.pageSize !== PAGE_SIZE) return `machine.pageSize is ${config.pageSize}; x86_64 has pages of 4096 bytes`;
    if (config.sectionSizeBits !== SECTION_SIZE_BITS) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; x86_64 has sections of 2^27 bytes`;
    }
    if (config.pagingLevels !== 4 && config.pagingLevels !== 5) {
      return `machine.pagingLevels is ${config.pagingLevels ?? 'missing'}; x86_64 has 4 or 5`;
    }
    const { otherPageTables = 0, currentPageTable = 0 } = config;
    if (currentPageTable > otherPageTables) {
      return `machine.currentPageTable is ${currentPageTable}; allowed are 0 to machine.otherPageTables, which is ${otherPageTables}`;
    }
    return undefined;
  },
  maxPhysmemBits: (config) => MAX_PHYSMEM_BITS[config.pagingLevels === 5 ? 5 : 4],
  ptdump,
  platform: (machine, config) =>
    x86Platform(machine, pagingLevelsOf(config), config.otherPageTables ?? 0, config.currentPageTable ?? 0),
  kconfig: (_platform, traits) => ({
    optimizesDaxVmemmap: true,
    selectsMemmapOnMemory: traits.momOneBlock,
    supportsMemmapOnMemory: (memmapBytes) => isAligned(memmapBytes, PMD_SIZE),
  }),
  code: (kernel, platform, config) =>
    new X86Vmemmap(kernel, platform, { pagingLevels: pagingLevelsOf(config), pse: config.hugeVmemmap }),
};
