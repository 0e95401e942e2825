// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const lostResources: Bug = {
  id: 'X18',
  name: 'lost-resources',
  title: 'A removal that is refused in the iomem tree loses what lies above the removed memory',
  present: [{ from: '6.18' }],
  fix: 'open',
  structPageSizes: [56, 64, 72, 80, 96],
  scenario: {
    machine: {
      arch: 'x86_64',
      structPageSize: 64,
      boot: [{ start: '0x100000000', size: '512M' }],
      resources: [
        { start: '0x108200000', size: '2M', name: 'inside' },
        { start: '0x110200000', size: '2M', name: 'above' },
      ],
    },
    steps: [
      { op: 'offline', start: '0x108000000', size: '128M' },
      { op: 'remove-memory', start: '0x108000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'boot-resources' },
  explanation:
    'Removing memory from the middle of a System RAM resource splits it. release_mem_region_adjustable() first gives the children above the cut to the new upper part, and then asks whether the lower part may shrink. Where another child lies inside the removed range it may not: the kernel warns and frees the upper part, and the children that were given to it are in no tree any more, though their memory is there. Before, all children stayed where they were, and the split was refused in the same words.',
  confidence: 'inferred',
  source:
    'recorded: the functions of 7.2.13 and 7.3.4 do it in 22 cases each, those of 6.12.117 in none; the release between is worked out from dates',
};
