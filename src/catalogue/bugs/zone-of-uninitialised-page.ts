// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const zoneOfUninitialisedPage: Bug = {
  id: 'B38',
  name: 'zone-of-uninitialised-page',
  title: 'Removing memory that was never online reads its struct pages',
  present: [{ from: '4.18', until: '5.5' }],
  fix: 'feee6b298916 (mm/memory_hotplug: shrink zones when offlining memory) in v5.5',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '128M' },
      { op: 'remove-memory', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'initialised-pages' },
  explanation:
    'Zones shrank when memory was removed, and the zone was read from the struct page of the first frame of each section. Struct pages are initialised when memory goes online; where it never did, their bytes are what the memory had before, and the zone is anything.',
  confidence: 'source',
  source: '20190830091428.18399-4-david@redhat.com',
};
