// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const altmapAlignmentLoss: Bug = {
  id: 'B07',
  name: 'altmap-alignment-loss',
  title: 'One reserved page costs an altmap a whole leaf',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [56, 64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x107fff, reserve: 1, free: 512 } },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'add-succeeds' },
  explanation:
    'altmap_alloc_block_buf() aligns a request of 512 pages to 512 pages and counts what it skips as spent. With one page reserved at the front, 511 pages are skipped, and 512 of the 512 that the altmap has are no longer left. vmemmap_populate_hugepages() does not fall back to base pages, of which there were enough, and adding fails with -ENOMEM.',
  confidence: 'source',
  source: 'read in mm/sparse-vmemmap.c and arch/x86/mm/init_64.c',
  seen: 'Linux 6.12.117 (tinyconfig, struct page padded to 80 bytes, page_struct_override true), QEMU 7.2.22, TCG: the altmap of an NVDIMM of 128 MiB has 1022 pages, 510 of them are skipped, and the second leaf is not to be had: nd_pmem fails with -12 and add_pages() warns at arch/x86/mm/init_64.c:986; one of 512 MiB, whose memmap fills whole leaves, is mapped',
};
