// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../../src/hardware/low-bits.js';
import type { ArchConfiguration, Architecture } from '../architecture.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';
import { virtual, whole, type MachineConfig } from '../machine-fields.js';
import { BENCH } from './bench.js';
import { ARM64_CPUS } from './cpus.js';
import { FUNCTION_NAMES } from './function-names.js';
import { GUEST } from './guest.js';
import { geometry } from './layout.js';
import { ptdump } from './ptdump.js';
import { isAligned } from '../../src/hardware/align.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { arm64Platform } from './platform.js';
import { TREE } from './tree.js';
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
/** VA_BITS of a kernel that also runs on hardware with fewer bits, and the fewest, VA_BITS_MIN, by page size. */
const VA_BITS_WITH_MIN = 52;
const VA_BITS_MIN: Readonly<Record<number, number>> = { 4096: 48, 16384: 47, 65536: 48 };
/** PHYS_MASK_SHIFT where a page-table entry holds no more, and CONFIG_ARM64_PA_BITS of a kernel that is built for 52. */
const PA_BITS = 48;
const LARGE_PA_BITS = 52;
const DEFAULT_VA_BITS = 48;
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

/** Key of VMCOREINFO, TCR_EL1.T1SZ: bits that an address of the kernel has less than 64, on the CPU that runs. */
const T1SZ = 'NUMBER(TCR_EL1_T1SZ)';

const MACHINE_FIELDS = {
  /** Bits that the hardware has, vabits_actual, where they are fewer than the kernel is built for. */
  vaBitsActual: whole('bits').optional(),
  /** VMEMMAP_START, where that is not what the layout of the release gives. */
  vmemmapStart: virtual.optional(),
};

type Fields = typeof MACHINE_FIELDS;

declare module '../machine-fields.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- all of it is in Fields
  interface RoomFields extends Fields {}
}

const pageShiftOf = (config: MachineConfig): number => Math.log2(config.pageSize);
const vaBitsOf = (config: MachineConfig): number => config.vaBits ?? DEFAULT_VA_BITS;
const vaBitsActualOf = (config: MachineConfig): number => config.vaBitsActual ?? vaBitsOf(config);
/** VA_BITS_MIN, include/asm/memory.h. */
const vaBitsMin = (config: MachineConfig): number =>
  vaBitsOf(config) === VA_BITS_WITH_MIN ? VA_BITS_MIN[config.pageSize]! : vaBitsOf(config);

/** Bytes between PAGE_OFFSET and PAGE_END. @param vaBits those that the kernel is built for, or that the hardware has */
const linearBytes = (config: MachineConfig, vaBits: number): number => 2 ** vaBits - 2 ** (vaBitsMin(config) - 1);

