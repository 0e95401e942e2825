// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const neverFreedS390: Bug = {
  id: 'B09s',
  name: 'never-freed-s390',
  title: 's390 does not free the memmap of memory that is removed',
  present: [{ from: '4.18', until: '5.9' }],
  fix: '9ec8fa8dc331 (s390/vmemmap: extend modify_pagetable() to handle vmemmap) in v5.9',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 's390', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '256M' },
      { op: 'remove-pages', start: '0x100000000', size: '256M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'idle-leaf' } },
  explanation:
    'vmemmap_free() was empty, and arch_remove_memory() itself came only with v5.3: every 1 MiB frame and every table of a removed section stayed. Adding the section again used them again.',
  confidence: 'source',
  source: '9ec8fa8dc331',
};
