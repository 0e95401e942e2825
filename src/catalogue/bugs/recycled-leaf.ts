// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const recycledLeaf: Bug = {
  id: 'X10',
  name: 'recycled-leaf',
  title: 'A leaf in an old frame goes with its first section, and takes the struct pages of the next along',
  present: [{ from: '5.13', until: '6.19' }, { from: '7.2' }],
  backported: { '7.1': { by: 13 } },
  endedIn: { '6.18': { by: 15 } },
  fix: 'open',
  structPageSizes: [56, 72, 80],
  scenario: {
    machine: { arch: 'x86_64', structPageSize: 56, recycledPages: 'keep' },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x100000000', size: '128M' },
      { op: 'add-pages', start: '0x108000000', size: '128M' },
      { op: 'remove-pages', start: '0x100000000', size: '128M' },
    ],
  },
  symptom: { step: 4, breaks: 'no-hole' },
  explanation:
    'The tail of the last leaf that is not used is only remembered, in unused_pmd_start. A section that starts exactly there uses it up without a write: the bytes are what the frame had before. Where the frame was a leaf that was filled with PAGE_UNUSED and freed, the new section’s struct pages read as unused until they go online, so when the section before it goes the scan finds nothing in use and frees the leaf. Releases that lose 511 of the 512 pages of a freed leaf (B05) do not get its frame back and are spared. Onlining the survivor, or looking at its struct pages, faults.',
  confidence: 'source',
  source: 'read in vmemmap_use_sub_pmd() of 5.13 to 7.3.4; no report is known',
  seen: 'Linux 6.12.117 (56 and 80 byte struct pages) and 7.3.4 (56 bytes in the second, 80 bytes in the third cycle), QEMU 7.2, TCG, q35 with DIMMs: the shared leaf is gone with the first DIMM while the second stays, nothing is logged, and onlining the second oopses in memmap_init_range()',
};
