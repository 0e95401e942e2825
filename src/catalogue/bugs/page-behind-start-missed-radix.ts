// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const pageBehindStartMissedRadix: Bug = {
  id: 'X08r',
  name: 'page-behind-start-missed-radix',
  title: 'A device’s memmap that begins inside a page lacks its last page, under radix',
  present: [{ from: '6.6', until: '6.15' }],
  endedIn: { '6.12': 28 },
  fix: '9cf7e13fecba (book3s64/radix : Align section vmemmap start address to PAGE_SIZE) in v6.15',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 80 },
    altmaps: { dev: { basePfn: 0x10300, endPfn: 0x103ff, free: 3 } },
    steps: [{ op: 'add-pages', start: '0x103000000', size: '16M', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'no-hole' },
  explanation:
    'As page-behind-start-missed, in a loop of its own: a section of 16 MiB has 256 struct pages of 80 bytes, 20 KiB, so most sections begin inside a page of 64K. radix__vmemmap_populate() makes base pages for a device’s memmap that begins inside a PMD, and goes on by PAGE_SIZE from the address it began at. Without an altmap it takes a leaf of 2 MiB, which hides it. The change that looks for the altmap’s boundary at the right address rounds the start down and ends this too.',
  confidence: 'derived',
  source: 'found by vmemmap explore on arm64 and asked of every architecture; read in radix_pgtable.c of 6.12',
  toConfirm:
    'Boot a ppc64le kernel of 6.14 with pages of 64K whose struct page is 80 bytes on pseries with the radix MMU, and make a namespace with map=dev whose memory begins at an odd multiple of 16 MiB that leaves the end of its memmap in a page of its own, as 0x103000000 does. Binding it should fault in __init_zone_device_page() under memmap_init_zone_device(); with v6.15 it should not.',
};
