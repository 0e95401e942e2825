// SPDX-License-Identifier: GPL-2.0-only

import type { ArchConfiguration, Architecture } from '../architecture.js';
import type { MachineConfig } from '../machine-fields.js';
import { alignDown, alignUp, isAligned } from '../../src/hardware/align.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { BENCH } from './bench.js';
import { S390_CPUS } from './cpus.js';
import { FUNCTION_NAMES, sharedNames } from './function-names.js';
import { geometry } from './layout.js';
import { ptdump } from './ptdump.js';
import { PAGE_SIZE, PMD_SIZE, s390Platform } from './platform.js';
import { TREE } from './tree.js';
import { S390Vmemmap } from './vmemmap.js';

/** SECTION_SIZE_BITS, arch/s390/include/asm/sparsemem.h, and until v6.12. */
const SECTION_SIZE_BITS = 27;
const LARGE_SECTION_SIZE_BITS = 28;
const MAX_ORDER = 10;
/** CONFIG_MAX_PHYSMEM_BITS where nobody chooses another. */
const MAX_PHYSMEM_BITS = 46;

/** _REGION2_SIZE and _REGION1_SIZE: the end of the address space with 3 and with 4 levels. */
const ADDRESS_SPACE: Readonly<Record<number, number>> = { 3: 2 ** 42, 4: 2 ** 53, 5: 2 ** 53 };
/** VMALLOC_DEFAULT_SIZE and MODULES_LEN together: 512 GiB below the end of the address space. */
const VMALLOC_AND_MODULES = 2 ** 39;
/** Room of the absolute lowcores and of memcpy_real(), rounded up to a segment. */
const LOWCORES = 2 ** 23;
/** _REGION3_SIZE: the vmemmap starts at such an entry. */
const REGION3_SIZE = 2 ** 31;

/**
 * Where the kernel puts the vmemmap at run time, without KASLR (setup_kernel_memory_layout(),
 * arch/s390/boot/startup.c): what vmalloc and modules leave is shared between the identity mapping and the vmemmap.
 * @param pagingLevels 3 or 4
 * @param structPageSize bytes
 * @param sectionSizeBits log2 of a section's bytes
 * @returns the address of the struct page of pfn 0
 */
export function vmemmapPlacement(
  pagingLevels: number,
  structPageSize: number,
  sectionSizeBits = LARGE_SECTION_SIZE_BITS,
): bigint {
  const top = ADDRESS_SPACE[pagingLevels]! - VMALLOC_AND_MODULES - LOWCORES;
  const pagesPerSection = 2 ** sectionSizeBits / PAGE_SIZE;
  const pages = alignUp(Math.floor(top / (PAGE_SIZE + structPageSize)), pagesPerSection);
  return BigInt(alignDown(top - pages * structPageSize, REGION3_SIZE));
}

const sectionSizeBits = (_pageSize: number, traits: Traits): number =>
  traits.s390Sections128M ? SECTION_SIZE_BITS : LARGE_SECTION_SIZE_BITS;

const configuration = (pagingLevels: number, groundTruth: string): ArchConfiguration => ({
  title: `${pagingLevels} levels`,
  pageSize: PAGE_SIZE,
  pagingLevels,
  levels: geometry(pagingLevels).levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
  leafSizes: [PAGE_SIZE, 2 ** 20],
  sectionSizeBits: LARGE_SECTION_SIZE_BITS,
  vmemmapBase: vmemmapPlacement(pagingLevels, 64),
  groundTruth,
});

/** VMEM_MAX_PHYS: memory is mapped where it is, so it ends below the vmemmap. */
const vmemmapStart = (config: MachineConfig): number => Number(config.vmemmapBase);

export const s390: Architecture<TablePlatform> = {
  name: 's390',
  unameMachine: 's390x',
  vmcoreinfo: {
    keys: ['SYMBOL(lowcore_ptr)', 'SAMODE31', 'EAMODE31', 'IDENTITYBASE'],
    releaseEnd: /[.-]s390x$/,
  },
  mayLackLargeLeaves: true,
  // drivers/s390/char/sclp_mem.c
  hasStandbyMemory: true,
  configurations: [
    configuration(4, 'vectors 5.10.262 to 7.3.4, with EDAT1 and without'),
    configuration(3, 'vectors 5.10.262, 7.2.13, 7.3.4; booted kernels 6.1, 6.12 and 7.3, boot time only'),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [
    { name: 'DMA', end: 2 ** 31 },
    { name: 'Normal', end: Infinity },
  ],
  marksUnused: true,
  keepsMemblock: false,
  hasZoneDevice: (traits) => traits.zoneDeviceEverywhere,
  cpus: S390_CPUS,
  bench: BENCH,
  tree: TREE,
  functionNames: FUNCTION_NAMES,
  sharedNames,
  maxOrder: () => MAX_ORDER,
  sectionSizeBits,
  vmemmapBase: (config, traits) =>
    vmemmapPlacement(config.pagingLevels ?? 4, config.structPageSize, sectionSizeBits(config.pageSize, traits)),
  memoryBlockSize: () => 2 ** 28,
  check(config, traits) {
    const bits = sectionSizeBits(config.pageSize, traits);
    if (config.sectionSizeBits !== bits) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; s390 ${config.kernel} has sections of 2^${bits} bytes`;
    }
    const levels = config.pagingLevels ?? 4;
    if (levels < 3 || levels > 5) return `machine.pagingLevels is ${levels}; s390 has 3, 4 or 5`;
    return undefined;
  },
  maxPhysmemBits: () => MAX_PHYSMEM_BITS,
  mappableEnd: vmemmapStart,
  ptdump,
  platform: (machine, config) => s390Platform(machine, config.pagingLevels ?? 4),
  kconfig: (_platform, traits) => ({
    optimizesDaxVmemmap: false,
    selectsMemmapOnMemory: traits.momS390,
    supportsMemmapOnMemory: (memmapBytes) => isAligned(memmapBytes, PMD_SIZE),
  }),
  code: (kernel, platform, config) =>
    new S390Vmemmap(kernel, platform, { edat1: config.hugeVmemmap, mappableEnd: vmemmapStart(config) }),
};
