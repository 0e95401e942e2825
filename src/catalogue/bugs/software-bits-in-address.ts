// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const softwareBitsInAddress: Bug = {
  id: 'B20',
  name: 'software-bits-in-address',
  title: 'Freeing a 1 MiB frame frees another one, three pages on',
  present: [{ from: '5.9', until: '5.10' }],
  fix: 'b0e98aa9c411 (s390/mm: make pmd/pud_deref() large page aware) in v5.10',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 's390', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '256M' },
      { op: 'remove-pages', start: '0x100000000', size: '256M' },
    ],
  },
  symptom: { step: 1, breaks: 'right-owner' },
  explanation:
    'modify_pmd_table() asks pmd_deref() for the frame behind a large segment entry. That masked as for an entry which points to a table, and left the young and dirty bits of a large entry, 0x3000, in the address. The block that is freed begins three pages behind the one that was allocated and reaches three pages beyond its end; the value is derived from the masks.',
  confidence: 'source',
  source: 'b0e98aa9c411, stable mail of 2020-11-09',
};
