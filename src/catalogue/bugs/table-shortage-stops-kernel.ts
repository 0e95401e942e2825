// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const tableShortageStopsKernel: Bug = {
  id: 'X03',
  name: 'table-shortage-stops-kernel',
  title: 'Without memory for a table radix stops the kernel',
  present: [{ from: '4.18', until: '6.6' }],
  fix: '368a0590d954 (powerpc/book3s64/vmemmap: switch radix to use a different vmemmap handling function) in v6.6',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
    steps: [{ op: 'add-pages', start: '0x1000000000', size: '16M' }],
    failAllocations: [3],
  },
  symptom: { step: 0, breaks: 'no-crash', complains: { kind: 'bug' } },
  explanation:
    'vmemmap_populate() takes a block and a node, each of which may fail and is answered with -ENOMEM, and then has radix__vmemmap_create_mapping() map the block. That needs tables, and asks with BUG_ON() that none of them failed: adding memory to a machine that is short of it, which is when memory is added, can stop it. The walk that radix has of its own since v6.6 returns -ENOMEM.',
  confidence: 'derived',
  source: 'found by vmemmap run --fail-each; read in arch/powerpc/mm/book3s64/radix_pgtable.c of 6.1',
};
