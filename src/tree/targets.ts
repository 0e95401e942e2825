// SPDX-License-Identifier: GPL-2.0-only

import type { CodeMachine } from '../kernel/memmap-code.js';
import { TreeError } from './tree-error.js';

/** What of a tree makes the memmap of an architecture: files, entry points, configuration, stand-ins. */

/** Values of Kconfig names: set or not. */
export type Configuration = ReadonlyMap<string, boolean>;

/** How code of a tree is made for an architecture. */
export interface Target {
  /** Name of the architecture here. */
  readonly arch: string;
  /** CONFIG_ name that a .config of the architecture sets. */
  readonly mark: string;
  /** Files of the tree beside {@link GENERIC_FILES}, those that are there. */
  readonly files: readonly string[];
  /** Folder of src/tree/prelude with the architecture's stand-ins. */
  readonly prelude: string;
  readonly entryPoints: readonly string[];
  /** Functions beside {@link SEAMS}. */
  readonly seams?: readonly string[];
  /** Files that the tree includes under a condition, with it. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Kconfig names beside {@link GENERIC_CONFIGURATION}. */
  readonly configuration: Readonly<Record<string, boolean>>;
  /** Kconfig names that the machine says: values, or set and not. */
  of?(machine: CodeMachine): Record<string, number | boolean>;
}

/** Files of every architecture, in the order in which their definitions are put together. */
export const GENERIC_FILES: readonly string[] = [
  'include/linux/pgtable.h',
  'include/linux/pgalloc.h',
  'include/linux/memremap.h',
  'include/linux/mmzone.h',
  'include/linux/mm.h',
  'mm/internal.h',
  'mm/sparse.h',
  'mm/memremap.c',
  'mm/sparse-vmemmap.c',
  'mm/sparse.c',
];
/** What stands behind the architecture's files: it calls them. */
export const LAST_FILES: readonly string[] = ['mm/memory_hotplug.c'];

/** Where the emulator comes in, and what doors.c asks of sections. */
export const ENTRY_POINTS: readonly string[] = [
  '__add_pages',
  '__remove_pages',
  'vmemmap_populate',
  'vmemmap_free',
  'vmem_altmap',
  'dev_pagemap',
  'mem_section',
  'sparse_index_init',
  'sparse_init_one_section',
  '__populate_section_memmap',
  'mem_section_usage_size',
  'section_nr_to_pfn',
  'pfn_to_section_nr',
  'subsection_map_index',
  '__nr_to_section',
  'NR_SECTION_ROOTS',
  'SECTIONS_PER_ROOT',
  'SUBSECTIONS_PER_SECTION',
  'SECTION_MARKED_PRESENT',
  'SECTION_HAS_MEM_MAP',
  'SECTION_IS_EARLY',
];

/** Functions of the tree that doors.c stands in front of, to tell of altmaps. */
export const SEAMS: ReadonlySet<string> = new Set(['vmem_altmap_free', 'altmap_alloc_block_buf']);

/**
 * Kconfig names that decide in the functions taken. A name that is not listed stops the compilation: taken for "not set"
 * it would change what the tree does without a word.
 */
export const GENERIC_CONFIGURATION: Readonly<Record<string, boolean>> = {
  CONFIG_64BIT: true,
  CONFIG_MMU: true,
  CONFIG_SMP: true,
  CONFIG_NUMA: true,
  CONFIG_SPARSEMEM: true,
  CONFIG_SPARSEMEM_EXTREME: true,
  CONFIG_SPARSEMEM_VMEMMAP: true,
  CONFIG_SPARSEMEM_VMEMMAP_PREINIT: false,
  CONFIG_MEMORY_HOTPLUG: true,
  CONFIG_MEMORY_HOTPLUG_SPARSE: true,
  CONFIG_MEMORY_HOTREMOVE: true,
  CONFIG_ZONE_DEVICE: true,
  CONFIG_HUGETLB_PAGE: true,
  CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP: false,
  CONFIG_TRANSPARENT_HUGEPAGE: true,
  CONFIG_FLATMEM: false,
  CONFIG_DEBUG_VM: false,
  CONFIG_DEBUG_VIRTUAL: false,
  CONFIG_PAGE_EXTENSION: false,
  CONFIG_MEMORY_FAILURE: false,
  CONFIG_HAVE_BOOTMEM_INFO_NODE: false,
  CONFIG_DEFERRED_STRUCT_PAGE_INIT: false,
  CONFIG_KASAN: false,
  CONFIG_KMSAN: false,
  CONFIG_HAVE_ARCH_HUGE_VMAP: true,
  CONFIG_CMA: false,
  CONFIG_KASAN_SHADOW_OFFSET: false,
  CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: false,
  CONFIG_ARCH_WANT_HUGETLB_PAGE_OPTIMIZE_VMEMMAP: false,
};

const X86_64: Target = {
  arch: 'x86_64',
  mark: 'CONFIG_X86_64',
  files: ['arch/x86/include/asm/pgtable_64_types.h', 'arch/x86/mm/init_64.c'],
  prelude: 'asm-x86',
  entryPoints: [],
  configuration: {
    CONFIG_X86_64: true,
    CONFIG_PGTABLE_LEVELS: true,
    CONFIG_X86_5LEVEL: true,
    CONFIG_DYNAMIC_MEMORY_LAYOUT: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
    CONFIG_ARCH_WANT_HUGETLB_PAGE_OPTIMIZE_VMEMMAP: true,
    CONFIG_RANDOMIZE_MEMORY: false,
    CONFIG_MITIGATION_PAGE_TABLE_ISOLATION: false,
    CONFIG_PAGE_TABLE_ISOLATION: false,
  },
};

