// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const tableTakenForLeaf: Bug = {
  id: 'B12',
  name: 'table-taken-for-leaf',
  title: 'A table that lacks entries counts as a block that maps everything',
  present: [{ from: '5.11', until: '7.2' }],
  fix: 'the series “mm/sparse-vmemmap: provide generic vmemmap_set_pmd() and vmemmap_check_pmd()” (final commit not established) in v7.2',
  structPageSizes: [72, 80],
  scenario: {
    machine: { arch: 'arm64', pageSize: 4096, structPageSize: 80 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M' },
    ],
    failAllocations: [4],
  },
  symptom: { step: 1, breaks: 'no-hole' },
  explanation:
    'There is no memory for the second block of the first section, so vmemmap_populate_basepages() maps the half MiB of it that the section needs. The next section begins in the same PMD. Whatever stands there counts as mapped: vmemmap_check_pmd(), and the loop of vmemmap_populate() before it, does not ask whether it is a block or a table. Adding returns 0, and the first 1.5 MiB of the section’s memmap do not exist. It takes the way back to base pages, which arm64 has only since v5.11 (9f84f39f5515); until then adding the first section failed, so the bug does not begin with v5.7. Since v6.14 no allocation has to fail, see table-taken-for-leaf-subsection.',
  confidence: 'derived',
  source: '20241121071256.487220-3-quic_zhenhuah@quicinc.com; 9f84f39f5515 read for where it begins',
  seen: 'Linux 6.12.117 for arm64 (tinyconfig, 4K pages, struct page padded to 80 bytes), QEMU 7.2.22, TCG, virt with two DIMMs: fail_page_alloc lets the second block of the first DIMM fail, which then has base pages at fffffd7fc5200000-fffffd7fc5280000; adding the second DIMM succeeds, and fffffd7fc5280000, its first struct page, is not mapped',
};
