// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const neverFreed: Bug = {
  id: 'B09',
  name: 'never-freed',
  title: 'arm64 does not free the memmap of memory that is removed',
  present: [{ from: '5.0', until: '5.7' }],
  fix: 'bbd6ec605c0f (arm64/mm: Enable memory hot remove) in v5.7',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '1G' },
      { op: 'remove-pages', start: '0x100000000', size: '1G' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'idle-leaf' } },
  explanation:
    'vmemmap_free() was empty: every block and every table of a removed section stayed mapped. Adding the section again used them again. Memory could be added from v5.0 on.',
  confidence: 'source',
  source: 'bbd6ec605c0f',
};
