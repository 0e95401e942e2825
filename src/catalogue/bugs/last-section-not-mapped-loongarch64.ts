// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const lastSectionNotMappedLoongarch64: Bug = {
  id: 'L3',
  name: 'last-section-not-mapped-loongarch64',
  title: 'The memmap of the last section ends at 2^64, and none of it is mapped',
  present: [{ from: '7.1' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'loongarch64', pageSize: 16384, structPageSize: 64 },
    steps: [{ op: 'add-pages', start: '0xffffe0000000', size: '512M' }],
  },
  symptom: { step: 0, breaks: 'no-hole' },
  explanation:
    'Since the vmemmap is aligned to the memmap of the largest folio, with 64-byte struct pages, 47 bits and 4K or 16K pages it ends at 2^64. The end of the last section’s memmap is 0 then, populating is a loop while the address is below the end, and it returns 0 at once. The area of KFENCE, which lies behind the vmemmap, begins at 0. No machine has memory there; before, the region ended a PMD lower.',
  confidence: 'derived',
  source: 'computed from VMEMMAP_ALIGN and vmemmap of arch/loongarch/include/asm/pgtable.h of 7.2',
  toConfirm:
    'A kernel with 64-byte struct pages and CONFIG_KFENCE on a CPU of 47 bits: what KFENCE says of its pool at boot tells whether the area begins at 0; memory at 2^48 - 512 MiB is nothing that QEMU can plug.',
};
