// SPDX-License-Identifier: GPL-2.0-only

import type { ArchConfiguration, Architecture, MachineConfig } from '../architecture.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';
import { ARM64_CPUS } from './cpus.js';
import { geometry } from './layout.js';
import { ptdump } from './ptdump.js';
import { isAligned } from '../../src/hardware/align.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { arm64Platform } from './platform.js';
import { Arm64Vmemmap } from './vmemmap.js';

/** SECTION_SIZE_BITS by page size (arch/arm64/include/asm/sparsemem.h), and for all page sizes until v5.11. */
const SECTION_SIZE_BITS: Readonly<Record<number, number>> = { 4096: 27, 16384: 27, 65536: 29 };
const LARGE_SECTION_SIZE_BITS = 30;
/** MAX_PAGE_ORDER by page size: 4 MiB, 32 MiB and 512 MiB (arch/arm64/Kconfig, ARCH_FORCE_MAX_ORDER). */
const MAX_ORDER: Readonly<Record<number, number>> = { 4096: 10, 16384: 11, 65536: 13 };
/** VA_BITS by page size (arch/arm64/Kconfig). */
const VA_BITS: Readonly<Record<number, readonly number[]>> = {
  4096: [39, 48, 52],
  16384: [36, 47, 48, 52],
  65536: [42, 48, 52],
};
/** VA_BITS_MIN where the kernel is built for 52 bits. */
const VA_BITS_MIN = 48;
/** VMEMMAP_END below the top of the address space, since the region is sized exactly. */
const BELOW_TOP = 2 ** 30;
/** The same from v5.4 to v5.10. */
const BELOW_TOP_OF_UNPROJECTED = 2 ** 21;
const TOP = 2 ** 52;

interface Region {
  /** VMEMMAP_START and VMEMMAP_END, low 52 bits. */
  start: number;
  end: number;
}

/** The vmemmap region, arch/arm64/include/asm/memory.h. Its start is the struct page of the first frame of RAM. */
function vmemmapRegion(pageShift: number, vaBits: number, structPageSize: number, traits: Traits): Region {
  const linearRange = 2 ** vaBits - 2 ** (Math.min(vaBits, VA_BITS_MIN) - 1);
  if (traits.arm64ExactRegion) {
    const end = TOP - BELOW_TOP;
    return { start: end - (linearRange / 2 ** pageShift) * structPageSize, end };
  }
  const shift = pageShift - Math.ceil(Math.log2(structPageSize));
  const size = linearRange / 2 ** shift;
  const start = regionStart(vaBits, shift, size, traits);
  return { start, end: start + size };
}

/** VMEMMAP_START of a region that is sized by powers of two: VMEMMAP_SIZE bytes. */
function regionStart(vaBits: number, shift: number, size: number, traits: Traits): number {
  if (traits.arm64ProjectedRegion) return TOP - 2 ** (vaBits - shift);
  if (traits.arm64VmemmapAtTop) return TOP - size - BELOW_TOP_OF_UNPROJECTED;
  const pageOffset = TOP - 2 ** (vaBits - 1);
  return pageOffset - size;
}

const sectionSizeBits = (pageSize: number, traits: Traits): number =>
  traits.arm64SmallSections ? SECTION_SIZE_BITS[pageSize]! : LARGE_SECTION_SIZE_BITS;

const pageShiftOf = (config: MachineConfig): number => Math.log2(config.pageSize);
const vaBitsOf = (config: MachineConfig): number => config.vaBits ?? VA_BITS_MIN;
const regionOf = (config: MachineConfig, traits: Traits): Region =>
  vmemmapRegion(pageShiftOf(config), vaBitsOf(config), config.structPageSize, traits);

const FULL_ADDRESS = 0xfffn << 52n;

