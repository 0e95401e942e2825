// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const blockReferenceLeft: Bug = {
  id: 'B27',
  name: 'block-reference-left',
  title: 'Removing a block that holds its memmap never releases its device',
  present: [{ from: '6.8', until: '7.1' }],
  endedIn: { '6.12': 92 },
  fix: '93866f55f7e2 (remove_memory_blocks_and_altmaps() drops its block reference) in v7.1',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, memmapOnMemory: 'y' },
    steps: [
      { op: 'add-memory', start: '0x100000000', size: '128M' },
      { op: 'remove-memory', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'block-references' },
  explanation:
    'remove_memory_blocks_and_altmaps() looks each block up, which takes a reference to its device, to get at the altmap. Removing the device looks it up again and drops its own reference only, so the first one stays and the block is never freed. Every cycle of add and remove leaks one.',
  confidence: 'inferred',
  source: '20260428085219.1316047-2-songmuchun@bytedance.com',
};
