// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const altmapPageToBuddy: Bug = {
  id: 'B04',
  name: 'altmap-page-to-buddy',
  title: 'Base pages of an altmap are freed into system memory',
  present: [{ from: '6.2' }],
  fix: 'open',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 80 },
    altmaps: { dev: { basePfn: 0x108000, endPfn: 0x10ffff, free: 1024 } },
    steps: [
      { op: 'add-pages', start: '0x107e00000', size: '2M' },
      { op: 'add-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
      { op: 'remove-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
    ],
  },
  symptom: { step: 2, breaks: 'right-owner', complains: { kind: 'free-not-allocated' } },
  explanation:
    'A subsection is mapped with base pages, so its PMD points to a page table. The next section begins in the same PMD and brings an altmap: vmemmap_populate_hugepages() fills the rest of the table with base pages of that altmap. On removal remove_pte_table() has no altmap to ask and gives every page to the page allocator, which never had them; the altmap goes on counting them.',
  confidence: 'derived',
  source: 'read in 2045a3b8911b and the free path of arch/x86/mm/init_64.c',
  seen: 'Linux 6.12.117 (tinyconfig, struct page padded to 80 bytes, page_struct_override true), QEMU 7.2.22, TCG, q35 with a virtio-pmem device of 2 MiB and an NVDIMM behind it: the first page of the altmap that is given to the page allocator goes from _refcount 1 to 0, and the kernel dies: NULL pointer at 0x18 in get_pfnblock_flags_mask(), for section_deactivate() has dropped the usage map of the page’s section before its memmap is freed',
};
