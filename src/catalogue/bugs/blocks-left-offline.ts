// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const blocksLeftOffline: Bug = {
  id: 'X13',
  name: 'blocks-left-offline',
  title: 'offline_and_remove_memory() answers 0 and leaves the blocks where they are, offline',
  present: [{ from: '7.3' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, memmapOnMemory: 'y' },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '128M' },
      { op: 'add-memory', start: '0x108000000', size: '128M', memmapOnMemory: false },
      { op: 'offline-and-remove-memory', start: '0x100000000', size: '256M' },
    ],
  },
  symptom: {
    step: 2,
    breaks: 'no-warning',
    complains: { kind: 'warning', warning: 'offline_and_remove_memory_ranges' },
  },
  explanation:
    'One of two blocks holds its memmap and the other does not, so try_remove_memory() refuses to remove them together. Before, offline_and_remove_memory() brought the blocks online again and answered -EINVAL. Since it goes over ranges, the answer of the removal is only warned about: the caller hears 0, takes the memory for gone, and it stays, offline.',
  confidence: 'source',
  source: 'read in mm/memory_hotplug.c of 7.3.4, whose recorded functions do it; 7.2.13 answers -EINVAL',
};
