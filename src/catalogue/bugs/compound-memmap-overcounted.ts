// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const compoundMemmapOvercounted: Bug = {
  id: 'B28',
  name: 'compound-memmap-overcounted',
  title: 'nr_memmap counts memmap of compound device pages that was saved',
  present: [{ from: '6.11', until: '7.2' }],
  endedIn: { '6.12': 101 },
  fix: 'the series “mm: Fix vmemmap optimization accounting and initialization” (final commit not established) in v7.2',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [{ op: 'memremap-pages', device: 'dax', start: '0x1000000000', size: '128M', compoundSize: '2M' }],
  },
  symptom: { step: 0, breaks: 'counts-what-is-used' },
  explanation:
    'vmemmap_populate_compound_pages() takes two pages of memmap for each compound page and maps the second again and again. The counter is moved by what the range would take in full: 512 pages for 128 MiB, of which 128 exist. Removal subtracts the same, so nothing is left over in the end.',
  confidence: 'source',
  source: '20260428081855.1249045-1-songmuchun@bytedance.com, patch 4 of the series',
};
