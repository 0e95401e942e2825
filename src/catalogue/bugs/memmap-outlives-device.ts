// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const memmapOutlivesDevice: Bug = {
  id: 'X09',
  name: 'memmap-outlives-device',
  title: 'A device goes while a leaf of its altmap describes the memory beside it',
  present: [{ from: '4.18' }],
  fix: 'open',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 80 },
    altmaps: { dev: { basePfn: 0x108000, endPfn: 0x10ffff, free: 1024 } },
    steps: [
      { op: 'add-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
      { op: 'add-pages', start: '0x108000000', size: '128M', altmap: 'dev' },
      { op: 'use', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 2, breaks: 'altmap-books', complains: { kind: 'altmap-outlives-users' } },
  explanation:
    'leaf-of-two-owners, in the order that does the most harm. The device comes first: vmemmap_populate_hugepages() takes the leaf in which its memmap begins from its altmap. The memory before it comes second, and its memmap ends in that leaf: vmemmap_check_pmd() finds it mapped, vmemmap_use_sub_pmd() marks the part, nothing asks whose frame it is. When the device goes, remove_pmd_table() finds the leaf in use and keeps it. memunmap_pages() warns that altmap pages are left and gives the device up all the same, so struct pages of memory that is in use lie in memory that is nobody’s. When the device comes back its new altmap counts from zero, and vmemmap_alloc_block_buf() hands out the same frame a second time: two leaves on one frame, and whoever initialises the one memmap overwrites the other. Memory blocks with an altmap of their own are safe, since memmap_on_memory asks for whole leaves.',
  confidence: 'derived',
  source: 'found by vmemmap explore; read in arch/x86/mm/init_64.c and mm/memremap.c of 6.1 and 6.12',
  seen: 'Linux 6.12.117 (tinyconfig, struct page padded to 80 bytes, page_struct_override true), QEMU 7.2.22, TCG, q35 with an NVDIMM of 3 GiB at 0x108000000, --align=1G so that the altmap has room for whole leaves, and a DIMM of 128 MiB at 0x100000000: when the namespace is disabled memunmap_pages() warns at mm/memremap.c:153, "failed to free all reserved pages", and ffffea0005200000 still maps frame 0x108200; when it is enabled again ffffea0005200000 and ffffea0005400000 both map frame 0x108200; setting the block of the DIMM offline then warns in offline_pages(), since its last struct pages name the device’s zone',
};
