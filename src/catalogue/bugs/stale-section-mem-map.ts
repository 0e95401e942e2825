// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const staleSectionMemMap: Bug = {
  id: 'B39',
  name: 'stale-section-mem-map',
  title: 'A section that lost its last subsection keeps a section_mem_map',
  present: [{ from: '5.3', until: '5.6' }],
  fix: '1f503443e7df (mm/sparse: reset section’s mem_map when fully deactivated) in v5.6',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 64 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '64M' },
      { op: 'add-pages', start: '0x104000000', size: '64M' },
      { op: 'remove-pages', start: '0x100000000', size: '64M' },
      { op: 'remove-pages', start: '0x104000000', size: '64M' },
    ],
  },
  symptom: { step: 3, breaks: 'section-state' },
  explanation:
    'When the last subsection went, section_deactivate() encoded a null memmap for the section, which is its number with the sign turned and not zero. The section is not valid, yet its section_mem_map reads as if something were there.',
  confidence: 'memory',
  source: '1f503443e7df, from memory',
};
