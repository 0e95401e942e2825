// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const smallLeaves: Bug = {
  id: 'B34',
  name: 'small-leaves',
  title: 'Radix maps the vmemmap with base pages where it has leaves of 2 MiB',
  present: [{ from: '4.18', until: '5.3' }],
  fix: '89a3496e0664 (powerpc/mm/radix: Use the right page size for vmemmap mapping) in v5.3',
  structPageSizes: [64, 72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 4096, structPageSize: 64 },
    steps: [{ op: 'add-pages', start: '0x1000000000', size: '128M' }],
  },
  symptom: { step: 0, breaks: 'large-leaves' },
  explanation:
    'mmu_vmemmap_psize was left at the base page size when the kernel started under radix, so vmemmap_populate() made blocks of one page: 512 entries, and 512 nodes in vmemmap_list, where one of each would do.',
  confidence: 'source',
  source: '89a3496e0664, stable mail of 2019-09',
};