/** The vmemmap region, arch/arm64/include/asm/memory.h. */
function vmemmapRegion(config: MachineConfig, traits: Traits): Region {
  const { structPageSize } = config;
  const pageShift = pageShiftOf(config);
  const vaBits = vaBitsOf(config);
  const linearRange = linearBytes(config, vaBits);
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

function regionOf(config: MachineConfig, traits: Traits): Region {
  const region = vmemmapRegion(config, traits);
  if (config.vmemmapStart === undefined) return region;
  return { start: low52(config.vmemmapStart), end: region.end };
}

/**
 * The struct page of frame 0. A kernel built for 52 bits counts from where its linear map would begin with 52
 * (arm64_memblock_init), so on other hardware its first frame lies inside the region.
 */
function vmemmapOf(config: MachineConfig, traits: Traits): number {
  const before = 2 ** vaBitsOf(config) - 2 ** vaBitsActualOf(config);
  return regionOf(config, traits).start + (before / config.pageSize) * config.structPageSize;
}

/** The first byte address that the linear map has no room for. Until v5.11 half of what the hardware addresses was its. */
const linearEnd = (config: MachineConfig, traits: Traits): number =>
  traits.arm64ProjectedRegion ? linearBytes(config, vaBitsActualOf(config)) : 2 ** (vaBitsActualOf(config) - 1);

/** PHYS_MASK_SHIFT: 52 with 64K pages where the kernel is built so, with smaller ones where LPA2 is in use. */
const physicalBits = (config: MachineConfig): number =>
  (config.pageSize === 65536 ? vaBitsOf(config) : vaBitsActualOf(config)) === VA_BITS_WITH_MIN
    ? LARGE_PA_BITS
    : PA_BITS;

const FULL_ADDRESS = 0xfffn << 52n;

/** @param vaBitsActual bits of the hardware, where a kernel built for {@link VA_BITS_WITH_MIN} finds fewer */
function configuration(
  pageSize: number,
  vaBits: number,
  vmemmapBase: bigint,
  groundTruth: string,
  vaBitsActual?: number,
): ArchConfiguration {
  const { levels } = geometry(Math.log2(pageSize), vaBitsActual ?? vaBits);
  const pmd = levels.find(({ level }) => LEVELS[level] === 'pmd');
  return {
    title: `${pageSize / 1024}K pages, ${vaBits}-bit addresses${vaBitsActual === undefined ? '' : ` on ${vaBitsActual}-bit hardware`}`,
    pageSize,
    pagingLevels: levels.length,
    vaBits,
    ...(vaBitsActual === undefined ? {} : { vaBitsActual }),
    levels: levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
    leafSizes: pageSize === 4096 && pmd ? [pageSize, 2 ** pmd.shift] : [pageSize],
    sectionSizeBits: SECTION_SIZE_BITS[pageSize]!,
    vmemmapBase,
    groundTruth,
  };
}

export const arm64: Architecture<TablePlatform> = {
  name: 'arm64',
  unameMachine: 'aarch64',
  vmcoreinfo: {
    keys: ['NUMBER(kimage_voffset)', T1SZ, 'NUMBER(PHYS_OFFSET)', 'NUMBER(tagged_addr_ctrl)'],
    releaseEnd: /[.-](aarch64|arm64)(-16k|-64k|\+64k)?$/,
    machine(number) {
      const vaBits = number('NUMBER(VA_BITS)', 36, 57);
      const t1sz = number(T1SZ, 0, 63);
      return vaBits === undefined || t1sz === undefined ? {} : { vaBits: Math.min(vaBits, 64 - t1sz) };
    },
  },
  // arch/arm64/kernel/setup.c
  reservedHasMemmap: true,
  configurations: [
    configuration(4096, 48, 0xffff_fdff_c000_0000n, 'vectors 5.10.262 to 7.3.4; booted kernels 5.10, 6.1 and 6.12'),
    configuration(16384, 48, 0xffff_ff7f_c000_0000n, 'vectors 5.10.262 to 7.3.4; booted kernels 6.12.117 and 7.3.4'),
    configuration(65536, 48, 0xffff_ffdf_c000_0000n, 'vectors 5.10.262 to 7.3.4; booted kernel 6.12.117'),
    configuration(4096, 52, 0xffff_c1ff_c000_0000n, 'vectors 6.12.117, 7.2.13, 7.3.4'),
    configuration(16384, 52, 0xffff_f03f_c000_0000n, 'vectors 6.12.117, 7.2.13, 7.3.4; booted kernel 7.3.4'),
    configuration(65536, 52, 0xffff_fc1f_c000_0000n, 'vectors 5.10.262 to 7.3.4'),
    configuration(4096, 52, 0xffff_fdff_c000_0000n, 'vectors 7.2.13, 7.3.4; booted kernels 6.12 to 7.3', 48),
    configuration(16384, 52, 0xffff_ffbf_c000_0000n, 'vectors 7.2.13, 7.3.4; booted kernels 6.18 to 7.3', 47),
    configuration(65536, 52, 0xffff_ffdf_c000_0000n, 'vectors 5.10.262, 7.2.13, 7.3.4', 48),
    configuration(4096, 39, 0xffff_fffe_c000_0000n, 'vectors 5.10.262 to 7.3.4'),
    configuration(16384, 36, 0xffff_ffff_b800_0000n, 'vectors 5.10.262, 7.2.13, 7.3.4'),
    configuration(16384, 47, 0xffff_ffbf_c000_0000n, 'vectors 5.10.262 to 7.3.4'),
    configuration(65536, 42, 0xffff_ffff_4000_0000n, 'vectors 5.10.262, 7.2.13, 7.3.4'),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [
    { name: 'DMA', end: 2 ** 32 },
    { name: 'DMA32', end: 2 ** 32 },
    { name: 'Normal', end: Infinity },
  ],
  foldsHugetlbVmemmap: ({ arm64FoldsHugetlb }) => arm64FoldsHugetlb,
  keepsMemblock: true,
  cpus: ARM64_CPUS,
  bench: BENCH,
  tree: TREE,
  functionNames: FUNCTION_NAMES,
  guest: GUEST,
  maxOrder: (pageSize) => MAX_ORDER[pageSize] ?? 10,
  sectionSizeBits,
  vmemmapBase: (config, traits) => FULL_ADDRESS | BigInt(vmemmapOf(config, traits)),
  memoryBlockSize: (pageSize) => (pageSize === 65536 ? 2 ** 29 : 2 ** 27),
  machineFields: MACHINE_FIELDS,
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
    const actual = vaBitsActualOf(config);
    if (actual !== bits && !(bits === VA_BITS_WITH_MIN && actual === vaBitsMin(config))) {
      const allowed = bits === VA_BITS_WITH_MIN ? `${bits} and ${vaBitsMin(config)}` : bits;
      return `machine.vaBitsActual is ${actual}; ${pages} built for ${bits} bits runs with ${allowed}`;
    }
    const levels = geometry(pageShiftOf(config), actual).levels.length;
    if (config.pagingLevels !== undefined && config.pagingLevels !== levels) {
      return `machine.pagingLevels is ${config.pagingLevels}; ${pages} and ${actual} bits has ${levels}`;
    }
    return undefined;
  },
  maxPhysmemBits: physicalBits,
  mappableEnd: linearEnd,
  ptdump: (config, traits) =>
    ptdump({
      ...regionOf(config, traits),
      fixmapBehind: traits.arm64ExactRegion,
      showsHoles: traits.arm64PtdumpShowsHoles,
      pageSize: config.pageSize,
    }),
  platform: (machine, config) => arm64Platform(machine, pageShiftOf(config), vaBitsActualOf(config)),
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
      vaBits: vaBitsActualOf(config),
      vmemmapStart: start,
      vmemmapEnd: end,
      mappableEnd: linearEnd(config, kernel.traits),
    });
  },
};
