// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../src/hardware/hex.js';
import type { ArchConfiguration, Architecture } from '../architecture.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';
import { flag, vmemmapWindow, whole, type MachineConfig } from '../machine-fields.js';
import { BENCH } from './bench.js';
import { LOONGARCH64_CPUS } from './cpus.js';
import { FUNCTION_NAMES } from './function-names.js';
import { GUEST } from './guest.js';
import { ENTRY_LIMIT, geometry } from './layout.js';
import { loongarch64Platform, type Loongarch64Platform } from './platform.js';
import { vmemmapRegion, type Region } from './region.js';
import { TREE } from './tree.js';
import { Loongarch64Vmemmap } from './vmemmap.js';

/** SECTION_SIZE_BITS, arch/loongarch/include/asm/sparsemem.h. */
const SECTION_SIZE_BITS = 29;
/** MAX_PHYSMEM_BITS, same header. */
const MAX_PHYSMEM_BITS = 48;
/** MAX_PAGE_ORDER by page size in bytes (arch/loongarch/Kconfig, ARCH_FORCE_MAX_ORDER): just a PMD leaf or more. */
const MAX_ORDER: Readonly<Record<number, number>> = { 4096: 10, 16384: 11, 65536: 13 };
/** Levels that a kernel can be built with, by page size in bytes. */
const PAGING_LEVELS: Readonly<Record<number, readonly number[]>> = { 4096: [3, 4], 16384: [2, 3], 65536: [2, 3] };
/** cpu_vabits and cpu_pabits that are modelled: those of small cores up to those of the 3A5000. */
const MIN_BITS = 39;
const MAX_BITS = 47;
const LOW_64_BITS = 2n ** 64n - 1n;

const MACHINE_FIELDS = {
  /** cpu_pabits: one bit less than a physical address has. */
  paBits: whole('bits').optional(),
  /** CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP, which decides how the vmemmap is aligned. */
  hvo: flag.optional(),
  /** What the region is said to be; a machine that says another than its geometry gives is refused. */
  vmemmapWindow: vmemmapWindow.optional(),
};

type Fields = typeof MACHINE_FIELDS;

declare module '../machine-fields.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- all of it is in Fields
  interface RoomFields extends Fields {}
}

const pageShiftOf = ({ pageSize }: MachineConfig): number => Math.log2(pageSize);
const levelsOf = ({ pageSize, pagingLevels }: MachineConfig): number => pagingLevels ?? PAGING_LEVELS[pageSize]![1]!;
const vaBitsOf = ({ vaBits = MAX_BITS }: MachineConfig): number => vaBits;
const paBitsOf = (config: MachineConfig): number => config.paBits ?? vaBitsOf(config);

const regionOf = (config: MachineConfig, traits: Traits): Region =>
  vmemmapRegion({
    pageShift: pageShiftOf(config),
    pagingLevels: levelsOf(config),
    vaBits: vaBitsOf(config),
    paBits: paBitsOf(config),
    structPageSize: config.structPageSize,
    alignsToFolios: traits.loongarchAlignsToFolios,
    hvo: config.hvo ?? true,
  });

const text = (value: bigint): string => hex(value & LOW_64_BITS);

function configuration(pageSize: number, pagingLevels: number, vaBits: number, vmemmapBase: bigint): ArchConfiguration {
  const { levels } = geometry(Math.log2(pageSize), pagingLevels);
  const pmd = levels.find(({ level }) => LEVELS[level] === 'pmd')!;
  return {
    title: `${pageSize / 1024}K pages, ${pagingLevels} levels`,
    pageSize,
    pagingLevels,
    vaBits,
    levels: levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
    leafSizes: pagingLevels === 2 ? [pageSize] : [pageSize, 2 ** pmd.shift],
    sectionSizeBits: SECTION_SIZE_BITS,
    vmemmapBase,
    groundTruth:
      pageSize === 16384 && pagingLevels === 3
        ? 'vectors 6.12.117, 7.2.13 and 7.3.4; booted kernels 7.2.13 and 7.3'
        : 'vectors 6.12.117, 7.2.13 and 7.3.4',
  };
}

export const loongarch64: Architecture<Loongarch64Platform> = {
  name: 'loongarch64',
  vmcoreinfo: { keys: [], releaseEnd: /[.-]loong(arch)?64$/ },
  configurations: [
    configuration(16384, 3, 47, 0xffff_feff_fe00_0000n),
    configuration(4096, 3, 39, 0xffff_fffb_ffc0_0000n),
    configuration(4096, 4, 47, 0xffff_fbff_ffc0_0000n),
    configuration(65536, 3, 47, 0xffff_ffbf_e000_0000n),
    configuration(16384, 2, 39, 0xffff_ff8e_fe00_0000n),
    configuration(65536, 2, 39, 0xffff_ffff_a000_0000n),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [
    { name: 'DMA32', end: 2 ** 32 },
    { name: 'Normal', end: Infinity },
  ],
  keepsMemblock: true,
  cpus: LOONGARCH64_CPUS,
  bench: BENCH,
  tree: TREE,
  functionNames: FUNCTION_NAMES,
  guest: GUEST,
  hasFullTables: true,
  entryLimit: ENTRY_LIMIT,
  maxPhysmemBits: () => MAX_PHYSMEM_BITS,
  maxOrder: (pageSize) => MAX_ORDER[pageSize] ?? 10,
  sectionSizeBits: () => SECTION_SIZE_BITS,
  vmemmapBase: (config, traits) => regionOf(config, traits).start,
  memoryBlockSize: () => 2 ** SECTION_SIZE_BITS,
  machineFields: MACHINE_FIELDS,
  check(config, traits) {
    if (!traits.loongarchVmemmap) {
      return `machine.kernel is "${config.kernel}"; loongarch64 has a vmemmap from 6.2 on`;
    }
    const pages = `loongarch64 with ${config.pageSize / 1024}K pages`;
    if (config.sectionSizeBits !== SECTION_SIZE_BITS) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; loongarch64 has sections of 2^29 bytes`;
    }
    const levels = levelsOf(config);
    const allowedLevels = PAGING_LEVELS[config.pageSize]!;
    if (!allowedLevels.includes(levels)) {
      return `machine.pagingLevels is ${levels}; ${pages} has ${allowedLevels.join(' or ')}`;
    }
    for (const [field, bits] of [
      ['vaBits', vaBitsOf(config)],
      ['paBits', paBitsOf(config)],
    ] as const) {
      if (bits < MIN_BITS || bits > MAX_BITS) {
        return `machine.${field} is ${bits}; loongarch64 has ${MIN_BITS} to ${MAX_BITS}`;
      }
    }
    const { start, end } = regionOf(config, traits);
    const window = config.vmemmapWindow;
    if (window !== undefined && (window[0] !== start || window[1] !== (end & LOW_64_BITS))) {
      return `machine.vmemmapWindow is ${window.map(text).join(' to ')}; ${pages} has ${text(start)} to ${text(end)}`;
    }
    return undefined;
  },
  platform: (machine, config) => loongarch64Platform(machine, pageShiftOf(config), levelsOf(config)),
  kconfig: () => ({
    optimizesDaxVmemmap: false,
    selectsMemmapOnMemory: false,
    supportsMemmapOnMemory: () => false,
  }),
  code: (kernel, platform) => new Loongarch64Vmemmap(kernel, platform),
};
