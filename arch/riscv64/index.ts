// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../src/hardware/hex.js';
import { low52 } from '../../src/hardware/low-bits.js';
import { z } from 'zod';
import type { ArchConfiguration, Architecture } from '../architecture.js';
import { isAligned } from '../../src/hardware/align.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';
import { flag, physical, vmemmapWindow, whole, type MachineConfig } from '../machine-fields.js';
import { BENCH } from './bench.js';
import { RISCV64_CPUS } from './cpus.js';
import { FUNCTION_NAMES } from './function-names.js';
import { GUEST } from './guest.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { geometry } from './layout.js';
import { PAGE_SIZE, riscv64Platform } from './platform.js';
import { ptdump } from './ptdump.js';
import { vmemmapRegion, vmemmapStartPfn, type Region } from './region.js';
import { TREE } from './tree.js';
import { Riscv64Vmemmap } from './vmemmap.js';

/** SECTION_SIZE_BITS, arch/riscv/include/asm/sparsemem.h. */
const SECTION_SIZE_BITS = 27;
/** MAX_PHYSMEM_BITS, same header. */
const MAX_PHYSMEM_BITS = 56;
/** MAX_PAGE_ORDER. */
const MAX_ORDER = 10;
/** Paging levels by bits of a virtual address: Sv39, Sv48, Sv57. */
const PAGING_LEVELS: Readonly<Record<number, number>> = { 39: 3, 48: 4, 57: 5 };
const VA_BITS = Object.keys(PAGING_LEVELS).map(Number);
/** Sv57, which a kernel takes that may choose. */
const DEFAULT_VA_BITS = 57;
/** First byte of RAM where the machine does not say it: that of QEMU's virt and of most boards. */
const DEFAULT_RAM_START = 2 ** 31;
/**
 * The region of Sv57 has struct pages for as much, with any size of them. MAX_PHYSMEM_BITS is 56, which callers of the
 * code here ask for and it does not.
 */
const PHYSICAL_LIMIT = 2 ** 57;
const LOW_64_BITS = 2n ** 64n - 1n;

const MACHINE_FIELDS = {
  /** First byte of RAM, which decides the frame that the vmemmap begins with. */
  ramStart: physical.optional(),
  /** CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP, which decides how the vmemmap is aligned. */
  hvo: flag.optional(),
  /** The memory types of T-Head cores, in place of Svpbmt's. */
  theadMemoryTypes: flag.optional(),
  /** What the region is said to be; a machine that says another than its geometry gives is refused. */
  vmemmapWindow: vmemmapWindow.optional(),
  /** How many tables boot is said to have made for the region; refused likewise. */
  preallocatedTables: z.strictObject({ p4d: whole('tables'), pud: whole('tables'), pmd: whole('tables') }).optional(),
};

type Fields = typeof MACHINE_FIELDS;

declare module '../machine-fields.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- all of it is in Fields
  interface RoomFields extends Fields {}
}

/** Of a machine that says neither; where it says levels, its configuration has the bits. */
const vaBitsOf = ({ vaBits = DEFAULT_VA_BITS }: MachineConfig): number => vaBits;

function regionOf(config: MachineConfig, traits: Traits): Region {
  const vaBits = vaBitsOf(config);
  return vmemmapRegion({
    vaBits,
    pagingLevels: PAGING_LEVELS[vaBits]!,
    structPageSize: config.structPageSize,
    hasLargeLinearMap: traits.riscvLargeLinearMap,
  });
}

/** Low 52 bits of the start; the region never crosses a border of 2^52 bytes, and may end at one. */
function asNumbers({ start, end }: Region): { start: number; end: number } {
  const low = low52(start);
  return { start: low, end: low + Number(end - start) };
}

function vmemmapBase(config: MachineConfig, traits: Traits): bigint {
  const { structPageSize, ramStart = DEFAULT_RAM_START, hvo = true } = config;
  const startPfn = vmemmapStartPfn(ramStart, structPageSize, {
    atRam: traits.riscvVmemmapStartsAtRam,
    atSection: traits.riscvStartsAtSection,
    atLargestFolio: traits.riscvAlignsToFolios && hvo,
  });
  return regionOf(config, traits).start - startPfn * BigInt(structPageSize);
}

/** Tables that boot makes for the region, one for each entry of the root. */
function preallocated(config: MachineConfig, traits: Traits): NonNullable<MachineConfig['preallocatedTables']> {
  const [root, below] = geometry(PAGING_LEVELS[vaBitsOf(config)]!).levels;
  const { start, end } = regionOf(config, traits);
  const count = traits.riscvHotplug ? Number((end - start) >> BigInt(root!.shift)) : 0;
  const none = { p4d: 0, pud: 0, pmd: 0 };
  return { ...none, [LEVELS[below!.level]]: count };
}