function configuration(pageSize: number, vaBits: number, vmemmapBase: bigint, groundTruth: string): ArchConfiguration {
  const { levels } = geometry(Math.log2(pageSize), vaBits);
  const pmd = levels.find(({ level }) => LEVELS[level] === 'pmd');
  return {
    title: `${pageSize / 1024}K pages, ${vaBits}-bit addresses`,
    pageSize,
    pagingLevels: levels.length,
    vaBits,
    levels: levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
    leafSizes: pageSize === 4096 && pmd ? [pageSize, 2 ** pmd.shift] : [pageSize],
    sectionSizeBits: SECTION_SIZE_BITS[pageSize]!,
    vmemmapBase,
    groundTruth,
  };
}

export const arm64: Architecture<TablePlatform> = {
  name: 'arm64',
  configurations: [
    configuration(4096, 48, 0xffff_fdff_c000_0000n, 'vectors 6.1.192 and 6.12.117; booted kernels 6.1 and 6.12'),
    configuration(16384, 48, 0xffff_ff7f_c000_0000n, 'vectors 6.1.192 and 6.12.117; booted kernel 6.12.117'),
    configuration(65536, 48, 0xffff_ffdf_c000_0000n, 'vectors 6.1.192 and 6.12.117; booted kernel 6.12.117'),
    configuration(4096, 52, 0xffff_c1ff_c000_0000n, 'none: LPA2 by the architecture manual'),
    configuration(16384, 52, 0xffff_f07f_c000_0000n, 'none: LPA2 by the architecture manual'),
    configuration(65536, 52, 0xffff_fc1f_c000_0000n, 'none: 52-bit addresses by the architecture manual'),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [
    { name: 'DMA', end: 2 ** 32 },
    { name: 'DMA32', end: 2 ** 32 },
    { name: 'Normal', end: Infinity },
  ],
  keepsMemblock: true,
  cpus: ARM64_CPUS,
  maxOrder: (pageSize) => MAX_ORDER[pageSize] ?? 10,
  sectionSizeBits,
  vmemmapBase: (config, traits) => FULL_ADDRESS | BigInt(regionOf(config, traits).start),
  memoryBlockSize: (pageSize) => (pageSize === 65536 ? 2 ** 29 : 2 ** 27),
  check(config, traits) {
    if (!traits.arm64HotAdd) return `machine.kernel is "${config.kernel}"; arm64 has memory hot-plug from 5.0 on`;
    const bits = vaBitsOf(config);
    const allowedBits = VA_BITS[config.pageSize]!;
    const pages = `arm64 with ${config.pageSize / 1024}K pages`;
    if (!allowedBits.includes(bits)) return `machine.vaBits is ${bits}; ${pages} has ${allowedBits.join(', ')}`;
    const sectionSizeBits = this.sectionSizeBits(config.pageSize, traits);
    if (config.sectionSizeBits !== sectionSizeBits) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; ${pages} has sections of 2^${sectionSizeBits} bytes`;
    }
    const levels = geometry(pageShiftOf(config), bits).levels.length;
    if (config.pagingLevels !== undefined && config.pagingLevels !== levels) {
      return `machine.pagingLevels is ${config.pagingLevels}; ${pages} and ${bits} bits has ${levels}`;
    }
    return undefined;
  },
  ptdump: (config, traits) =>
    ptdump({
      ...regionOf(config, traits),
      fixmapBehind: traits.arm64ExactRegion,
      showsHoles: traits.arm64PtdumpShowsHoles,
      pageSize: config.pageSize,
    }),
  platform: (machine, config) => arm64Platform(machine, pageShiftOf(config), vaBitsOf(config)),
  kconfig: ({ pmdSize }, traits) => ({
    optimizesDaxVmemmap: false,
    holesInZone: true,
    selectsMemmapOnMemory: traits.momOneBlock,
    supportsMemmapOnMemory: (memmapBytes) => isAligned(memmapBytes, pmdSize),
  }),
  code(kernel, platform, config) {
    const { start, end } = regionOf(config, kernel.traits);
    return new Arm64Vmemmap(kernel, platform, {
      pageShift: pageShiftOf(config),
      vaBits: vaBitsOf(config),
      vmemmapStart: start,
      vmemmapEnd: end,
    });
  },
};
