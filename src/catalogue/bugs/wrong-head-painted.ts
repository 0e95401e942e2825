// SPDX-License-Identifier: GPL-2.0-only

import { PMD } from '../../hardware/page-table.js';
import type { Bug } from './bug.js';

export const wrongHeadPainted: Bug = {
  id: 'B03',
  name: 'wrong-head-painted',
  title: 'The head of a new leaf is painted at the wrong place, so the leaf never looks unused',
  present: [{ from: '5.13', until: '5.18' }],
  fix: '280abe14b6e0 (x86/mm: Fix marking of unused sub-pmd ranges) in v5.18',
  structPageSizes: [56, 72],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 72 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '512M' },
      { op: 'remove-pages', start: '0x100000000', size: '512M' },
      { op: 'add-pages', start: '0x120000000', size: '512M' },
      { op: 'remove-pages', start: '0x120000000', size: '512M' },
    ],
  },
  symptom: { step: 3, breaks: 'no-leak', complains: { kind: 'idle-leaf', level: PMD } },
  explanation:
    'Memory is added whose memmap begins in the middle of a leaf. vmemmap_use_new_sub_pmd() should fill what lies before it in the leaf with 0xFD; it takes the right number of bytes, but from the beginning of the used part on. The head keeps other bytes, and the mark of the used part is overwritten. On removal the used part is painted, the scan of the whole leaf finds the head, and the leaf stays though nothing uses it. The last two steps show it alone; the first two are for kernels before v5.13, which would keep the leaf for another reason (tail-keeps-leaf) had its head never been used and painted. With 80 bytes a single second section does it. Where the head is longer than the rest of the leaf it is worse, see wrong-head-painted-too-far.',
  confidence: 'source',
  source: '20220509090637.24152-2-ken@codelabs.ch',
};