const ARM64_PAGES: Readonly<Record<number, string>> = { 4096: '4K', 16384: '16K', 65536: '64K' };
/** MAX_PHYSMEM_BITS of a kernel built for addresses of 48 bits, and of one for more. */
const ARM64_PA_BITS = 48;
const ARM64_PA_BITS_52 = 52;

const ARM64: Target = {
  arch: 'arm64',
  mark: 'CONFIG_ARM64',
  files: [
    ...['memory', 'kernel-pgtable', 'pgtable-hwdef', 'pgtable-prot', 'pgtable'].map(
      (h) => `arch/arm64/include/asm/${h}.h`,
    ),
    'arch/arm64/mm/mmu.c',
  ],
  prelude: 'asm-arm64',
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

const S390: Target = {
  arch: 's390',
  mark: 'CONFIG_S390',
  files: [...['sparsemem', 'pgtable', 'pgalloc'].map((h) => `arch/s390/include/asm/${h}.h`), 'arch/s390/mm/vmem.c'],
  prelude: 'asm-s390',
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_S390: true,
    CONFIG_MEM_SOFT_DIRTY: false,
    CONFIG_PGSTE: false,
  },
};

const POWERPC = 'arch/powerpc/include/asm';
const BOOK3S_64 = `${POWERPC}/book3s/64`;

const PPC64: Target = {
  arch: 'ppc64',
  mark: 'CONFIG_PPC_BOOK3S_64',
  files: [
    ...['sparsemem', 'page_64', 'pgtable-masks'].map((h) => `${POWERPC}/${h}.h`),
    ...['hash-4k', 'hash-64k', 'radix-4k', 'radix-64k', 'hash', 'mmu-hash', 'radix', 'pgtable', 'pgalloc'].map(
      (h) => `${BOOK3S_64}/${h}.h`,
    ),
    ...['hash-pkey', 'pkeys'].map((h) => `${BOOK3S_64}/${h}.h`),
    ...['hash_utils', 'hash_pgtable', 'radix_pgtable', 'pgtable'].map((c) => `arch/powerpc/mm/book3s64/${c}.c`),
    'arch/powerpc/mm/init_64.c',
  ],
  conditions: {
    [`${BOOK3S_64}/hash-4k.h`]: '!defined(CONFIG_PPC_64K_PAGES)',
    [`${BOOK3S_64}/radix-4k.h`]: '!defined(CONFIG_PPC_64K_PAGES)',
    [`${BOOK3S_64}/hash-64k.h`]: 'defined(CONFIG_PPC_64K_PAGES)',
    [`${BOOK3S_64}/radix-64k.h`]: 'defined(CONFIG_PPC_64K_PAGES)',
  },
  prelude: 'asm-powerpc',
  entryPoints: ['PAGE_KERNEL', 'vmemmap_list', 'vmemmap_backing', 'MMU_SEGSIZE_256M', 'MMU_SEGSIZE_1T', 'pmd_pte'],
  seams: ['htab_bolt_mapping', 'vmemmap_alloc_block', 'vmemmap_list_alloc'],
  configuration: {
    CONFIG_PPC64: true,
    CONFIG_PPC_BOOK3S_64: true,
    CONFIG_PPC_RADIX_MMU: true,
    CONFIG_PPC_64S_HASH_MMU: true,
    CONFIG_HAVE_ARCH_PFN_VALID: false,
    CONFIG_DEBUG_PAGEALLOC: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
  },
  of: ({ pageSize }) => ({ CONFIG_PPC_64K_PAGES: pageSize === 65536, CONFIG_PPC_4K_PAGES: pageSize === 4096 }),
};

const RISCV64: Target = {
  arch: 'riscv64',
  mark: 'CONFIG_RISCV',
  files: [
    ...['sparsemem', 'pgtable-bits', 'pgtable-64', 'pgtable', 'cacheflush'].map((h) => `arch/riscv/include/asm/${h}.h`),
    ...['pgtable', 'init'].map((c) => `arch/riscv/mm/${c}.c`),
  ],
  prelude: 'asm-riscv',
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_RISCV: true,
    CONFIG_SWAP: false,
    CONFIG_SPLIT_PTE_PTLOCKS: false,
    CONFIG_SPLIT_PMD_PTLOCKS: false,
    CONFIG_SHADOW_CALL_STACK: false,
    CONFIG_RISCV_ISA_SVNAPOT: false,
    CONFIG_NUMA_BALANCING: false,
    CONFIG_IOMMU_SUPPORT: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
  },
  of: ({ theadMemoryTypes }) => ({ CONFIG_ERRATA_THEAD_MAE: theadMemoryTypes ?? false }),
};

const LOONGARCH64: Target = {
  arch: 'loongarch64',
  mark: 'CONFIG_LOONGARCH',
  files: [...['sparsemem', 'pgtable-bits'].map((h) => `arch/loongarch/include/asm/${h}.h`), 'arch/loongarch/mm/init.c'],
  prelude: 'asm-loongarch',
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_LOONGARCH: true,
    CONFIG_32BIT: false,
  },
  of: ({ pagingLevels = 3 }) => ({ CONFIG_PGTABLE_LEVELS: pagingLevels }),
};

export const TARGETS: readonly Target[] = [X86_64, ARM64, S390, PPC64, RISCV64, LOONGARCH64];

/** @throws TreeError for an architecture whose code trees do not run yet */
export function targetOf(arch: string): Target {
  const target = TARGETS.find((t) => t.arch === arch);
  if (target !== undefined) return target;
  throw new TreeError(`trees run for ${TARGETS.map((t) => t.arch).join(', ')}, not for ${arch}`, true);
}
