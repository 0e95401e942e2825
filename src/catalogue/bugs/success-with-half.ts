// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const successWithHalf: Bug = {
  id: 'X01',
  name: 'success-with-half',
  title: 's390 says success with half of the memmap mapped when a table cannot be had',
  present: [{ from: '5.9' }],
  fix: 'open',
  structPageSizes: [64, 72, 80],
  scenario: {
    machine: { arch: 's390', structPageSize: 64, hugeVmemmap: false },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '256M' }],
    failAllocations: [260],
  },
  symptom: { step: 0, breaks: 'no-hole' },
  explanation:
    'modify_pmd_table() starts with ret = -ENOMEM and stores in it what modify_pte_table() returns for each MiB. If vmem_pte_alloc() fails for a later MiB the function leaves by the same exit, and ret still says 0 from the MiB before. vmemmap_populate() takes that for success, so nothing is undone: memory is added whose memmap ends after the first MiB, and the first access behind it faults. modify_pud_table() and modify_p4d_table() have the same order of things. Without EDAT1 one failed page does it; with EDAT1 a page table is asked for only where a 1 MiB frame could not be had.',
  confidence: 'derived',
  source: 'found by vmemmap run --fail-each; read in arch/s390/mm/vmem.c of 6.1 and 6.12',
};
