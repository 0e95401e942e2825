// SPDX-License-Identifier: GPL-2.0-only

/**
 * A trait is one behaviour that some releases have and others do not. Releases are sets of traits; code asks for a
 * trait and never for a version.
 */

/** How well the row is known: read in a source tree or patch, or from memory with the exact commit not looked up. */
export type Confidence = 'source' | 'memory';

export interface Trait {
  /** Name as people say it: room/behaviour. */
  readonly name: string;
  /** "since Linux commit <12 hex> (title) in vX.Y", or what is known of it. */
  readonly since: string;
  /** First mainline release that has it, and the first that has it no more. */
  readonly from: string;
  readonly until?: string;
  /** What differs, in one sentence. */
  readonly effect: string;
  readonly confidence: Confidence;
}

export const TRAITS = {
  x86SplitPmdTakesAltmap: {
    name: 'x86/split-pmd-takes-altmap',
    since: 'since Linux commit 2045a3b8911b (mm/sparse-vmemmap: generalise vmemmap_populate_hugepages()) in v6.2',
    from: '6.2',
    effect:
      'Base pages in a PMD that is already split to a table come from the altmap; before, from system memory. The free path still hands them to the page allocator.',
    confidence: 'source',
  },
  genericHugepagesLoop: {
    name: 'generic/hugepages-loop',
    since: 'since Linux commit 2045a3b8911b (mm/sparse-vmemmap: generalise vmemmap_populate_hugepages()) in v6.2',
    from: '6.2',
    effect:
      'x86_64 and arm64 share one loop, which fails where the altmap has no room for a leaf; before, arm64 fell back to base pages of the altmap.',
    confidence: 'source',
  },
  arm64SubsectionBasePages: {
    name: 'arm64/subsection-base-pages',
    since:
      'since Linux commit d4234d131b0a (arm64: mm: Populate vmemmap at the page level if not section aligned) in v6.14',
    from: '6.14',
    effect:
      'Less than a section is mapped with base pages; before, with blocks that the removal of a neighbour takes away.',
    confidence: 'source',
  },
  arm64SectNormalWrite: {
    name: 'arm64/sect-normal-write',
    since: 'since a change of PROT_SECT_NORMAL between v6.1 and v6.12 (commit not looked up)',
    from: '6.3',
    effect: 'Block entries of the vmemmap carry the dirty bit modifier (bit 51), as page entries do.',
    confidence: 'memory',
  },
  arm64ExactRegion: {
    name: 'arm64/exact-region',
    since:
      'since Linux commit 32697ff38287 (arm64: vmemmap: Avoid base2 order of struct page size to dimension region) in v6.9',
    from: '6.9',
    effect:
      'The vmemmap region has just the size that the linear map needs and ends 1 GiB below the top; before, it was sized by powers of two.',
    confidence: 'source',
  },
  daxOptimizeNeedsMoreThanReserve: {
    name: 'dax/optimize-needs-more-than-reserve',
    since:
      'since Linux commit c1a6c536fb08 (mm/vmemmap: improve vmemmap_can_optimize and allow architectures to override) in v6.6',
    from: '6.6',
    effect:
      'The memmap of a compound page is folded only when it takes more than the two vmemmap pages that are kept; before, whenever the geometry is compound.',
    confidence: 'source',
  },
  ppc64RadixOwnTables: {
    name: 'radix/own-tables',
    since:
      'since Linux commit 368a0590d954 (powerpc/book3s64/vmemmap: switch radix to use a different vmemmap handling function) in v6.6',
    from: '6.6',
    effect:
      'Radix walks its tables for the vmemmap and falls back to base pages; before, it used blocks of 2 MiB noted in vmemmap_list as hash does.',
    confidence: 'source',
  },
  ppc64RadixPageAlignedStart: {
    name: 'radix/page-aligned-start',
    since:
      'since Linux commit 9cf7e13fecba (book3s64/radix : Align section vmemmap start address to PAGE_SIZE) in v6.15',
    from: '6.15',
    effect:
      'Populating starts at a page border, so a device that begins inside a page takes that page from system memory.',
    confidence: 'source',
  },
  s390Altmap: {
    name: 's390/altmap',
    since: 'since Linux commit 1a65b73ae9ab (s390/mm: allocate vmemmap pages from self-contained memory range) in v6.8',
    from: '6.8',
    effect: 'Leaves and base pages come from the altmap; before, it was silently ignored.',
    confidence: 'source',
  },
  daxArchOptIn: {
    name: 'dax/arch-opt-in',
    since: 'since Linux commit 87a7ae75d738 (mm/vmemmap/devdax: fix kernel crash when probing devdax devices) in v6.3',
    from: '6.3',
    effect: 'The memmap of compound device pages is folded only on architectures that ask for it; before, on all.',
    confidence: 'memory',
  },
  genericRemoveChecksInSparse: {
    name: 'generic/remove-checks-in-sparse',
    since: 'since a clean-up between v6.1 and v6.12 that dissolved __remove_section() (commit not looked up)',
    from: '6.3',
    effect: 'Removing a section without a memmap warns in sparse_remove_section(); before, in __remove_section().',
    confidence: 'memory',
  },
  hotplugHexEnd: {
    name: 'generic/misaligned-end-in-hex',
    since: 'since a correction between v6.1 and v6.12 (commit not looked up)',
    from: '6.3',
    effect: 'The warning on a misaligned range prints its end as 0x…; before, as #….',
    confidence: 'memory',
  },
  momFallbackToRam: {
    name: 'mom/fallback-to-ram',
    since:
      'since Linux commit 85a2b4b08f20 (mm/memory_hotplug: allow memmap on memory hotplug request to fallback) in v6.6',
    from: '6.6',
    effect:
      'memmap_on_memory that a block does not support leaves the memmap in system memory; before, the add failed with -EINVAL.',
    confidence: 'source',
  },
  momForce: {
    name: 'mom/force',
    since:
      'since Linux commit 2d1f649c7c08 (mm/memory_hotplug: support memmap_on_memory when memmap is not aligned to pageblocks) in v6.6',
    from: '6.6',
    effect:
      'memmap_on_memory=force rounds the pages set aside up to whole pageblocks; and altmap.free counts just these pages.',
    confidence: 'source',
  },
  momPerBlockAltmaps: {
    name: 'mom/per-block-altmaps',
    since:
      'since Linux commit 6b8f0798b85a (mm/memory_hotplug: split memmap_on_memory requests across memblocks) in v6.8',
    from: '6.8',
    effect:
      'A range of several blocks is added block by block, an altmap each; before, memmap_on_memory took ranges of one block only.',
    confidence: 'source',
  },
  kmemMemmapOnMemory: {
    name: 'mom/kmem',
    since: 'since Linux commit 4eca1ef24ba4 (dax/kmem: allow kmem to add memory with memmap_on_memory) in v6.8',
    from: '6.8',
    effect: 'Device memory given to the system may hold its own memmap, by a switch of the device.',
    confidence: 'memory',
  },
} as const satisfies Record<string, Trait>;

export type TraitKey = keyof typeof TRAITS;

/** The traits of one kernel, resolved once; code reads a plain boolean. */
export type Traits = Readonly<Record<TraitKey, boolean>>;
