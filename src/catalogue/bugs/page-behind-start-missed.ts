// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const pageBehindStartMissed: Bug = {
  id: 'X08',
  name: 'page-behind-start-missed',
  title: 'A memmap that begins inside a page lacks its last page',
  present: [{ from: '5.3' }],
  fix: 'open',
  structPageSizes: [72, 80, 96],
  scenario: {
    machine: { arch: 'arm64', pageSize: 16384, structPageSize: 80 },
    steps: [{ op: 'add-pages', start: '0x100200000', size: '2M' }],
  },
  symptom: { step: 0, breaks: 'no-hole' },
  explanation:
    'A subsection of 2 MiB has 128 pages of 16K, and 128 struct pages of 80 bytes take 10 KiB: the memmap of every other subsection begins inside a vmemmap page. vmemmap_populate() of arm64 hands such a range to vmemmap_populate_basepages(), and vmemmap_populate_range() maps the page that its start lies in and goes on by PAGE_SIZE from that very address, not from the page’s. Where less than a page is left behind it but the range goes over into the next page, the loop is at its end and that page stays unmapped. Nobody notices: section_activate() hands out the memmap, and memmap_init_zone_device(), which initialises it, faults. Struct pages of 64 bytes fill pages evenly and hide it; with pages of 4K every subsection’s memmap is whole pages. With pages of 64K it takes the right subsection, the 25th of 80 bytes for one.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in mm/sparse-vmemmap.c and arch/arm64/mm/mmu.c of 6.1 and 6.12',
  seen: 'Linux 6.12.117 (arm64 tinyconfig, pages of 16K, struct page padded to 80 bytes, page_struct_override true), QEMU 7.2.22, TCG, virt with an NVDIMM of 16 MiB at 0x100200000 that is bound as a pfn device with mode ram: "Unable to handle kernel paging request at virtual address ffffec4fc1414034", a level 3 translation fault of __init_zone_device_page() under memmap_init_zone_device(). The memmap is ffffec4fc1402800-ffffec4fc1416800, and its last page, at ffffec4fc1414000, is not mapped',
};
