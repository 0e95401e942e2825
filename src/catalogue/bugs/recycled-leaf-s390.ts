// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const recycledLeafS390: Bug = {
  id: 'X10s',
  name: 'recycled-leaf-s390',
  title:
    'A frame of 1 MiB that was freed unused goes with its first section, and takes the struct pages of the next along',
  present: [{ from: '5.9' }],
  fix: 'open',
  structPageSizes: [56, 72],
  scenario: {
    machine: { arch: 's390', structPageSize: 56 },
    steps: [
      { op: 'add-pages', start: '0x100000000', size: '256M', frameContent: '0xfd' },
      { op: 'add-pages', start: '0x110000000', size: '256M' },
      { op: 'remove-pages', start: '0x100000000', size: '256M' },
    ],
  },
  symptom: { step: 2, breaks: 'no-hole' },
  explanation:
    'As X10: vmemmap_use_new_sub_pmd() of s390 writes one struct page and remembers the unused tail in unused_sub_pmd_start; vmemmap_use_sub_pmd() finds that the next section starts there and writes nothing. Where the frame was freed full of PAGE_UNUSED, the second section reads as unused until it is online, and vmemmap_unuse_sub_pmd() of the first frees the frame under it.',
  confidence: 'source',
  source: 'found by exploration, unconfirmed; then read in arch/s390/mm/vmem.c of 5.10.262 to 7.3.4',
  toConfirm:
    'On a guest of s390 with two standby increments of 256 MiB and struct pages of 56 bytes (no memory cgroups): configure and deconfigure the first, configure both and leave them offline, deconfigure the first, then set the second online.',
};
