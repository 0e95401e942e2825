// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const vmemmapTableUncountedRiscv64: Bug = {
  id: 'R7',
  name: 'vmemmap-table-uncounted-riscv64',
  title: 'nr_page_table_pages loses a table that it never had',
  present: [{ from: '6.11' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'riscv64', structPageSize: 64 },
    steps: [
      { op: 'memremap-pages', device: 'dax0.0', start: '0x140000000', size: '128M', compoundSize: '2M' },
      { op: 'memunmap-pages', device: 'dax0.0' },
    ],
  },
  symptom: { step: 1, breaks: 'page-tables-counted' },
  explanation:
    'vmemmap_pmd_populate() takes a plain zeroed page for a table; free_pte_table() of riscv runs pagetable_dtor() on it, which takes it off nr_page_table_pages. So each table of base pages that goes makes the statistic one too low. Tables with leaves have none; compound device pages are the usual way to base pages. Until v6.13 the PMD table was treated alike, and with DEBUG_VM its destructor panicked.',
  confidence: 'derived',
  source:
    'read in arch/riscv/mm/init.c of 6.12, 7.2 and 7.3; 20241120131203.1859787-1-bjorn@kernel.org for the PMD table',
  seen: 'Debian’s kernels 6.12.117 and 7.2.13 (Sv57), QEMU 7.2.22, TCG, virt: a compound device-dax of 1 GiB adds nothing to nr_page_table_pages when its 8 tables come and takes 8 off when they go; the counter moves by a few for other reasons too',
};
