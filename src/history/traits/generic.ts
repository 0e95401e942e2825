// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** mm/sparse.c, mm/sparse-vmemmap.c, and the checks of mm/memory_hotplug.c that stand before them. */
export const GENERIC_TRAITS = {
  genericSubsections: {
    name: 'generic/subsections',
    since: 'since Linux commit ba72b4c8cf60 (mm/sparsemem: support sub-section hotplug) in v5.3',
    from: '5.3',
    effect:
      'Memory is added and removed in subsections of 2 MiB, and a failed add runs vmemmap_free() over its range; before, in whole sections, a section that is there was taken for success, and what a failed add had mapped stayed.',
    confidence: 'source',
    read: ALL_TREES,
  },
  genericSectionMapReset: {
    name: 'generic/section-map-reset',
    since: 'since Linux commit 1f503443e7df (mm/sparse: reset section’s mem_map when fully deactivated) in v5.6',
    from: '5.6',
    effect: 'A section without subsections has section_mem_map 0; before, it kept the encoding of its number.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  zoneDeviceEverywhere: {
    name: 'generic/zone-device-everywhere',
    since: 'since Linux commit d438d2734170 (mm: remove devmap related functions and page table bits) in v6.17',
    from: '6.17',
    effect:
      'CONFIG_ZONE_DEVICE can be set on every architecture with memory hot-plug; before, on those with ARCH_HAS_PTE_DEVMAP, so not on s390.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  nvdimmChecksStart: {
    name: 'nvdimm/checks-start',
    since: 'since Linux commit 6acd7d5ef264 (libnvdimm/namespace: Enforce memremap_compat_align()) in v5.7',
    from: '5.7',
    effect:
      'A namespace that starts at no multiple of a subsection is refused by the driver, and not by memremap_pages().',
    confidence: 'memory',
    read: ALL_TREES,
  },
  nvdimmAvoidsRegions: {
    name: 'nvdimm/avoids-regions',
    since: 'since Linux commit ae86cbfef381 (libnvdimm, pfn: Pad pfn namespaces relative to other regions) in v4.20',
    from: '4.20',
    until: '5.3',
    ended: 'until Linux commit a3619190d62e (libnvdimm/pfn: stop padding pmem namespaces to section alignment) in v5.3',
    effect:
      'A namespace that shares a section with another region is cut, too; before, only one that shares it with System RAM.',
    confidence: 'source',
    read: ALL_TREES,
  },
  genericEarlyMemmapStays: {
    name: 'generic/early-memmap-stays',
    since: 'since Linux commit ef69bc9f689d (mm/sparse: never partially remove memmap for early section) in v5.9',
    from: '5.9',
    effect:
      'A device that shares a section with boot memory leaves the memmap, which is of the boot, as it is; before, its part of it was unmapped when the device went, and not made again when it came back.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  addPagesChecksRange: {
    name: 'generic/add-pages-checks-range',
    since: 'since Linux commit dca4436d1cf9 (mm/memory_hotplug.c: add a bounds check to __add_pages()) in v5.5',
    from: '5.5',
    until: '5.12',
    ended:
      'until Linux commit bca3feaa0764 (mm/memory_hotplug: prevalidate the address range being added with platform) in v5.12',
    effect:
      '__add_pages() refuses a range that ends beyond the physical address space with -E2BIG, before it looks at altmap and alignment.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  callersCheckRange: {
    name: 'generic/callers-check-range',
    since:
      'since Linux commit bca3feaa0764 (mm/memory_hotplug: prevalidate the address range being added with platform) in v5.12',
    from: '5.12',
    effect:
      'A range that the linear mapping or the physical address space has no room for is refused before anything is claimed: add_memory() with -E2BIG, memremap_pages() with -EINVAL.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  genericHugepagesLoop: {
    name: 'generic/hugepages-loop',
    since: 'since Linux commit 2045a3b8911b (mm/sparse-vmemmap: generalise vmemmap_populate_hugepages()) in v6.2',
    from: '6.2',
    effect:
      'x86_64 and arm64 share one loop, which fails where the altmap has no room for a leaf; before, arm64 fell back to base pages of the altmap.',
    confidence: 'source',
    read: ALL_TREES,
  },
  genericRemoveChecksInSparse: {
    name: 'generic/remove-checks-in-sparse',
    since: 'since a clean-up between v6.1 and v6.12 that dissolved __remove_section() (commit not looked up)',
    from: '6.3',
    effect: 'Removing a section without a memmap warns in sparse_remove_section(); before, in __remove_section().',
    confidence: 'memory',
    read: ALL_TREES,
  },
  hotplugHexEnd: {
    name: 'generic/misaligned-end-in-hex',
    since: 'since a correction posted in May 2023 (commit not looked up) in v6.5',
    from: '6.5',
    effect: 'The warning on a misaligned range prints its end as 0x…; before, as #….',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  daxTailReuse: {
    name: 'dax/tail-reuse',
    since: 'since Linux commit 4917f55b4ef9 (mm/sparse-vmemmap: improve memory savings for compound devmaps) in v5.19',
    from: '5.19',
    effect:
      'The memmap of compound device pages is folded to a head page and a tail page each; before, it was populated in full.',
    confidence: 'source',
    read: ALL_TREES,
  },
  devicePagesWithoutReferences: {
    name: 'dax/pages-without-references',
    since: 'since Linux commit 27674ef6c73f (mm: remove the extra ZONE_DEVICE struct page refcount) in v5.18',
    from: '5.18',
    effect:
      'Unmapping a device reads its first struct page only; before, it dropped a reference of every page, so every struct page had to be mapped.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  daxCompoundPages: {
    name: 'dax/compound-pages',
    since: 'since Linux commit c4386bd8ee3a (mm/memremap: add ZONE_DEVICE support for compound pages) in v5.17',
    from: '5.17',
    effect:
      'Device pages may be compound, and the last one is initialised whole, also where it ends behind the range; before, each page was initialised alone.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  daxRefusesLargeOrders: {
    name: 'dax/refuses-large-orders',
    since:
      'since “mm/memremap: reject unreasonable folio/compound page sizes in memremap_pages()” (hash not looked up) in v6.18',
    from: '6.18',
    effect: 'Compound device pages of more than 16 GiB are refused with -EINVAL and a warning.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  daxArchOptIn: {
    name: 'dax/arch-opt-in',
    since: 'since Linux commit 87a7ae75d738 (mm/vmemmap/devdax: fix kernel crash when probing devdax devices) in v6.3',
    from: '6.3',
    backported: { '6.1': { by: 192 } },
    effect:
      'The memmap of compound device pages is folded only on architectures that ask for it; before, on all, also under the hash MMU, which reads no page table.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  daxOptimizeNeedsMoreThanReserve: {
    name: 'dax/optimize-needs-more-than-reserve',
    since:
      'since Linux commit c1a6c536fb08 (mm/vmemmap: improve vmemmap_can_optimize and allow architectures to override) in v6.6',
    from: '6.6',
    backported: { '6.1': { by: 192 } },
    effect:
      'The memmap of a compound page is folded only when it takes more than the two vmemmap pages that are kept; before, whenever the geometry is compound.',
    confidence: 'source',
    read: ALL_TREES,
  },
  countNrMemmap: {
    name: 'count/nr-memmap',
    since: 'since Linux commit 15995a352474 (mm: report per-page metadata information) in v6.11',
    from: '6.11',
    effect:
      'Pages of memmap are counted in nr_memmap, those of the boot apart: as many as the range needs, whatever is really allocated. They are added when populating succeeded, and subtracted also when a failed add is undone, so the counter loses what it never had.',
    confidence: 'source',
    read: ALL_TREES,
  },
  countInHelpers: {
    name: 'count/in-helpers',
    since:
      'since the series “mm: Fix vmemmap optimization accounting and initialization” (final commit not established) in v7.2',
    from: '7.2',
    backported: { '6.12': 101 },
    effect:
      'The lowest helpers count, before the result is known and on the way back, so both balance; and a folded compound page counts as two pages of memmap, before as all of them.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
} as const satisfies Record<string, Trait>;
