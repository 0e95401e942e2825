// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const tableTakenForLeafSubsection: Bug = {
  id: 'B12s',
  name: 'table-taken-for-leaf-subsection',
  title: 'After a subsection the section behind it is not mapped',
  present: [{ from: '6.14', until: '7.2' }],
  backported: { '6.1': { by: 192 }, '6.12': 20 },
  fix: 'the series “mm/sparse-vmemmap: provide generic vmemmap_set_pmd() and vmemmap_check_pmd()” (final commit not established) in v7.2',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 80 },
    steps: [
      { op: 'add-pages', start: '0x107e00000', size: '2M' },
      { op: 'add-pages', start: '0x108000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-hole' },
  explanation:
    'The other way into table-taken-for-leaf, without any shortage: less than a section is mapped with base pages, so the PMD of the last subsection points to a table. The next section begins in the same PMD, vmemmap_check_pmd() takes the table for a block, and the part of the section’s memmap that lies there is never mapped. The stable trees have it since they took over d4234d131b0a.',
  confidence: 'derived',
  source: '20241121071256.487220-3-quic_zhenhuah@quicinc.com',
};
