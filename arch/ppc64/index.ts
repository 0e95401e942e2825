// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../../src/hardware/low-bits.js';
import type { ArchConfiguration, Architecture } from '../architecture.js';
import { isAligned } from '../../src/hardware/align.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import type { Traits } from '../../src/history/traits/index.js';
import { z } from 'zod';
import { size, type MachineConfig } from '../machine-fields.js';
import { BENCH } from './bench.js';
import { PPC64_CPUS } from './cpus.js';
import { FUNCTION_NAMES } from './function-names.js';
import { GUEST } from './guest.js';
import { HASH_PAGE_SIZES, type SegmentShift } from './hash/hash-page-table.js';
import { HashPlatform, LARGE_BLOCK } from './hash/platform.js';
import { HashVmemmap } from './hash/vmemmap.js';
import { ptdump } from './ptdump.js';
import { geometry } from './radix/layout.js';
import { PMD_SIZE, radixPlatform } from './radix/platform.js';
import { RadixVmemmap } from './radix/vmemmap.js';
import { TREE } from './tree.js';

/** SECTION_SIZE_BITS, arch/powerpc/include/asm/sparsemem.h. */
const SECTION_SIZE_BITS = 24;
/** MAX_PAGE_ORDER by page size: 16 MiB either way (arch/powerpc/Kconfig, ARCH_FORCE_MAX_ORDER). */
const MAX_ORDER: Readonly<Record<number, number>> = { 4096: 12, 65536: 8 };
/** RADIX_VMEMMAP_START, and H_VMEMMAP_START with 64K pages. */
const VMEMMAP_BASE = 0xc00c_0000_0000_0000n;
/** H_VMEMMAP_START with 4K pages, and where it was before. */
const VMEMMAP_BASE_HASH_4K = 0xc000_3f00_0000_0000n;
const OLD_VMEMMAP_BASE_HASH_4K = 0xc000_1200_0000_0000n;
/** VMEMMAP_BASE under hash as long as the vmemmap had a region of its own. */
const OLD_VMEMMAP_BASE_HASH = 0xf000_0000_0000_0000n;

/** H_KERN_MAP_SIZE, what each kernel region of the hash MMU takes: 1 << REGION_SHIFT, 1 << MAX_EA_BITS_PER_CONTEXT. */
const HASH_REGION_SIZE: Readonly<Record<number, number>> = { 4096: 2 ** 40, 65536: 2 ** 49 };
/** The larger of H_ and R_MAX_PHYSMEM_BITS with SPARSEMEM_VMEMMAP and SPARSEMEM_EXTREME: a kernel may meet either MMU. */
const MAX_PHYSMEM_BITS = 51;
const DEFAULT_HTAB_BYTES = 2 ** 27;
const SMALLEST_HTAB_BYTES = 2 ** 18;
const SEGMENT_SHIFTS: Readonly<Record<number, SegmentShift>> = { [2 ** 28]: 28, [2 ** 40]: 40 };

const kib = (pageSize: number): string => `${pageSize / 1024}K pages`;

const radix = (pageSize: number): ArchConfiguration => ({
  title: `${kib(pageSize)}, radix`,
  pageSize,
  mmu: 'radix',
  levels: geometry(Math.log2(pageSize)).levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
  leafSizes: [pageSize, 2 ** 21],
  sectionSizeBits: SECTION_SIZE_BITS,
  vmemmapBase: VMEMMAP_BASE,
  groundTruth: 'vectors 5.10.262 to 7.3.4; booted kernels 6.12 to 7.3',
});

const hash = (pageSize: number, groundTruth: string): ArchConfiguration => ({
  title: `${kib(pageSize)}, hash`,
  pageSize,
  mmu: 'hash',
  levels: [],
  leafSizes: [pageSize, LARGE_BLOCK],
  sectionSizeBits: SECTION_SIZE_BITS,
  vmemmapBase: pageSize === 4096 ? VMEMMAP_BASE_HASH_4K : VMEMMAP_BASE,
  groundTruth,
});

/** Key of VMCOREINFO. */
const RADIX_MMU = 'NUMBER(RADIX_MMU)';

const MACHINE_FIELDS = {
  mmu: z.enum(['radix', 'hash'], { error: 'must be "radix" or "hash"' }).optional(),
  /** Hash: bytes of the hashed page table. */
  htabSizeBytes: size.optional(),
  /** Hash: bytes of a bolted mapping of the vmemmap. */
  vmemmapPageSize: size.optional(),
  /** Hash: bytes of a segment, 256 MiB or 1 TiB. */
  segmentSize: size.optional(),
};

type Fields = typeof MACHINE_FIELDS;

declare module '../machine-fields.js' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- all of it is in Fields
  interface RoomFields extends Fields {}
}

