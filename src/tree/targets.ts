// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../../arch/tree-target.js';
import { ARCHITECTURES } from '../scenario/names.js';
import { TreeError } from './tree-error.js';

/** What of a tree makes the memmap, on every architecture: files, entry points, configuration. */

/** Values of Kconfig names: set or not. */
export type Configuration = ReadonlyMap<string, boolean>;

/** What of a tree makes the memmap of one architecture beside that. */
export interface Target extends TreeTarget {
  readonly arch: string;
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

export const TARGETS: readonly Target[] = ARCHITECTURES.flatMap(({ name, tree }) =>
  tree === undefined ? [] : [{ ...tree, arch: name }],
);

/** @throws TreeError for an architecture whose code trees do not run yet */
export function targetOf(arch: string): Target {
  const target = TARGETS.find((t) => t.arch === arch);
  if (target !== undefined) return target;
  throw new TreeError(`trees run for ${TARGETS.map((t) => t.arch).join(', ')}, not for ${arch}`, true);
}
