// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const subsectionTakesLeaf: Bug = {
  id: 'B08',
  name: 'subsection-takes-leaf',
  title: 'Removing a subsection takes the block that describes its neighbours too',
  present: [{ from: '5.7', until: '6.14' }],
  endedIn: { '6.1': { by: 192 }, '6.12': 20 },
  fix: 'd4234d131b0a (arm64: mm: Populate vmemmap at the page level if not section aligned) in v6.14',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '2M' },
      { op: 'add-pages', start: '0x100200000', size: '2M' },
      { op: 'remove-pages', start: '0x100000000', size: '2M' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'vmemmap_populate() maps a block of 2 MiB for a subsection whose memmap takes 32 KiB, and the next subsection finds the block there. unmap_hotplug_pmd_range() clears and frees every block that the range touches, so removing the first subsection leaves the second without struct pages.',
  confidence: 'source',
  source: '20241121071256.487220-1-quic_zhenhuah@quicinc.com',
};
