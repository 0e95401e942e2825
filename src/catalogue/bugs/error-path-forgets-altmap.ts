// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const errorPathForgetsAltmap: Bug = {
  id: 'B24',
  name: 'error-path-forgets-altmap',
  title: 'A block that cannot be created gives its own pages to the page allocator',
  present: [
    { from: '5.13', until: '6.7' },
    { from: '6.8', until: '7.2' },
  ],
  endedIn: { '6.1': { by: 192 }, '6.12': 97 },
  fix: 'f42ce5f087eb (mm/memory_hotplug: fix error handling in add_memory_resource()) in v6.7',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, memmapOnMemory: 'y' },
    steps: [{ op: 'add-memory', start: '0x100000000', size: '128M', fail: { blockRegister: 1 } }],
  },
  symptom: { step: 0, breaks: 'right-owner', complains: { kind: 'free-not-allocated' } },
  explanation:
    'The memmap of the block lies in the block. When the device of the block cannot be created, add_memory_resource() takes the memmap down again and passes no altmap, so its pages go to the page allocator; then the linear mapping of the block goes, and the page allocator has pages that nobody can reach. The fix of v6.7 was lost in v6.8, when ranges of several blocks came.',
  confidence: 'source',
  source: 'mail to stable by Sumanth Korikkar',
};

export const errorPathForgetsAltmapAgain: Bug = {
  id: 'B25',
  name: 'error-path-forgets-altmap-again',
  title: 'When the second block of a range cannot be created, its pages go to the page allocator',
  present: [{ from: '6.8', until: '7.2' }],
  endedIn: { '6.12': 97 },
  structPageSizes: [64],
  fix: 'the series “mm: Fix vmemmap optimization accounting and initialization” in v7.2',
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64, memmapOnMemory: 'y' },
    steps: [{ op: 'add-memory', start: '0x100000000', size: '256M', fail: { blockRegister: 2 } }],
  },
  symptom: { step: 0, breaks: 'right-owner', complains: { kind: 'free-not-allocated' } },
  explanation:
    'create_altmaps_and_memory_blocks() adds block by block, each with an altmap of its own. When the device of a block cannot be created, it takes the memmap of that block down without its altmap and frees the altmap: pages of the added memory go to the page allocator. The blocks before it are taken back in order.',
  confidence: 'inferred',
  source: '20260428081855.1249045-3-songmuchun@bytedance.com',
};
