// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const zoneEndsInsideBlock: Bug = {
  id: 'X19',
  name: 'zone-ends-inside-block',
  title: 'The zone begins 1 MiB behind where its first block does, once the block before it is offline',
  present: [{ from: '6.13' }],
  fix: 'open',
  structPageSizes: [96],
  scenario: {
    machine: { arch: 's390', structPageSize: 96, memmapOnMemory: 'y' },
    steps: [
      { op: 'add-memory', start: '0x4000000000', size: '256M', memmapOnMemory: true, offlineInaccessible: true },
      { op: 'online', start: '0x4000000000', size: '128M', type: 'movable' },
      { op: 'online', start: '0x4008000000', size: '128M', type: 'movable' },
      { op: 'offline', start: '0x4000000000', size: '128M' },
    ],
  },
  symptom: { step: 3, breaks: 'zone-spans' },
  explanation:
    'The memmap of a block is 3 MiB, which fills large frames of s390 (1 MiB) and no subsections (2 MiB). When the memmap leaves the zone, the search for what the zone still has begins behind it and goes on by subsections: find_smallest_section_pfn() comes to the next block half a subsection behind its first page, and the zone then begins there. find_biggest_section_pfn() ends a zone too early in the same way, when setting a block online fails. The pages that are cut off are present and in use, and the zone does not span them.',
  confidence: 'source',
  source: 'found by exploration, unconfirmed; then read in mm/memory_hotplug.c of 7.3.4',
  toConfirm:
    'Standby memory under z/VM or KVM with a kernel whose struct page has 96 bytes: /proc/zoneinfo says where the zone begins.',
};
