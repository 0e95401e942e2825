// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const stalePaint: Bug = {
  id: 'B02',
  name: 'stale-paint',
  title: 'Paint of an earlier removal makes a leaf in use look unused',
  present: [{ from: '4.18', until: '5.13' }],
  fix: '8d400913c231 (x86/vmemmap: handle unpopulated sub-pmd ranges) in v5.13',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 56 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M' },
      { op: 'remove-pages', start: '0x108000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 4, breaks: 'no-hole' },
  explanation:
    'Two sections share a leaf. Removing the second fills its part of the leaf with 0xFD; adding it again finds the leaf there and writes nothing, so the part still looks unused until something initialises the struct pages. If the first section goes before that, remove_pmd_table() paints the other part, finds 0xFD all over the leaf and frees it, under the section that is there. A kernel with CONFIG_DEBUG_VM poisons the memmap of what it adds and does not see this.',
  confidence: 'derived',
  source: 'read in the code that 8d400913c231 replaced',
};
