// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const memmapOutOfReach: Bug = {
  id: 'B22',
  name: 'memmap-out-of-reach',
  title: 'The memmap in a standby block cannot be reached before the block is online',
  present: [{ from: '6.8', until: '6.19' }],
  fix: '300709fbefd1 (mm/memory_hotplug: remove MEM_PREPARE_ONLINE/MEM_FINISH_OFFLINE notifiers) in v6.19',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 's390', structPageSize: 64, memmapOnMemory: 'y', blockSize: '256M' },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '256M', offlineInaccessible: true },
      { op: 'use', start: '0x100000000', size: '256M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-crash' },
  explanation:
    'Standby memory of s390 is made reachable by the notifier that runs when its block goes online. Its memmap lies in the block, so whoever writes a struct page before that, as poisoning at the end of the add did, accesses memory that is not there. It is by design: the altmap is marked inaccessible, and poisoning waits until the block is online.',
  confidence: 'source',
  source: 'c5f1e2d18909 (mm/memory_hotplug: introduce MEM_PREPARE_ONLINE/MEM_FINISH_OFFLINE notifiers)',
};
