// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const topLevelNotShared: Bug = {
  id: 'B06',
  name: 'top-level-not-shared',
  title: 'New memmap is written before other page tables have the top-level entry',
  present: [{ from: '5.13', until: '6.17' }],
  endedIn: { '6.1': { by: 192 }, '6.12': { by: 117 } },
  fix: '6659d0279980 (x86/mm/64: define ARCH_PAGE_TABLE_SYNC_MASK and arch_sync_kernel_mappings()) in v6.17',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 80, pagingLevels: 4, otherPageTables: 1, currentPageTable: 1 },
    steps: [{ op: 'add-pages', start: '0x280000000000', size: '128M' }],
  },
  symptom: { step: 0, breaks: 'no-crash', complains: { kind: 'page-fault' } },
  explanation:
    'vmemmap_populate() sets entries in the kernel’s own page table, and sync_global_pgds() copies a new top-level entry to the page tables of processes when all of the range is populated. But vmemmap_use_new_sub_pmd() writes to the new memmap before that: it zeroes a struct page of a leaf that is used in part. A task that runs on the page table of a process does not have the entry and faults. A new entry is needed where the memmap reaches the next 512 GiB, 26 to 37 TiB of memory after the last. Until v5.12 nothing touched the memmap before the copy was made, so the bug begins with v5.13 and not earlier, as the fix says of itself; and it needs a section that uses a leaf in part, so none with a struct page of 64 bytes.',
  confidence: 'source',
  source:
    '20250818020206.4517-4-harry.yoo@oracle.com, whose Fixes: names 8d400913c231 (x86/vmemmap: handle unpopulated sub-pmd ranges)',
};
