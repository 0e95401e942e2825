// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const bootMemmapLost: Bug = {
  id: 'B21',
  name: 'boot-memmap-lost',
  title: 'Memmap made at boot is unmapped with its memory, and not freed',
  present: [{ from: '5.9', until: '6.19' }],
  fix: 'd5e88d32de4e (s390/mm: Support removal of boot-allocated virtual memory map) in v6.19',
  structPageSizes: [56, 64, 72, 80],
  scenario: {
    machine: { arch: 's390', structPageSize: 64, boot: [{ start: '0x0', size: '512M' }] },
    steps: [{ op: 'remove-pages', start: '0x10000000', size: '256M' }],
  },
  symptom: { step: 0, breaks: 'boot-memmap-returns' },
  explanation:
    'vmem_free_pages() and vmem_pte_free() expected that memory of the boot is never removed: for a reserved page they warn and return. The caller clears the entry all the same, so the frames are mapped by nothing and belong to nobody. Until v5.8 nothing was unmapped either, see never-freed-s390.',
  confidence: 'source',
  source: '20251010085147.2175918-2-sumanthk@linux.ibm.com',
};
