// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const counterUnderflow: Bug = {
  id: 'B26',
  name: 'counter-underflow',
  title: 'nr_memmap loses pages that it never had when adding fails',
  present: [{ from: '6.11', until: '7.2' }],
  endedIn: { '6.12': 101 },
  fix: 'the series “mm: Fix vmemmap optimization accounting and initialization” (final commit not established) in v7.2',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
    failAllocations: [1],
  },
  symptom: { step: 0, breaks: 'counters', complains: { kind: 'counter-negative' } },
  explanation:
    'nr_memmap is added to when populating has succeeded. Where it fails, section_activate() calls section_deactivate(), and depopulate_section_memmap() subtracts the pages of the whole range. It is so since the counter exists: from v6.11 to v6.16 __populate_section_memmap() added it behind its check for failure, and c3576889d87b (mm: fix accounting of memmap pages) in v6.17 moved that to the caller and changed nothing in this. So the bug does not begin with v6.17.',
  confidence: 'source',
  source: '20260428081855.1249045-2-songmuchun@bytedance.com; 15995a352474 and c3576889d87b read for where it begins',
};
