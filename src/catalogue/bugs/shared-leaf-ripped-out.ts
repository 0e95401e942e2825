// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const sharedLeafRippedOut: Bug = {
  id: 'B10',
  name: 'shared-leaf-ripped-out',
  title: 'Removing a section takes the leaf that its neighbour shares',
  present: [{ from: '5.12' }],
  fix: 'open',
  structPageSizes: [56, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 80, blockSize: '128M' },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '128M' },
      { op: 'add-memory', start: '0x108000000', size: '128M' },
      { op: 'remove-memory', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'unmap_hotplug_range() clears and frees every block entry that the range touches, also one that it covers in part. With a struct page that is no power of two the memmap of a section ends inside a block of 2 MiB and the next one begins there: removing the first takes the beginning of the second. Until v5.11 a section, and so a memory block, was 1 GiB, whose memmap fills whole blocks of 2 MiB.',
  confidence: 'derived',
  source: 'read in arch/arm64/mm/mmu.c; the same case for x86 is in 20210309214050.4674-3-osalvador@suse.de',
  seen: 'Linux 6.12.117 for arm64 (tinyconfig, 4K pages, struct page padded to 80 bytes), QEMU 7.2.22, TCG, virt with two DIMMs: after the first DIMM is unplugged fffffd7fc5280000, the first struct page of the second, is not mapped any more',
};