const text = (value: bigint): string => hex(value & LOW_64_BITS);

/** A sentence on what the machine says of its vmemmap and its geometry does not give. */
function contradiction(config: MachineConfig, traits: Traits): string | undefined {
  const { start, end } = regionOf(config, traits);
  const name = `riscv64 with Sv${vaBitsOf(config)} and ${config.structPageSize}-byte struct pages`;
  const window = config.vmemmapWindow;
  if (window !== undefined && (window[0] !== start || window[1] !== (end & LOW_64_BITS))) {
    return `machine.vmemmapWindow is ${window.map(text).join(' to ')}; ${name} has ${text(start)} to ${text(end)}`;
  }
  const said = JSON.stringify(config.preallocatedTables);
  const made = preallocated(config, traits);
  const { p4d, pud, pmd } = config.preallocatedTables ?? made;
  if (p4d === made.p4d && pud === made.pud && pmd === made.pmd) return undefined;
  return `machine.preallocatedTables is ${said}; ${name} has ${JSON.stringify(made)}`;
}

function configuration(vaBits: number, base: bigint): ArchConfiguration {
  const { levels } = geometry(PAGING_LEVELS[vaBits]!);
  return {
    title: `Sv${vaBits}`,
    pageSize: PAGE_SIZE,
    pagingLevels: levels.length,
    vaBits,
    levels: levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
    leafSizes: [PAGE_SIZE, 2 ** 21],
    sectionSizeBits: SECTION_SIZE_BITS,
    vmemmapBase: base,
    groundTruth: 'vectors 6.12.117, 7.2.13 and 7.3.4; booted kernels 6.12.117 and 7.2.13',
  };
}

export const riscv64: Architecture<TablePlatform> = {
  name: 'riscv64',
  vmcoreinfo: {
    keys: ['NUMBER(phys_ram_base)', 'NUMBER(satp)'],
    releaseEnd: /[.-]riscv64$/,
  },
  configurations: [
    configuration(57, 0xff1b_ffff_fe00_0000n),
    configuration(48, 0xffff_8d7f_fe00_0000n),
    configuration(39, 0xffff_ffc4_fe00_0000n),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [
    { name: 'DMA32', end: 2 ** 32 },
    { name: 'Normal', end: Infinity },
  ],
  keepsMemblock: true,
  cpus: RISCV64_CPUS,
  bench: BENCH,
  tree: TREE,
  functionNames: FUNCTION_NAMES,
  guest: GUEST,
  physicalLimit: PHYSICAL_LIMIT,
  maxPhysmemBits: () => MAX_PHYSMEM_BITS,
  maxOrder: () => MAX_ORDER,
  sectionSizeBits: () => SECTION_SIZE_BITS,
  vmemmapBase,
  memoryBlockSize: () => 2 ** SECTION_SIZE_BITS,
  machineFields: MACHINE_FIELDS,
  withoutHotplug: (traits) => (traits.riscvHotplug ? undefined : 'riscv64 has memory hot-plug from 6.11 on'),
  check(config, traits) {
    if (config.sectionSizeBits !== SECTION_SIZE_BITS) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; riscv64 has sections of 2^27 bytes`;
    }
    const vaBits = vaBitsOf(config);
    const levels = PAGING_LEVELS[vaBits];
    if (levels === undefined) return `machine.vaBits is ${vaBits}; riscv64 has ${VA_BITS.join(', ')}`;
    if (config.pagingLevels !== undefined && config.pagingLevels !== levels) {
      return `machine.pagingLevels is ${config.pagingLevels}; riscv64 with ${vaBits} bits has ${levels}`;
    }
    return contradiction(config, traits);
  },
  ptdump(config, traits) {
    const { start, end } = asNumbers(regionOf(config, traits));
    return ptdump(start, end, traits.riscvPtdumpMemoryTypes);
  },
  platform: (machine, config) => riscv64Platform(machine, PAGING_LEVELS[vaBitsOf(config)]!),
  kconfig: ({ pmdSize }, traits) => ({
    optimizesDaxVmemmap: true,
    selectsMemmapOnMemory: traits.riscvHotplug,
    supportsMemmapOnMemory: (memmapBytes) => isAligned(memmapBytes, pmdSize),
  }),
  code(kernel, platform, config) {
    const { start, end } = asNumbers(regionOf(config, kernel.traits));
    return new Riscv64Vmemmap(kernel, platform, {
      vmemmapStart: start,
      vmemmapEnd: end,
      theadMemoryTypes: config.theadMemoryTypes ?? false,
    });
  },
};
