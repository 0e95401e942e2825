// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** arch/arm64/mm/mmu.c and the layout of the kernel's address space. */
export const ARM64_TRAITS = {
  arm64HotAdd: {
    name: 'arm64/hot-add',
    since: 'since Linux commit 4ab215061554 (arm64: Add memory hotplug support) in v5.0',
    from: '5.0',
    effect: 'Memory can be added to a running kernel at all.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  arm64VmemmapAtTop: {
    name: 'arm64/vmemmap-at-top',
    since: 'since Linux commit 14c127c957c1 (arm64: mm: Flip kernel VA space) in v5.4',
    from: '5.4',
    effect: 'The vmemmap lies at the top of the address space; before, just below the linear map.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  arm64PageKernelClean: {
    name: 'arm64/page-kernel-clean',
    since:
      'since Linux commit aa57157be69f (arm64: Ensure VM_WRITE|VM_SHARED ptes are clean by default) in v5.4, as the change that ended it says',
    from: '5.4',
    until: '7.0',
    endedIn: { '5.10': { by: 262 }, '6.1': { by: 192 }, '6.12': { by: 95 }, '6.19': { by: 14 } },
    ended: 'until Linux commit c25c4aa3f79a (arm64: mm: Add PTE_DIRTY back to PAGE_KERNEL*) in v7.0',
    effect: 'Page entries of the vmemmap lack the software dirty bit (bit 55).',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  arm64PtdumpShowsHoles: {
    name: 'arm64/ptdump-shows-holes',
    since: 'since Linux commit 102f45fdbe5f (arm64: mm: convert mm/dump.c to use walk_page_range()) in v5.6',
    from: '5.6',
    effect: 'kernel_page_tables has a line for a range that nothing maps; before, it left such ranges out.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  arm64HotRemove: {
    name: 'arm64/free',
    since: 'since Linux commit bbd6ec605c0f (arm64/mm: Enable memory hot remove) in v5.7',
    from: '5.7',
    effect:
      'vmemmap_free() unmaps every entry of the range and frees the whole leaf, whatever part of it the range covers; before, it did nothing.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64Altmap: {
    name: 'arm64/altmap',
    since: 'since Linux commit eee07935bb52 (arm64/mm: enable vmem_altmap support for vmemmap mappings) in v5.9',
    from: '5.9',
    effect: 'Populating and freeing honour the altmap; before, it was silently ignored.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64BasePagesFallBack: {
    name: 'arm64/base-pages-fall-back',
    since:
      'since Linux commit 9f84f39f5515 (arm64/mm: add fallback option to allocate virtually contiguous memory) in v5.11',
    from: '5.11',
    effect:
      'Where there is no memory for a block, base pages serve, of the altmap if there is one; before, populating failed.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64ProjectedRegion: {
    name: 'arm64/projected-region',
    since:
      'since Linux commit 8c96400d6a39 (arm64: mm: make vmemmap region a projection of the linear region) in v5.11',
    from: '5.11',
    effect: 'Where the vmemmap starts follows from the linear map alone; before, the region ended 2 MiB below the top.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64ChecksLinearRegion: {
    name: 'arm64/checks-linear-region',
    since: 'since Linux commit 58284a901b42 (arm64/mm: Validate hotplug range before creating linear mapping) in v5.11',
    from: '5.11',
    until: '5.12',
    ended:
      'until Linux commit bca3feaa0764 (mm/memory_hotplug: prevalidate the address range being added with platform) in v5.12, with the architecture’s answer beside it',
    backported: { '5.10': { by: 262 } },
    effect: 'arch_add_memory() refuses what the linear map has no room for with -EINVAL.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  arm64SmallSections: {
    name: 'arm64/small-sections',
    since: 'since Linux commit f0b13ee23241 (arm64/sparsemem: reduce SECTION_SIZE_BITS) in v5.12',
    from: '5.12',
    effect:
      'Sections of 128 MiB (512 MiB with 64K pages); before, of 1 GiB, whose memmap always filled whole blocks of 2 MiB.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64FoldsHugetlb: {
    name: 'arm64/hvo',
    since: 'since Linux commit 1e63ac088f20 (arm64: mm: hugetlb: enable HUGETLB_PAGE_FREE_VMEMMAP for arm64) in v5.19',
    from: '5.19',
    until: '6.3',
    endedIn: { '6.1': { by: 192 } },
    ended: 'until Linux commit 060a2c92d1b6 (arm64: mm: hugetlb: Disable HUGETLB_PAGE_OPTIMIZE_VMEMMAP) in v6.3',
    effect: 'The vmemmap of a HugeTLB page may be folded (ARCH_WANT_HUGETLB_PAGE_OPTIMIZE_VMEMMAP).',
    confidence: 'memory',
    read: ALL_TREES,
  },
  arm64SectNormalWrite: {
    name: 'arm64/sect-normal-write',
    since: 'since a change of PROT_SECT_NORMAL between v6.1 and v6.12 (commit not looked up)',
    from: '6.3',
    effect: 'Block entries of the vmemmap carry the dirty bit modifier (bit 51), as page entries do.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  arm64ExactRegion: {
    name: 'arm64/exact-region',
    since:
      'since Linux commit 32697ff38287 (arm64: vmemmap: Avoid base2 order of struct page size to dimension region) in v6.9',
    from: '6.9',
    effect:
      'The vmemmap region has just the size that the linear map needs and ends 1 GiB below the top; before, it was sized by powers of two.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64SubsectionBasePages: {
    name: 'arm64/subsection-base-pages',
    since:
      'since Linux commit d4234d131b0a (arm64: mm: Populate vmemmap at the page level if not section aligned) in v6.14',
    from: '6.14',
    backported: { '6.1': { by: 192 }, '6.12': 20 },
    effect:
      'Less than a section is mapped with base pages; before, with blocks that the removal of a neighbour takes away.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64OfflineNeedsWholeLeaves: {
    name: 'arm64/offline-needs-whole-leaves',
    since:
      'since Linux commit 95a58852b0e5 (arm64/mm: Reject memory removal that splits a kernel leaf mapping) in v7.1',
    from: '7.1',
    effect:
      'Pages whose memmap begins or ends inside a leaf do not go offline, -EPERM; before, they did, and removal took the leaf from its neighbour too.',
    confidence: 'source',
    read: ALL_TREES,
  },
  arm64CheckPmdLeaf: {
    name: 'arm64/check-pmd-leaf',
    since:
      'since a series of 2026 (arm64/mm: drop vmemmap_pmd helpers and use generic code; final commit not established) in v7.2',
    from: '7.2',
    effect:
      'An existing table is given the base pages that it lacks, and a block entry is PAGE_KERNEL, with the software dirty bit; before, any entry counted as mapped.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
} as const satisfies Record<string, Trait>;
