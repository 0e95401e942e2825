// SPDX-License-Identifier: GPL-2.0-only

import type { ArchConfiguration, Architecture } from '../../src/arch.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import { geometry } from './radix/layout.js';
import { RadixVmemmap } from './radix/vmemmap.js';

/** SECTION_SIZE_BITS, arch/powerpc/include/asm/sparsemem.h. */
const SECTION_SIZE_BITS = 24;
/** MAX_PAGE_ORDER by page size: 16 MiB either way (arch/powerpc/Kconfig, ARCH_FORCE_MAX_ORDER). */
const MAX_ORDER: Readonly<Record<number, number>> = { 4096: 12, 65536: 8 };
/** Bytes of the root table: 8192 entries. */
const ROOT_BYTES = 65536;
const RADIX_VMEMMAP_BASE = 0xc00c_0000_0000_0000n;

const radix = (pageSize: number): ArchConfiguration => ({
  title: `${pageSize / 1024}K pages, radix`,
  pageSize,
  mmu: 'radix',
  levels: geometry(Math.log2(pageSize)).levels.map(({ level, bits, shift }) => ({ name: LEVELS[level], bits, shift })),
  leafSizes: [pageSize, 2 ** 21],
  sectionSizeBits: SECTION_SIZE_BITS,
  vmemmapBase: RADIX_VMEMMAP_BASE,
  groundTruth: 'vectors 6.1.192 and 6.12.117; booted kernels 6.12',
});

export const ppc64: Architecture = {
  name: 'ppc64',
  configurations: [radix(65536), radix(4096)],
  structPageSizes: [56, 64, 72, 80, 96],
  maxOrder: (pageSize) => MAX_ORDER[pageSize] ?? 8,
  vmemmapBase: () => RADIX_VMEMMAP_BASE,
  check(config) {
    if (config.sectionSizeBits !== SECTION_SIZE_BITS) {
      return `machine.sectionSizeBits is ${config.sectionSizeBits}; ppc64 has sections of 2^${SECTION_SIZE_BITS} bytes`;
    }
    return undefined;
  },
  boot(kernel, config) {
    const order = Math.max(0, Math.log2(ROOT_BYTES / config.pageSize));
    return new RadixVmemmap(kernel, kernel.allocator.reserve(order) * config.pageSize);
  },
};
