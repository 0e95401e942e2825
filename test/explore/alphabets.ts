// SPDX-License-Identifier: GPL-2.0-only

import type { AlphabetOptions } from '../../src/explore/alphabet.js';

/** Small worlds, one for each way in which an architecture maps its memmap. */

type Machine = AlphabetOptions['machine'];

const world = (machine: Machine, more: Partial<AlphabetOptions> = {}): AlphabetOptions => ({
  machine,
  sections: 2,
  units: ['section', 'subsection'],
  altmaps: ['none', 'own'],
  ...more,
});

export const ALPHABETS: readonly AlphabetOptions[] = [
  world({ arch: 'x86_64', kernel: '6.12.117', structPageSize: 64 }),
  world({ arch: 'x86_64', kernel: '6.12.117', structPageSize: 80 }),
  world({ arch: 'x86_64', kernel: '6.12.117', structPageSize: 56 }, { altmaps: ['none', 'shared', 'reserve'] }),
  world({ arch: 'x86_64', kernel: '5.12', structPageSize: 56 }, { sections: 3, units: ['section'] }),
  world({ arch: 'x86_64', kernel: '5.15', structPageSize: 80, hugeVmemmap: false }, { units: ['half'] }),
  world({ arch: 'x86_64', kernel: '7.0', structPageSize: 64, pagingLevels: 5 }),
  world({ arch: 'arm64', kernel: '6.12.117', pageSize: '4K', structPageSize: 80 }),
  world({ arch: 'arm64', kernel: '6.12.117', pageSize: '64K', structPageSize: 64 }),
  world({ arch: 's390', kernel: '6.12.117', structPageSize: 56 }),
  world({ arch: 'ppc64', kernel: '6.12.117', mmu: 'radix', pageSize: '64K', structPageSize: 64 }),
  world({ arch: 'ppc64', kernel: '6.1', mmu: 'radix', pageSize: '4K', structPageSize: 80 }),
  world({ arch: 'ppc64', kernel: '6.12.117', mmu: 'hash', pageSize: '64K', structPageSize: 64 }),
];

const blocks = (machine: Machine, more: Partial<AlphabetOptions> = {}): AlphabetOptions => ({
  machine,
  sections: 2,
  units: ['block'],
  altmaps: ['none', 'own', 'shared'],
  fail: true,
  ...more,
});

/** Worlds of memory blocks, by how a release keeps their altmaps and zones; one has devices behind the block. */
export const BLOCK_ALPHABETS: readonly AlphabetOptions[] = [
  blocks({ arch: 'x86_64', kernel: '6.12.117', structPageSize: 64 }),
  blocks({ arch: 'x86_64', kernel: '5.15', structPageSize: 64 }),
  blocks({ arch: 'x86_64', kernel: '6.6', structPageSize: 64, memmapOnMemory: 'force' }),
  blocks({ arch: 'x86_64', kernel: '5.4', structPageSize: 56 }, { sections: 3, altmaps: ['none'] }),
  blocks({ arch: 'x86_64', kernel: '7.3', structPageSize: 80 }, { sections: 1, units: ['block', 'section'] }),
  blocks({ arch: 'arm64', kernel: '6.12.117', pageSize: '64K', structPageSize: 64 }),
  blocks({ arch: 's390', kernel: '6.12.117', structPageSize: 64 }),
  blocks({
    arch: 'ppc64',
    kernel: '6.12.117',
    mmu: 'radix',
    pageSize: '64K',
    blockSize: '256M',
    memmapOnMemory: 'force',
  }),
  blocks({ arch: 'ppc64', kernel: '6.12.117', mmu: 'hash', pageSize: '64K', blockSize: '256M' }, { altmaps: ['none'] }),
];
