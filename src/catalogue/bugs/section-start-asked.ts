// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const sectionStartAsked: Bug = {
  id: 'B14',
  name: 'section-start-asked',
  title: 'A block is mapped a second time because only starts of sections are asked for',
  present: [{ from: '5.3', until: '5.5' }],
  fix: '5f5d6e40a01e (powerpc/nvdimm: Update vmemmap_populated to check sub-section range) in v5.5',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'hash', pageSize: 65536, structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x1000400000', size: '4M' },
      { op: 'add-pages', start: '0x1000800000', size: '4M' },
      { op: 'remove-pages', start: '0x1000400000', size: '4M' },
    ],
  },
  symptom: { step: 2, breaks: 'right-owner', complains: { kind: 'leaf-on-free-memory' } },
  explanation:
    'vmemmap_populated() asks of every section in a block whether its first page is valid. Subsections in the middle of a section are not seen, so the second add takes the block for unmapped and makes another: a second node in vmemmap_list and a second bolted entry for the same address. Removing the first subsections again finds the block unused, frees the newest node’s memory and takes out the first entry that it meets, which is the older one. What is left maps memory that was given back, under struct pages in use.',
  confidence: 'source',
  source: '20190910062826.10041-2-aneesh.kumar@linux.ibm.com',
};
