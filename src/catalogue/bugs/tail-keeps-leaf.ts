// SPDX-License-Identifier: GPL-2.0-only

import { PMD } from '../../hardware/page-table.js';
import type { Bug } from './bug.js';

export const tailKeepsLeaf: Bug = {
  id: 'B01',
  name: 'tail-keeps-leaf',
  title: 'The tail of a leaf that no section ever used keeps the leaf for ever',
  present: [{ from: '4.18', until: '5.13' }],
  fix: '8d400913c231 (x86/vmemmap: handle unpopulated sub-pmd ranges) in v5.13',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 56 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'idle-leaf', level: PMD } },
  explanation:
    'Removing a section fills its part of a leaf with 0xFD and frees the leaf when all 2 MiB of it are 0xFD. The memmap of a section does not fill its last leaf, and nobody ever paints the rest, so the scan finds other bytes there and the leaf stays, though it describes nothing. Every add and remove of the section finds the same leaf again; a section that is added elsewhere leaks another.',
  confidence: 'source',
  source: '20210309214050.4674-3-osalvador@suse.de',
};
