// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** mm/memory_hotplug.c and drivers/base/memory.c: what is above sections. */
export const MEMORY_HOTPLUG_TRAITS = {
  momOneBlock: {
    name: 'mom/one-block',
    since: 'since Linux commit a08a2ae34613 (mm,memory_hotplug: allocate memmap from the added memory range) in v5.13',
    from: '5.13',
    effect: 'memmap_on_memory exists: a range of one block may hold its own memmap; before, nothing did.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momFallbackToRam: {
    name: 'mom/fallback-to-ram',
    since:
      'since Linux commit 85a2b4b08f20 (mm/memory_hotplug: allow memmap on memory hotplug request to fallback) in v6.6',
    from: '6.6',
    effect:
      'memmap_on_memory that a block does not support leaves the memmap in system memory; before, the add failed with -EINVAL.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momForce: {
    name: 'mom/force',
    since:
      'since Linux commit 2d1f649c7c08 (mm/memory_hotplug: support memmap_on_memory when memmap is not aligned to pageblocks) in v6.6',
    from: '6.6',
    effect:
      'memmap_on_memory=force rounds the pages set aside up to whole pageblocks; and altmap.free counts just these pages.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momRadix: {
    name: 'mom/radix',
    since: 'since Linux commit 603fd64dfa45 (powerpc/book3s64/memhotplug: enable memmap on memory for radix) in v6.6',
    from: '6.6',
    effect: 'ppc64 under radix may hold the memmap of a block in the block.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momS390: {
    name: 'mom/s390',
    since: 'since Linux commit 9eda317c15ff (s390: enable MHP_MEMMAP_ON_MEMORY) in v6.8',
    from: '6.8',
    effect: 's390 may hold the memmap of a block in the block.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momPerBlockAltmaps: {
    name: 'mom/per-block-altmaps',
    since:
      'since Linux commit 6b8f0798b85a (mm/memory_hotplug: split memmap_on_memory requests across memblocks) in v6.8',
    from: '6.8',
    effect:
      'A range of several blocks is added block by block, an altmap each; before, memmap_on_memory took ranges of one block only.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momWithHvo: {
    name: 'mom/with-hvo',
    since:
      'since Linux commit 66361095129b (mm: memory_hotplug: make hugetlb_optimize_vmemmap compatible with memmap_on_memory) in v6.0',
    from: '6.0',
    effect:
      'A block may hold its memmap though the vmemmap of HugeTLB pages is optimised, which leaves such a memmap alone; before, one excluded the other.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momAltmapInBlock: {
    name: 'mom/altmap-in-block',
    since: 'since Linux commit 1a8c64e11043 (mm/memory_hotplug: embed vmem_altmap details in memory block) in v6.6',
    from: '6.6',
    effect:
      'A block keeps its altmap until it is removed, so removal knows base and end, and warns if pages are still out; before, removal made an altmap of which only alloc was set.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momForceReadsBack: {
    name: 'mom/force-reads-back',
    since: 'since Linux commit 11684134140b (mm/memory_hotplug: fix memmap_on_memory sysfs value retrieval) in v6.8',
    from: '6.8',
    effect: 'The parameter reads "force" where it was set so; before, "Y".',
    confidence: 'memory',
    read: ALL_TREES,
  },
  momErrorPathPassesAltmap: {
    name: 'mom/error-path-passes-altmap',
    since: 'since Linux commit f42ce5f087eb (mm/memory_hotplug: fix error handling in add_memory_resource()) in v6.7',
    from: '6.7',
    until: '6.8',
    backported: { '6.1': { by: 192 } },
    ended:
      'until Linux commit 6b8f0798b85a (mm/memory_hotplug: split memmap_on_memory requests across memblocks) in v6.8',
    effect:
      'When the memory block cannot be created, the altmap goes along to arch_remove_memory(); before, pages of the added memory went to the page allocator.',
    confidence: 'source',
    read: ALL_TREES,
  },
  momPerBlockErrorPathPassesAltmap: {
    name: 'mom/per-block-error-path-passes-altmap',
    since:
      'since “mm/memory_hotplug: fix incorrect altmap passing in error path” (final commit not established) in v7.2',
    from: '7.2',
    backported: { '6.12': 97 },
    effect:
      'When a later block of a range cannot be created, its altmap goes along to arch_remove_memory(); since ranges of several blocks came, it had been forgotten again.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  blockAltmapSetLast: {
    name: 'block/altmap-set-last',
    since: 'since Linux commit a2b8d7827f48 (the altmap of a block is set when the block device is stored) in v7.2',
    from: '7.2',
    backported: { '6.12': 95, '7.1': 2 },
    effect:
      'A memory block that could not be created is released without an altmap; before, releasing it warned that its altmap was still set.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  blockReferenceDropped: {
    name: 'block/reference-dropped',
    since: 'since Linux commit 93866f55f7e2 (remove_memory_blocks_and_altmaps() drops its block reference) in v7.1',
    from: '7.1',
    backported: { '6.12': 92 },
    effect: 'Removing a block that holds its memmap releases its device; since v6.8 a reference to it had been left.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  prepareOnlineNotifier: {
    name: 'block/prepare-online-notifier',
    since:
      'since Linux commit c5f1e2d18909 (mm/memory_hotplug: introduce MEM_PREPARE_ONLINE/MEM_FINISH_OFFLINE notifiers) in v6.8',
    from: '6.8',
    until: '6.19',
    ended: 'until Linux commit 300709fbefd1 (the notifiers are removed) in v6.19',
    effect:
      'Others hear before a block goes online and after it went offline, so that memory which is not reachable before can be made so.',
    confidence: 'source',
    read: ALL_TREES,
  },
  nodeOnlineFirst: {
    name: 'node/online-first',
    since:
      'since “mm/memory_hotplug: activate node before adding new memory blocks” (final commit not established) in v6.19',
    from: '6.19',
    effect:
      'A node that gets its first memory is online and registered before the memmap and the blocks are made, and goes again when one of them fails; before, it came last and was never taken back.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  nodeDataKept: {
    name: 'node/data-kept',
    since: 'since Linux commit 09f49dca570a (mm: handle uninitialized numa nodes gracefully) in v5.18',
    from: '5.18',
    effect:
      'The data of a node stay for ever; before, a failed add to a node that was not online freed them, and with them the zones of devices that are mapped there.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  removalFindsNode: {
    name: 'node/removal-finds-node',
    since:
      'since Linux commit e1c158e49566 (mm/memory_hotplug: remove nid parameter from remove_memory() and friends) in v5.15',
    from: '5.15',
    effect:
      'Removal asks the blocks for the node that may go offline with them; before, the caller named it, also for a range without blocks.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  momErrorPathWarns: {
    name: 'mom/error-path-warns',
    since: 'since altmap_free() (final commit not established) in v7.2',
    from: '7.2',
    effect:
      'When adding a block that holds its memmap fails, pages of its altmap that are still out are warned about; before, nobody looked.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  removeRangesAtOnce: {
    name: 'block/remove-ranges-at-once',
    since: 'since “mm/memory_hotplug: add offline_and_remove_memory_ranges()” (final commit not established) in v7.3',
    from: '7.3',
    effect:
      'offline_and_remove_memory() that cannot remove what it took offline warns, answers 0 and leaves the blocks offline; before, it logged that, brought them online again and answered the error.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  resourceSplitMovesChildren: {
    name: 'resource/split-moves-children',
    since:
      'since “resource: Improve child resource handling in release_mem_region_adjustable()” (final commit not established) in v6.18',
    from: '6.18',
    effect:
      'A resource that is split gives the children above the cut to its upper part, before it is known whether the lower one may shrink: if not, they are lost; before, all children stayed and the split was refused.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  spanSearchUsesOnlinePages: {
    name: 'span/search-uses-online-pages',
    since:
      "since Linux commit 7ce700bf11b5 (mm/memory_hotplug: don't access uninitialized memmaps in shrink_zone_span()) in v5.4",
    from: '5.4',
    effect: 'The search for the new end of a span stops at online pages; before, at any page that had a struct page.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  deviceSpansKept: {
    name: 'span/device-spans-kept',
    since:
      "since Linux commit 7ce700bf11b5 (mm/memory_hotplug: don't access uninitialized memmaps in shrink_zone_span()) in v5.4",
    from: '5.4',
    effect: 'The span of ZONE_DEVICE does not shrink when a device goes.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  shrinkSpanAtOffline: {
    name: 'span/shrink-at-offline',
    since: 'since Linux commit feee6b298916 (mm/memory_hotplug: shrink zones when offlining memory) in v5.5',
    from: '5.5',
    effect:
      'Zones and nodes shrink when memory goes offline; before, when it was removed, and then the zone was read from struct pages that nobody had initialised if the memory was never online.',
    confidence: 'source',
    read: ALL_TREES,
  },
  onlinePageBySubsection: {
    name: 'span/online-page-by-subsection',
    since: 'since Linux commit 9f9b02e5b346 (mm: teach pfn_to_online_page() to consider subsection validity) in v5.12',
    from: '5.12',
    effect:
      'A page counts as online if its subsection is there; before, if its section is, holes of boot memory included.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  sectionTaint: {
    name: 'section/taint-zone-device',
    since:
      'since Linux commit 1f90a3477df3 (mm: teach pfn_to_online_page() about ZONE_DEVICE section collisions) in v5.12',
    from: '5.12',
    effect:
      'A section in which a device begins or ends is marked, and its pages are looked up among the devices before they count as online.',
    confidence: 'source',
    read: ALL_TREES,
  },
  hvo: {
    name: 'hvo',
    since:
      'since Linux commit f41f2ed43ca5 (mm: hugetlb: free the vmemmap pages associated with each HugeTLB page) in v5.14',
    from: '5.14',
    effect:
      'The vmemmap of a HugeTLB page may be folded to few pages: a leaf is split to base pages, and these remapped.',
    confidence: 'source',
    read: ALL_TREES,
  },
  daxInitsReusedTails: {
    name: 'dax/inits-reused-tails',
    since:
      'since the series “mm: Fix vmemmap optimization accounting and initialization” (final commit not established) in v7.2',
    from: '7.2',
    backported: { '6.1': { by: 192 }, '6.12': { by: 117 } },
    effect:
      'A compound device page in an early section, whose memmap since boot is not folded, has all of its tails initialised; before, as many as a folded one has.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  hvoReservesOnePage: {
    name: 'hvo/reserves-one-page',
    since:
      'since Linux commit e7d324850bfc (mm: hugetlb: free the 2nd vmemmap page associated with each HugeTLB page) in v5.18',
    from: '5.18',
    effect: 'A folded HugeTLB page keeps one page of vmemmap; before, two.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  hvoCopiesHead: {
    name: 'hvo/copies-head',
    since: 'since Linux commit 11aad2631bf7 (mm/hugetlb_vmemmap: remap head page to newly allocated page) in v6.2',
    from: '6.2',
    effect: 'The page that is kept is a new one with the same bytes, so the old pages are free as a whole.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  hvoNeedsHead: {
    name: 'hvo/needs-head',
    since: 'since Linux commit bd225530a4c7 (mm/hugetlb_vmemmap: fix race with speculative PFN walkers) in v6.11',
    from: '6.11',
    effect: 'Where no new page can be had for the page that is kept, folding fails; before, the old one was kept.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  hvoAsksOtherNodes: {
    name: 'hvo/asks-other-nodes',
    since:
      'since Linux commits 2eaa6c2abb9d (mm: hugetlb_vmemmap: fix hugetlb page number decrease failed on movable nodes) and 6a898c2757af (mm: hugetlb_vmemmap: allow alloc vmemmap pages fallback to other nodes) in v6.7',
    from: '6.7',
    effect:
      'Pages for folding and restoring the memmap of a HugeTLB page come from another node where its own has none; before (__GFP_THISNODE), that failed on nodes that are all ZONE_MOVABLE.',
    confidence: 'source',
    read: ALL_TREES,
  },
  hvoSharesTail: {
    name: 'hvo/shares-tail',
    since: 'since zone->vmemmap_tails (final commit not established) in v7.1',
    from: '7.1',
    effect:
      'All folded HugeTLB pages of one order and zone show one tail page, which is made for the first of them and stays; before, each showed the page that it kept.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  kmemMemmapOnMemory: {
    name: 'mom/kmem',
    since: 'since Linux commit 4eca1ef24ba4 (dax/kmem: allow kmem to add memory with memmap_on_memory) in v6.8',
    from: '6.8',
    effect: 'Device memory given to the system may hold its own memmap, by a switch of the device.',
    confidence: 'memory',
    read: ALL_TREES,
  },
} as const satisfies Record<string, Trait>;
