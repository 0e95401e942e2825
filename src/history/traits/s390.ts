// SPDX-License-Identifier: GPL-2.0-only

import { ALL_TREES, type Trait } from './trait.js';

/** arch/s390/mm/vmem.c. */
export const S390_TRAITS = {
  s390FreeAndTracking: {
    name: 's390/free-and-tracking',
    since: 'since Linux commit 9ec8fa8dc331 (s390/vmemmap: extend modify_pagetable() to handle vmemmap) in v5.9',
    from: '5.9',
    effect:
      'vmemmap_free() works, populating that fails undoes itself and falls back to base pages, and unused parts of a frame are tracked; before, nothing was ever freed.',
    confidence: 'source',
    read: ALL_TREES,
  },
  s390RefusesAltmap: {
    name: 's390/refuses-altmap',
    since: 'since “s390x/mm: fail when an altmap is used for arch_add_memory()” (hash not looked up) in v5.3',
    from: '5.3',
    until: '6.8',
    ended: 'until Linux commit 1a65b73ae9ab (s390/mm: allocate vmemmap pages from self-contained memory range) in v6.8',
    effect: 'arch_add_memory() refuses an altmap with -EINVAL and a warning; __add_pages() below it takes one.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  s390DerefLarge: {
    name: 's390/deref-large',
    since: 'since Linux commit b0e98aa9c411 (s390/mm: make pmd/pud_deref() large page aware) in v5.10',
    from: '5.10',
    effect:
      'The address of a 1 MiB frame is told without its software bits; before, freeing it named a frame behind it.',
    confidence: 'source',
    read: ALL_TREES,
  },
  s390PtdumpEndMarkers: {
    name: 's390/ptdump-end-markers',
    since:
      'since Linux commit 08c8e685c7c9 (s390/mm,ptdump: convert to generic page table dumper) and those beside it in v5.10',
    from: '5.10',
    effect:
      'kernel_page_tables has a marker where the vmemmap starts and one where it ends; before, a marker at its start.',
    confidence: 'memory',
    read: ALL_TREES,
  },
  s390Altmap: {
    name: 's390/altmap',
    since: 'since Linux commit 1a65b73ae9ab (s390/mm: allocate vmemmap pages from self-contained memory range) in v6.8',
    from: '6.8',
    effect: 'Leaves and base pages come from the altmap; before, it was silently ignored.',
    confidence: 'source',
    read: ALL_TREES,
  },
  s390Sections128M: {
    name: 's390/128M-sections',
    since: 'since Linux commit e3a6970b7daf (s390/sparsemem: Reduce section size to 128 MiB) in v6.13',
    from: '6.13',
    effect: 'Sections of 128 MiB; before, of 256 MiB.',
    confidence: 'source',
    read: ALL_TREES,
  },
  s390SegmentPresentBit: {
    name: 's390/segment-present-bit',
    since:
      'since a series that made room for swap entries in region-third and segment tables (commit not looked up), between v6.12 and v7.2',
    from: '6.14',
    effect:
      'A segment entry says with bit 0 that it is present, and its read and write bits are 0x4000 and 0x8000; before, bits 0 and 1 were these.',
    confidence: 'inferred',
    read: ALL_TREES,
  },
  s390FreeBootMemmap: {
    name: 's390/free-boot-memmap',
    since: 'since Linux commit d5e88d32de4e (s390/mm: Support removal of boot-allocated virtual memory map) in v6.19',
    from: '6.19',
    effect:
      'Memmap and tables made at boot are freed; before, their entries were cleared with a warning and the memory was lost.',
    confidence: 'source',
    read: ALL_TREES,
  },
} as const satisfies Record<string, Trait>;
