// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafTakenForTable: Bug = {
  id: 'X06',
  name: 'leaf-taken-for-table',
  title: 'Base pages for a subsection are entered into the struct pages of its neighbour',
  present: [{ from: '5.3' }],
  fix: 'open',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 80 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '2M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-cross-talk', complains: { kind: 'rewritten' } },
  explanation:
    'The memmap of a section ends inside a leaf, and a subsection follows. Less than a section goes straight to vmemmap_populate_basepages(), and vmemmap_pmd_populate() asks only whether the PMD is empty. It is not; it is a leaf; and its frame is taken for a page table. Where struct pages of the neighbour read as empty entries, page-table entries are written over them and pages are taken that nothing maps. The hardware goes on using the leaf, in which no one marked the subsection, so it also loses its memmap when the neighbour goes.',
  confidence: 'derived',
  source: 'read in mm/sparse-vmemmap.c; the recorded functions of 6.1 and 6.12 do it',
  seen: 'Linux 6.12.117 (tinyconfig, struct page padded to 80 bytes), QEMU 7.2.22, TCG, q35 with a DIMM and a virtio-pmem device of 2 MiB: adding the device writes ten page-table entries, 0x8000000000c0d163 and the like, over the zeroes at ffffea0005200400-ffffea0005200450, struct pages of the DIMM; the leaf stays what the MMU uses, nr_memmap_pages grows by 10, nothing is logged; onlining the DIMM overwrites the entries',
};
