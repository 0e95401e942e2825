// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { searchDifferences } from '../../src/explore/differences.js';
import { exploreAll } from '../../src/explore/explorer.js';
import { findRelease } from '../../src/history/releases.js';
import { openTree } from '../../src/tree/open.js';
import { skipped, treeOf } from './trees.js';

const VERSION = '6.12.117';
const tree = treeOf(VERSION);

/** Machines on which the kernel's books and page tables are most unlike those of x86_64. */
const MACHINES = [
  { what: 'tables of four frames', arch: 's390', structPageSize: 56 },
  { what: 'blocks that one TLBI flushes', arch: 'arm64', pageSize: 4096, structPageSize: 64 },
  // Books of 64 KiB a piece: the slab gets room when the first step runs, and states of before are restored.
  { what: 'a slab that grows', arch: 'ppc64', mmu: 'radix', pageSize: 65536, structPageSize: 64 },
  { what: 'a hashed page table', arch: 'ppc64', mmu: 'hash', pageSize: 65536, structPageSize: 64 },
];

describe.skipIf(tree === undefined)(`a tree and the emulator do not part${skipped}`, () => {
  test.for(MACHINES)('$arch, $what', { timeout: 120_000 }, async (machine) => {
    const { found, machines } = searchDifferences({
      ...machine,
      from: await openTree(`tree:${tree!}`),
      to: findRelease(VERSION)!,
      sections: 2,
      units: ['section', 'subsection'],
      altmaps: ['none', 'own'],
      depth: 2,
      fail: true,
    });
    expect(machines.length).toBeGreaterThan(0);
    // By the same events, not only to the same state.
    expect(machines.map(({ otherWays }) => otherWays)).toEqual(machines.map(() => 0));
    expect(found.map(({ scenario }) => scenario.steps)).toEqual([]);
  });
});

/** Halves come and go at the end of what is explored: the tree alone keeps the number of the highest section that ever came. */
const WORLDS = [
  { what: 'allocations fail', machine: { arch: 'x86_64', structPageSize: 56 }, fail: true },
  { what: 'tables of four frames', machine: { arch: 's390', structPageSize: 56 }, fail: false },
  {
    what: 'roots in pages of 64K',
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: '64K', structPageSize: 64 },
    fail: false,
  },
] as const;

describe.skipIf(tree === undefined)(`a tree and the emulator reach as many states${skipped}`, () => {
  test.for(WORLDS)('$machine.arch, $what', { timeout: 120_000 }, async ({ machine, fail }) => {
    const { name } = await openTree(`tree:${tree!}`);
    const explored = [name, VERSION].map((kernel) => {
      const { states, steps } = exploreAll({
        machine: { ...machine, kernel },
        sections: 2,
        units: ['half'],
        altmaps: ['none'],
        depth: 2,
        fail,
      });
      return { states, steps };
    });
    expect(explored[0]!.states).toBeGreaterThan(1);
    expect(explored[0]).toEqual(explored[1]);
  });
});
