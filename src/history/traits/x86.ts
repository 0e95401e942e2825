// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** arch/x86/mm/init_64.c, and what it calls of arch/x86/lib/. */
export const X86_TRAITS = {
  x86SubsectionBasePages: {
    name: 'x86/subsection-base-pages',
    since:
      'since Linux commit e9c0a3f05477 (mm/sparsemem: convert kmalloc_section_memmap() to populate_section_memmap()) in v5.3',
    from: '5.3',
    effect: 'Less than a section is mapped with base pages of system memory, whatever the altmap.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  x86TrackUnusedSubPmd: {
    name: 'x86/track-unused-sub-pmd',
    since: 'since Linux commit 8d400913c231 (x86/vmemmap: handle unpopulated sub-pmd ranges) in v5.13',
    from: '5.13',
    effect:
      'Parts of a leaf that describe no memory are filled with PAGE_UNUSED when the leaf is made, and a part that comes into use is marked; before, bytes were painted on removal only, so a leaf with a part never used stayed for ever.',
    confidence: 'source',
    read: ALL_TREES,
  },
  x86DeferredTail: {
    name: 'x86/deferred-tail',
    since:
      'since Linux commit faf1c0008a33 (x86/vmemmap: optimize for consecutive sections in partial populated PMDs) in v5.13',
    from: '5.13',
    effect: 'The unused tail of the last leaf is remembered, and written only when something else happens to it.',
    confidence: 'source',
    read: ALL_TREES,
  },
  x86PaintCorrectHead: {
    name: 'x86/paint-correct-head',
    since: 'since Linux commit 280abe14b6e0 (x86/mm: Fix marking of unused sub-pmd ranges) in v5.18',
    from: '5.18',
    effect:
      'The unused head of a new leaf is painted from the start of the leaf; before, as many bytes from the start of the used part on.',
    confidence: 'source',
    read: ALL_TREES,
  },
  x86SplitPmdTakesAltmap: {
    name: 'x86/split-pmd-takes-altmap',
    since: 'since Linux commit 2045a3b8911b (mm/sparse-vmemmap: generalise vmemmap_populate_hugepages()) in v6.2',
    from: '6.2',
    effect:
      'Base pages in a PMD that is already split to a table come from the altmap; before, from system memory. The free path still hands them to the page allocator.',
    confidence: 'source',
    read: ALL_TREES,
  },
  x86MemsetNeedsFsrs: {
    name: 'x86/memset-needs-fsrs',
    since: 'since Linux commit 20f3337d350c (x86: don’t use REP_GOOD or ERMS for small memory clearing) in v6.4',
    from: '6.4',
    effect:
      'memset() is a string instruction only on CPUs with FSRS, else a loop of stores; before, on those with ERMS. The vmemmap comes out the same, at another price.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  x86SyncTopLevelAtOnce: {
    name: 'x86/sync-top-level-at-once',
    since:
      'since Linux commit 6659d0279980 (x86/mm/64: define ARCH_PAGE_TABLE_SYNC_MASK and arch_sync_kernel_mappings()) in v6.17',
    from: '6.17',
    backported: { '6.1': { by: 192 }, '6.12': { by: 117 } },
    effect:
      'A new top-level entry is copied to all page tables at the moment it is set; before, when the whole range was populated.',
    confidence: 'source',
    read: ALL_TREES,
  },
  x86FreeIgnoresOrder: {
    name: 'x86/free-ignores-order',
    since: 'since Linux commit bf9e4e30f353 (x86/mm: use pagetable_free()) in v6.19',
    from: '6.19',
    until: '7.2',
    backported: { '6.18': { by: 15 } },
    endedIn: { '7.1': { by: 13 } },
    ended: 'until Linux commit 39406c05f8f1 (x86/mm: Fix freeing of PMD-sized vmemmap pages) in v7.2',
    effect: 'Freeing a leaf that is not boot memory gives back one page of its 512.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
} as const satisfies Record<string, Trait>;
