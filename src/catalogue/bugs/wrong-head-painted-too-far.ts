// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const wrongHeadPaintedTooFar: Bug = {
  id: 'B03f',
  name: 'wrong-head-painted-too-far',
  title: 'The head of a new leaf is painted beyond the end of the leaf',
  present: [{ from: '5.13', until: '5.18' }],
  fix: '280abe14b6e0 (x86/mm: Fix marking of unused sub-pmd ranges) in v5.18',
  structPageSizes: [56],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 56 },
    steps: [{ op: 'add-pages', start: '0x108000000', size: '128M' }],
  },
  symptom: { step: 0, breaks: 'no-crash', complains: { kind: 'page-fault' } },
  explanation:
    'The mistake of wrong-head-painted where the unused head is longer than what is left of the leaf: 1.75 MiB are painted from 1.75 MiB on. That runs 1.5 MiB beyond the leaf, into addresses that vmemmap_populate_hugepages() has not mapped yet, and the write faults. Where a neighbour is mapped there, its struct pages are overwritten in silence.',
  confidence: 'source',
  source: '20220509090637.24152-2-ken@codelabs.ch',
};
