// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** arch/powerpc/mm/init_64.c, for both MMUs, and arch/powerpc/mm/book3s64/radix_pgtable.c. */
export const PPC64_TRAITS = {
  ppc64AltmapFallbackRam: {
    name: 'ppc64/altmap-fallback-ram',
    since: 'since Linux commit 9ef34630a461 (powerpc/mm: Fallback to RAM if the altmap is unusable) in v5.1',
    from: '5.1',
    effect:
      'Where the altmap has no room a block comes from system memory, and freeing tells the two apart by the frame; before, adding failed and freeing believed the caller.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  ppc64KernelRegions0xc: {
    name: 'ppc64/hash-regions-0xc',
    since:
      'since Linux commit 0034d395f89d (powerpc/mm/hash64: Map all the kernel regions in the same 0xc range) in v5.2',
    from: '5.2',
    effect: 'Under the hash MMU the vmemmap lies at 0xc00c… (0xc000… with 4K pages); before, at 0xf000….',
    confidence: 'memory',
    read: ALL_TREES,
  },
  ppc64RadixLeaf2M: {
    name: 'radix/2M-leaf',
    since: 'since Linux commit 89a3496e0664 (powerpc/mm/radix: Use the right page size for vmemmap mapping) in v5.3',
    from: '5.3',
    effect: 'The vmemmap is mapped with leaves of 2 MiB under radix; before, with base pages.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64AltmapBoundary: {
    name: 'ppc64/altmap-boundary',
    since: 'since Linux commit cf387d9644d8 (libnvdimm/altmap: Track namespace boundaries in altmap) in v5.4',
    from: '5.4',
    effect:
      'A block that would describe frames outside the device is taken from system memory; before, from its altmap.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64SubsectionValidity: {
    name: 'ppc64/subsection-validity',
    since:
      'since Linux commit 5f5d6e40a01e (powerpc/nvdimm: Update vmemmap_populated to check sub-section range) in v5.5',
    from: '5.5',
    effect: 'A block counts as mapped if any subsection in it is valid; before, if a section begins with valid memory.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64RadixFreesPudTable: {
    name: 'radix/frees-pud-table',
    since: 'since Linux commit 9ce8853b4a73 (powerpc/mm/radix: Free PUD table when freeing pagetable) in v5.9',
    from: '5.9',
    effect: 'An empty PUD table is freed; before, it stayed.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64Hash4KBase: {
    name: 'ppc64/hash-4k-base',
    since: 'since a change of the region layout in v5.10 (commit not looked up)',
    from: '5.10',
    effect: 'With 4K pages under the hash MMU the vmemmap lies at 0xc0003f…; before, at 0xc00012….',
    confidence: 'memory',
    read: ALL_TREES,
  },
  ppc64NodeFailureUndone: {
    name: 'ppc64/node-failure-undone',
    since:
      'since Linux commit ccaea15296f9 (powerpc/vmemmap: Fix memory leak with vmemmap list allocation failures) in v5.10',
    from: '5.10',
    effect:
      'Without memory for a list node the block is given back and populating fails; before, the block was mapped and nobody could find it again.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64HashKernelKey: {
    name: 'ppc64/hash-kernel-key',
    since:
      'since Linux commit d94b827e89dc (powerpc/book3s64/kuap: Use Key 3 for kernel mapping with hash translation) in v5.11',
    from: '5.11',
    effect:
      'Bolted entries of the vmemmap have the storage key of the kernel, 3, where KUAP or KUEP is on; before, key 0.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  ppc64PtdumpJoinsFrames: {
    name: 'ppc64/ptdump-joins-frames',
    since: 'since Linux commit e084728393a5 (powerpc/ptdump: Convert powerpc to GENERIC_PTDUMP) in v5.15',
    from: '5.15',
    effect:
      'kernel_page_tables joins neighbours of the same flags in one line and tells the first frame; before, lines also ended where frames do not continue.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  ppc64PtdumpNamesLevel: {
    name: 'ppc64/ptdump-names-level',
    since: 'since Linux commit 3d44be297e7e (kernel_page_tables of powerpc names the level of a line) in v6.19',
    from: '6.19',
    effect: 'kernel_page_tables says PGD, PUD, PMD or PTE behind the size of a range; before, nothing.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  ppc64LastBlockInAltmap: {
    name: 'ppc64/last-block-in-altmap',
    since: 'since Linux commit c8eebc4a99f1 (powerpc/mm/altmap: off by one in the boundary test) in v6.5',
    from: '6.5',
    backported: { '5.10': 188, '6.1': { by: 192 } },
    effect: 'The last block of a device comes from its altmap; before, an off-by-one took it from system memory.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  ppc64AltEndExact: {
    name: 'ppc64/alt-end-exact',
    since: 'since Linux commit 6722b2571205 (powerpc/mm/altmap: Fix altmap boundary check) in v6.5',
    from: '6.5',
    backported: { '5.10': 190, '6.1': { by: 192 }, '6.4': 10 },
    effect:
      'Frames up to base + reserve + free belong to the altmap; before, alloc + align were added once more, and frames behind it counted as its own.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64RadixOwnTables: {
    name: 'radix/own-tables',
    since:
      'since Linux commit 368a0590d954 (powerpc/book3s64/vmemmap: switch radix to use a different vmemmap handling function) in v6.6',
    from: '6.6',
    effect:
      'Radix walks its tables for the vmemmap, falls back to base pages, and folds compound pages by its own rule; before, it used blocks of 2 MiB noted in vmemmap_list as hash does.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64RadixPageAlignedStart: {
    name: 'radix/page-aligned-start',
    since:
      'since Linux commit 9cf7e13fecba (book3s64/radix : Align section vmemmap start address to PAGE_SIZE) in v6.15',
    from: '6.15',
    backported: { '6.12': 28 },
    effect:
      'Populating starts at a page border and a leaf needs an aligned address; before, a device that begins inside a page took that page from its altmap, and without altmap a leaf was made wherever the range began.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64RadixRamLeafAlways: {
    name: 'radix/ram-leaf-always',
    since: 'since Linux commit f5164797284d (book3s64/radix : Optimize vmemmap start alignment) in v6.17',
    from: '6.17',
    effect: 'Without altmap populating starts at a border of 2 MiB, so a leaf is always tried.',
    confidence: 'source',
    read: ALL_TREES,
  },
  ppc64RadixCompoundByAddress: {
    name: 'radix/compound-position-by-address',
    since:
      'since a fix of 2026 (powerpc/mm: fix wrong addr_pfn tracking in compound vmemmap population; final commit not established) in v7.3, perhaps v7.2',
    from: '7.3',
    backported: { '6.12': 110, '7.2': { by: 6 } },
    effect:
      'Where an address lies in its compound page is told by the address; before, by a counter that went one pfn on for each page of vmemmap.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
} as const satisfies Record<string, Trait>;
