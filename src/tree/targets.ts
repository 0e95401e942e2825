// SPDX-License-Identifier: GPL-2.0-only

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
  /** Kconfig names beside {@link GENERIC_CONFIGURATION}. */
  readonly configuration: Readonly<Record<string, boolean>>;
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
};

const X86_64: Target = {
  arch: 'x86_64',
  mark: 'CONFIG_X86_64',
  files: ['arch/x86/include/asm/pgtable_64_types.h', 'arch/x86/mm/init_64.c'],
  prelude: 'asm-x86',
  entryPoints: [],
  configuration: {
    CONFIG_X86_64: true,
    CONFIG_X86_5LEVEL: true,
    CONFIG_DYNAMIC_MEMORY_LAYOUT: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
    CONFIG_ARCH_WANT_HUGETLB_PAGE_OPTIMIZE_VMEMMAP: true,
    CONFIG_RANDOMIZE_MEMORY: false,
    CONFIG_MITIGATION_PAGE_TABLE_ISOLATION: false,
    CONFIG_PAGE_TABLE_ISOLATION: false,
  },
};

export const TARGETS: readonly Target[] = [X86_64];

/** @throws TreeError for an architecture whose code trees do not run yet */
export function targetOf(arch: string): Target {
  const target = TARGETS.find((t) => t.arch === arch);
  if (target !== undefined) return target;
  throw new TreeError(`trees run for ${TARGETS.map((t) => t.arch).join(', ')}, not for ${arch}`);
}
