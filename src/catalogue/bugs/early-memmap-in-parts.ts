// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const earlyMemmapInParts: Bug = {
  id: 'X11',
  name: 'early-memmap-in-parts',
  title: 'A device that leaves a section of boot memory takes struct pages of the boot along',
  present: [{ from: '5.7', until: '5.9' }],
  fix: 'ef69bc9f689d (mm/sparse: never partially remove memmap for early section) in v5.9',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'arm64', structPageSize: 64, boot: [{ start: '0x100000000', size: '64M' }] },
    steps: [
      { op: 'add-pages', start: '0x104000000', size: '64M' },
      { op: 'remove-pages', start: '0x104000000', size: '64M' },
    ],
  },
  symptom: { step: 1, breaks: 'no-hole' },
  explanation:
    'A section of boot memory has its whole memmap since boot, and a device in a hole of it uses that. When the device went, section_deactivate() gave its part to vmemmap_free(), as if it had been populated for the device. On arm64 that frees the whole leaf, in which the struct pages of boot memory are too. x86_64 fills the part with 0xFD from v5.3 on, and a device that comes back finds it so, since nothing is populated again.',
  confidence: 'source',
  source: 'the fix; 20200623094258.6705-1-richard.weiyang@linux.alibaba.com from memory',
};
