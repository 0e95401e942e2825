// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const blockWithoutNode: Bug = {
  id: 'B23',
  name: 'block-without-node',
  title: 'A block whose node found no memory is never removed',
  present: [{ from: '4.18', until: '5.10' }],
  fix: 'ccaea15296f9 (powerpc/vmemmap: Fix memory leak with vmemmap list allocation failures) in v5.10',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x1000000000', size: '16M' },
      { op: 'remove-pages', start: '0x1000000000', size: '16M' },
    ],
    failAllocations: [2],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'idle-leaf' } },
  explanation:
    'vmemmap_list_populate() notes every block in a list, for vmemmap_free() to find it. Without memory for a node it warned and returned, the block was mapped, and adding succeeded. On removal vmemmap_list_free() finds no node, and block and mapping stay. The same holds under the hash MMU.',
  confidence: 'source',
  source: '20200731113500.248306-1-aneesh.kumar@linux.ibm.com',
};