function vmemmapBase({ mmu, pageSize }: MachineConfig, traits: Traits): bigint {
  if (mmu !== 'hash') return VMEMMAP_BASE;
  if (!traits.ppc64KernelRegions0xc) return OLD_VMEMMAP_BASE_HASH;
  if (pageSize !== 4096) return VMEMMAP_BASE;
  return traits.ppc64Hash4KBase ? VMEMMAP_BASE_HASH_4K : OLD_VMEMMAP_BASE_HASH_4K;
}

/** H_VMEMMAP_END, low 52 bits; as long as the vmemmap had a region of its own, nobody asked for its end. */
const hashVmemmapEnd = ({ vmemmapBase, pageSize }: MachineConfig, traits: Traits): number | undefined =>
  traits.ppc64KernelRegions0xc ? low52(vmemmapBase) + HASH_REGION_SIZE[pageSize]! : undefined;

const vmemmapPageSize = (config: MachineConfig): number =>
  config.vmemmapPageSize ?? (config.hugeVmemmap ? LARGE_BLOCK : config.pageSize);

function checkHash(config: MachineConfig): string | undefined {
  const size = vmemmapPageSize(config);
  if (HASH_PAGE_SIZES[size] === undefined || size < config.pageSize) {
    return `machine.vmemmapPageSize is ${size}; the hash MMU has 4096, 65536 and 16777216, and not less than a page`;
  }
  const bytes = config.htabSizeBytes ?? DEFAULT_HTAB_BYTES;
  if (bytes < SMALLEST_HTAB_BYTES || !Number.isInteger(Math.log2(bytes))) {
    return `machine.htabSizeBytes is ${bytes}; allowed are powers of two from ${SMALLEST_HTAB_BYTES} on`;
  }
  if (config.segmentSize !== undefined && SEGMENT_SHIFTS[config.segmentSize] === undefined) {
    return `machine.segmentSize is ${config.segmentSize}; the hash MMU has segments of 256M and 1T`;
  }
  return undefined;
}

export const ppc64: Architecture<HashPlatform | TablePlatform> = {
  name: 'ppc64',
  unameMachine: 'ppc64le',
  vmcoreinfo: {
    keys: [RADIX_MMU, 'SYMBOL(vmemmap_list)', 'SYMBOL(mmu_vmemmap_psize)'],
    releaseEnd: /[.-](ppc64le|ppc64|powerpc64le|powerpc64)(-64k|-4k)?$/,
    machine(number) {
      const isRadix = number(RADIX_MMU, 0, 1);
      return isRadix === undefined ? {} : { mmu: isRadix === 1 ? 'radix' : 'hash' };
    },
  },
  configurations: [
    radix(65536),
    radix(4096),
    hash(65536, 'vectors 5.10.262 to 7.3.4; booted kernel 6.12'),
    hash(4096, 'vectors 5.10.262 to 7.3.4'),
  ],
  structPageSizes: [56, 64, 72, 80, 96],
  kernelZones: [{ name: 'Normal', end: Infinity }],
  keepsMemblock: true,
  cpus: PPC64_CPUS,
  bench: BENCH,
  tree: TREE,
  functionNames: FUNCTION_NAMES,
  guest: GUEST,
  maxOrder: (pageSize) => MAX_ORDER[pageSize] ?? 8,
  sectionSizeBits: () => SECTION_SIZE_BITS,
  vmemmapBase,
  // The size of a logical memory block that hypervisors use.
  memoryBlockSize: () => 2 ** 28,
  machineFields: MACHINE_FIELDS,
  check(config) {
    if (config.sectionSizeBits !== SECTION_SIZE_BITS) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; ppc64 has sections of 2^${SECTION_SIZE_BITS} bytes`;
    }
    return config.mmu === 'hash' ? checkHash(config) : undefined;
  },
  maxPhysmemBits: () => MAX_PHYSMEM_BITS,
  ptdump,
  platform(machine, config) {
    if (config.mmu !== 'hash') return radixPlatform(machine);
    return new HashPlatform(machine, {
      htabSizeBytes: config.htabSizeBytes ?? DEFAULT_HTAB_BYTES,
      vmemmapPageSize: vmemmapPageSize(config),
      segmentShift: SEGMENT_SHIFTS[config.segmentSize ?? 2 ** 40] ?? 40,
    });
  },
  kconfig(platform, traits) {
    const isHash = platform instanceof HashPlatform;
    return {
      optimizesDaxVmemmap: !isHash && traits.ppc64RadixOwnTables,
      selectsMemmapOnMemory: traits.momRadix,
      // Refused under hash, whatever the sizes. With 64K pages the rule of whole pageblocks is enough for radix.
      supportsMemmapOnMemory: (memmapBytes) =>
        !isHash && (platform.table.ram.frameSize === 65536 || isAligned(memmapBytes, PMD_SIZE)),
    };
  },
  code: (kernel, platform, config) =>
    platform instanceof HashPlatform
      ? new HashVmemmap(kernel, platform, Number(config.vmemmapBase >> 32n), hashVmemmapEnd(config, kernel.traits))
      : new RadixVmemmap(kernel, platform),
};
