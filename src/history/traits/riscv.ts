// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** arch/riscv/mm/init.c, and arch/riscv/include/asm/pgtable.h for where the vmemmap lies. */
export const RISCV_TRAITS = {
  riscvGlobalMappings: {
    name: 'riscv64/global-mappings',
    since: 'since Linux commit cba43c31f14b (riscv: Use global mappings for kernel pages) in v5.14',
    from: '5.14',
    effect: 'Entries of the vmemmap are global (0xe7); before, they were not (0xc7).',
    confidence: 'source',
  },
  riscvLargeLinearMap: {
    name: 'riscv64/sv39-linear-map-of-128G',
    since: 'since Linux commit 5c8405d763dc (riscv: Extend sv39 linear mapping max size to 128G) in v6.6',
    from: '6.6',
    effect:
      'With Sv39 the linear map begins at ffffffd600000000 and the vmemmap ends at ffffffc600000000; before, both lay 8 GiB higher.',
    confidence: 'memory',
  },
  riscvPtdumpMemoryTypes: {
    name: 'riscv64/ptdump-memory-types',
    since: 'since a series in v6.7 that shows NAPOT and PBMT in PTDUMP (commits not looked up)',
    from: '6.7',
    effect:
      'kernel_page_tables tells contiguous ranges and memory types of entries, and the kernel’s own bits as a number; before, it told those bits by one word.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  riscvVmemmapStartsAtRam: {
    name: 'riscv64/vmemmap-starts-at-ram',
    since: 'since Linux commit a11dd49dcb93 (riscv: Sparse-Memory/vmemmap out-of-bounds fix) in v6.8',
    from: '6.8',
    backported: { '6.1': { by: 192 } },
    effect: 'The first struct page of the region is that of the first frame of RAM; before, that of frame 0.',
    confidence: 'memory',
  },
  riscvHugepages: {
    name: 'riscv64/hugepages',
    since: 'since Linux commit ff172d4818ad (riscv: Use hugepage mappings for vmemmap) in v6.8',
    from: '6.8',
    effect: 'The vmemmap is mapped with leaves of 2 MiB where memory can be had; before, with base pages.',
    confidence: 'source',
  },
  riscvHotplug: {
    name: 'riscv64/hotplug',
    since: 'since Linux commit c75a74f4ba19 (riscv: mm: Add memory hotplugging support) in v6.11',
    from: '6.11',
    effect:
      'Memory can be added and removed, with altmaps, and the tables below the root are there from boot on; before, only boot memory had a memmap.',
    confidence: 'source',
  },
  riscvNoPmdDtor: {
    name: 'riscv64/no-pmd-dtor',
    since: 'since Linux commit 21f1b85c8912 (riscv: mm: Do not call pmd dtor on vmemmap page table teardown) in v6.13',
    from: '6.13',
    backported: { '6.12': { by: 117 } },
    effect:
      'An empty PMD table of the vmemmap is freed without the destructor of page tables; before, with it, though no constructor had run.',
    confidence: 'memory',
    read: ['6.12.117', '7.2.13', '7.3.4'],
  },
  riscvStartsAtSection: {
    name: 'riscv64/vmemmap-starts-at-section',
    since: 'since Linux commit f754f27e98f8 (riscv: mm: Fix the out of bound issue of vmemmap address) in v6.14',
    from: '6.14',
    backported: { '6.1': { by: 192 }, '6.12': { by: 117 } },
    effect:
      'The first struct page of the region is that of the first frame of the section in which RAM begins; before, of the first frame of RAM, so a section could begin in front of the region.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  riscvAlignsToFolios: {
    name: 'riscv64/vmemmap-aligned-to-folios',
    since:
      'since the series “mm: Eliminate fake head pages from vmemmap optimization” (final commit not established) in v7.1',
    from: '7.1',
    effect:
      'Where the memmap of HugeTLB pages can be optimised and struct page is a power of two, the first struct page of the region is that of a frame at a multiple of 16 GiB.',
    confidence: 'inferred',
  },
  riscvPopulateWarnsOutside: {
    name: 'riscv64/populate-warns-outside',
    since: 'since Linux commit b0217d97eeea (riscv: mm: WARN_ON() for bad addresses in vmemmap_populate()) in v7.1',
    from: '7.1',
    effect:
      'Populating warns, each time, where the memmap does not lie in the region; before, it did the same in silence.',
    confidence: 'inferred',
  },
  riscvCheckPmdLeaf: {
    name: 'riscv64/check-pmd-leaf',
    since:
      'since a series of 2026 (riscv/mm: drop vmemmap_pmd helpers and use generic code; final commit not established) in v7.2',
    from: '7.2',
    effect: 'An existing table is given the base pages that it lacks; before, any entry counted as mapped.',
    confidence: 'inferred',
  },
  riscvFlushCacheVmap: {
    name: 'riscv64/flush-cache-vmap',
    since: 'since Linux commit 4edd70ee6a7d (mm/sparse-vmemmap: flush_cache_vmap() after hotplugging vmemmap) in v7.2',
    from: '7.2',
    effect:
      'After populating, every CPU is told that a fault on a new mapping may be spurious; before, a CPU that had cached the absence of the mapping stopped there.',
    confidence: 'inferred',
  },
} as const satisfies Record<string, Trait>;
