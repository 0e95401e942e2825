// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const zoneEndsInsideLargeBlock: Bug = {
  id: 'X19a',
  name: 'zone-ends-inside-large-block',
  title: 'The zone begins 1 MiB behind where its first block of 256 MiB does, once the block before it is offline',
  present: [{ from: '6.8', until: '6.13' }],
  fix: 'e3a6970b7daf (s390/sparsemem: Reduce section size to 128 MiB) in v6.13',
  structPageSizes: [80],
  scenario: {
    machine: { arch: 's390', structPageSize: 80, memmapOnMemory: 'y' },
    steps: [
      { op: 'add-memory', start: '0x4000000000', size: '512M', memmapOnMemory: true, offlineInaccessible: true },
      { op: 'online', start: '0x4000000000', size: '256M', type: 'movable' },
      { op: 'online', start: '0x4010000000', size: '256M', type: 'movable' },
      { op: 'offline', start: '0x4000000000', size: '256M' },
    ],
  },
  symptom: { step: 3, breaks: 'zone-spans' },
  explanation:
    'As X19, where sections are 256 MiB: the memmap of a block is 5 MiB, so the search goes on by subsections from the middle of one. Sections of 128 MiB end it by accident: a block cannot hold a memmap of 2.5 MiB then.',
  confidence: 'source',
  source: 'found by exploration, unconfirmed; then read in mm/memory_hotplug.c of 6.12.117',
  toConfirm:
    'Standby memory under z/VM or KVM with a kernel whose struct page has 80 bytes: /proc/zoneinfo says where the zone begins.',
};
