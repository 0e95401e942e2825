// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const leafOfTwoOwners: Bug = {
  id: 'X05',
  name: 'leaf-of-two-owners',
  title: 'A shared leaf goes to the altmap of whoever leaves last, and not to its owner',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 80 },
    altmaps: { dev: { basePfn: 0x108000, endPfn: 0x10ffff, free: 1024 } },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
    ],
  },
  symptom: { step: 3, breaks: 'no-leak', complains: { kind: 'lost-pages' } },
  explanation:
    'The memmap of a device begins in a leaf of system memory that its neighbour brought. When the neighbour is gone and the device goes too, remove_pmd_table() frees the leaf with the altmap that it was called with, and does not ask whose frame it is: the altmap counts 512 pages less than it gave, and the leaf of system memory is lost. The other way about, with the altmap first, its frames are given to the page allocator. memmap_on_memory is granted only where memmap fills whole leaves and is safe from it; devices are not asked. s390 frees by the caller’s altmap as well since v6.8, and gives altmaps to whole blocks only.',
  confidence: 'derived',
  source: 'read in arch/x86/mm/init_64.c of 6.1 and 6.12',
  seen: 'Linux 6.12.117 (tinyconfig, struct page padded to 80 bytes, page_struct_override true), QEMU 7.2.22, TCG, q35 with a DIMM and an NVDIMM: after the last step memunmap_pages() warns at mm/memremap.c:153, "failed to free all reserved pages", and the struct page of the leaf’s frame still has _refcount 1',
};
