// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from './bug.js';

export const altmapEndTooFar: Bug = {
  id: 'B17',
  name: 'altmap-end-too-far',
  title: 'Memory behind the altmap counts as its own, and is lost when it is freed',
  present: [{ from: '5.1', until: '6.5' }],
  endedIn: { '5.10': 190, '6.1': { by: 192 }, '6.4': 10 },
  fix: '6722b2571205 (powerpc/mm/altmap: Fix altmap boundary check) in v6.5',
  structPageSizes: [64],
  scenario: {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64, ramBasePfn: 0x118000 },
    altmaps: { dev: { basePfn: 0x100000, endPfn: 0x117fff, reserve: 0x17fc0, free: 64 } },
    steps: [
      { op: 'add-pages', start: '0x1000000000', size: '6G', altmap: 'dev' },
      { op: 'remove-pages', start: '0x1100000000', size: '2G', altmap: 'dev' },
    ],
  },
  symptom: { step: 1, breaks: 'no-leak', complains: { kind: 'lost-pages' } },
  explanation:
    'vmemmap_free() tells by the frame whether a block is the altmap’s, and put the end of the altmap at base + reserve + free + alloc + align: what is handed out was counted twice. Here the altmap lies at the end of the device with system memory behind it, and has room for two leaves of three; the third is of system memory. Its frame lies within 64 pages behind the altmap, so removing it subtracts from the altmap and gives nothing back. Until v5.0 there was no test by frame, and an altmap without room made adding fail.',
  confidence: 'source',
  source: '20230724181320.471386-1-aneesh.kumar@linux.ibm.com',
};
