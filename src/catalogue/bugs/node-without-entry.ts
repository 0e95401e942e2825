// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

/** Memory whose memmap falls into one group: 32 TiB make 32 GiB of memmap, 2048 vmemmap pages of 16 MiB. */
const STRIDE = 2 ** 45;
/** Bolted entries that fill a primary and a secondary group. */
const FULL_GROUPS = 16;

export const nodeWithoutEntry: Bug = {
  id: 'B32',
  name: 'node-without-entry',
  title: 'Where no entry could be bolted the clean-up warns that it finds none',
  present: [{ from: '5.3' }],
  fix: 'open',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'hash', pageSize: 65536, structPageSize: 64, htabSizeBytes: '256K' },
    steps: Array.from({ length: FULL_GROUPS + 1 }, (_, i) => ({
      op: 'add-pages' as const,
      start: `0x${(i * STRIDE).toString(16)}`,
      size: '16M',
    })),
  },
  symptom: {
    step: FULL_GROUPS,
    breaks: 'no-warning',
    complains: { kind: 'warning', warning: 'hash__vmemmap_remove_mapping' },
  },
  explanation:
    'htab_bolt_mapping() finds both groups of the hashed page table full of bolted entries and gives up, so vmemmap_populate() returns -EFAULT; its block and the node in vmemmap_list are there already. Adding fails with -ENOMEM, and the clean-up goes by the list: it frees the block and then warns that there is no entry to remove. Nothing is lost. Until v5.2 nothing was cleaned up, and block and node stayed, see failed-add-stays: so the warning begins with v5.3 and not earlier. The memory of the scenario lies 32 TiB apart, where the hash of its memmap comes round in a table of 2048 groups.',
  confidence: 'source',
  source: 'read in arch/powerpc/mm/book3s64/hash_utils.c, hash_pgtable.c and arch/powerpc/mm/init_64.c',
};
