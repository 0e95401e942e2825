// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const altmapIgnored: Bug = {
  id: 'B13',
  name: 'altmap-ignored',
  title: 'arm64 takes memmap from system memory though the device brings its own',
  present: [{ from: '5.0', until: '5.9' }],
  fix: 'eee07935bb52 (arm64/mm: enable vmem_altmap support for vmemmap mappings) in v5.9',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 64 },
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x13ffff, free: 8192 } },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '1G', altmap: 'dev' }],
  },
  symptom: { step: 0, breaks: 'altmap-serves' },
  explanation:
    'vmemmap_populate() was given the altmap and did not look at it: blocks and pages came from vmemmap_alloc_block_buf() and so from system memory. The pages that the device had set aside stayed idle, and no error told of it.',
  confidence: 'source',
  source: 'eee07935bb52',
};
