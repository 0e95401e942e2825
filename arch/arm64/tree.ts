// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../tree-target.js';

/** What of a kernel tree makes the memmap of arm64. */

const ARM64_PAGES: Readonly<Record<number, string>> = { 4096: '4K', 16384: '16K', 65536: '64K' };
/** MAX_PHYSMEM_BITS of a kernel built for addresses of 48 bits, and of one for more. */
const ARM64_PA_BITS = 48;
const ARM64_PA_BITS_52 = 52;

export const TREE: TreeTarget = {
  mark: 'CONFIG_ARM64',
  files: [
    ...['memory', 'kernel-pgtable', 'pgtable-hwdef', 'pgtable-prot', 'pgtable'].map(
      (h) => `arch/arm64/include/asm/${h}.h`,
    ),
    'arch/arm64/mm/mmu.c',
  ],
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_ARM64: true,
    CONFIG_ARM64_HW_AFDBM: true,
    CONFIG_ARM64_PAN: true,
    CONFIG_ARM64_BTI_KERNEL: false,
    CONFIG_ARM64_MTE: false,
    CONFIG_ARM64_CONTPTE: false,
    CONFIG_KASAN_GENERIC: false,
    CONFIG_KASAN_SW_TAGS: false,
    CONFIG_KASAN_HW_TAGS: false,
    CONFIG_UNMAP_KERNEL_AT_EL0: true,
    CONFIG_PAGE_TABLE_CHECK: false,
    CONFIG_RANDOMIZE_BASE: false,
    CONFIG_VMAP_STACK: true,
    CONFIG_HIBERNATION: false,
    CONFIG_HAVE_ARCH_USERFAULTFD_WP: false,
    CONFIG_ARCH_SUPPORTS_PMD_PFNMAP: true,
    CONFIG_ARCH_SUPPORTS_PUD_PFNMAP: true,
    CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD: false,
    CONFIG_ARM64_USE_NG: false,
  },
  of({ pageSize, vaBits = 48, vaBitsActual = vaBits, pagingLevels, sectionSizeBits }) {
    const isWide = vaBits === 52;
    const tableBits = Math.log2(pageSize) - 3;
    return {
      ...Object.fromEntries(
        Object.entries(ARM64_PAGES).map(([bytes, name]) => [`CONFIG_ARM64_${name}_PAGES`, Number(bytes) === pageSize]),
      ),
      CONFIG_ARM64_VA_BITS: vaBits,
      CONFIG_EMU_VA_BITS_ACTUAL: vaBitsActual,
      CONFIG_ARM64_VA_BITS_52: isWide,
      CONFIG_ARM64_PA_BITS: isWide ? ARM64_PA_BITS_52 : ARM64_PA_BITS,
      CONFIG_ARM64_PA_BITS_52: isWide,
      CONFIG_ARM64_LPA2: isWide && pageSize !== 65536,
      CONFIG_PGTABLE_LEVELS: pagingLevels ?? Math.ceil((vaBitsActual - Math.log2(pageSize)) / tableBits),
      CONFIG_EMU_SECTION_SIZE_BITS: sectionSizeBits,
    };
  },
};
