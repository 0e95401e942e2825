// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const foldedWithoutBreak: Bug = {
  id: 'B41',
  name: 'folded-without-break',
  title: 'Folding the memmap of a HugeTLB page changes valid entries that CPUs are using',
  present: [{ from: '5.19', until: '6.3' }],
  endedIn: { '6.1': { by: 192 } },
  fix: '060a2c92d1b6 (arm64: mm: hugetlb: Disable HUGETLB_PAGE_OPTIMIZE_VMEMMAP) in v6.3',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'arm64', structPageSize: 64, hugetlbOptimized: true },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'use', start: '0x100000000', size: '128M' },
      { op: 'hugetlb-optimize', start: '0x100000000', size: '2M' },
    ],
  },
  symptom: { step: 2, breaks: 'hardware-rules', complains: { kind: 'rule-broken' } },
  explanation:
    'Folding puts a table in the place of a valid block and gives valid pages another frame. On arm64 that needs an invalid entry and a TLB invalidation between the old and the new one; without it a CPU may find both at once, and what it does is unpredictable. Breaking first would leave the kernel’s own struct pages unmapped for a moment, and somebody may be reading them: so folding was switched off.',
  confidence: 'source',
  source: 'the commit that ended it, and its discussion when folding was proposed anew in November 2024',
};
