// SPDX-License-Identifier: GPL-2.0-only

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { FRAME_CONTENTS } from '../../src/kernel/frame-content.js';
import { runScenario } from '../../src/scenario/runner.js';
import { runChecked } from '../../src/check/checked-run.js';
import { exploreAll, type ExploreOptions } from '../../src/explore/explorer.js';
import { entriesLike } from '../../src/explore/where.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';

/** What memory holds that becomes memmap, and what comes of it. */

const world = (kernel: string, structPageSize: number, altmap: 'none' | 'own'): ExploreOptions => ({
  machine: { arch: 'x86_64', kernel, structPageSize },
  sections: 2,
  units: ['section'],
  altmaps: [altmap],
  memory: ['zero', '0xfd', 'entries'],
  depth: 3,
  fail: false,
});

const cases = ['6.12.117', '7.3'].flatMap((kernel) =>
  [56, 72, 80].flatMap((size) => (['none', 'own'] as const).map((altmap) => ({ kernel, size, altmap }))),
);

describe('a leaf in a frame that holds PAGE_UNUSED goes with its first section', () => {
  test.each(cases)('$kernel, struct page $size bytes, altmap $altmap', ({ kernel, size, altmap }) => {
    const { violations } = exploreAll(world(kernel, size, altmap));
    const hole = violations.find(({ invariant }) => invariant === 'no-hole')!;
    expect(hole.scenario.steps).toMatchObject([
      { op: 'add-pages', frameContent: '0xfd' },
      { op: 'add-pages' },
      { op: 'remove-pages' },
    ]);
    expect(entriesLike(hole).map(({ id }) => id)).toEqual(['X10']);
  });
});

test('memory that reads as zero hides it', () => {
  const { violations } = exploreAll({ ...world('7.3', 56, 'none'), memory: undefined });
  expect(violations).toEqual([]);
});

test.each([
  { frameContent: 'zero', taken: 10 },
  { frameContent: 'entries', taken: 0 },
])(
  'of a leaf that is taken for a table and holds $frameContent, $taken entries look empty',
  ({ frameContent, taken }) => {
    const steps = [
      { op: 'add-pages', start: '0x100000000', size: '128M', frameContent },
      { op: 'add-pages', start: '0x108000000', size: '2M' },
    ];
    const machine = { arch: 'x86_64', kernel: '6.12.117', structPageSize: 80 };
    const { results } = runChecked(resolveScenario(scenarioSchema.parse({ machine, steps })));
    expect(results[1]!.counters['allocPages']! - results[0]!.counters['allocPages']!).toBe(taken);
  },
);

const MACHINES = ARCHITECTURES.flatMap(({ name: arch, configurations }) =>
  configurations.map(({ pageSize, mmu }) => ({ arch, mmu, pageSize: `${pageSize / 1024}K` as '4K' })),
).filter((machine, i, all) => all.findIndex((other) => isDeepStrictEqual(machine, other)) === i);

test.each(MACHINES)('$arch $mmu $pageSize: whatever frames hold, an add maps the same', (machine) => {
  const leavesIn = (frameContent: string | undefined, failAllocations: number[]): unknown => {
    const steps = [{ op: 'add-pages', start: '0x4000000000', size: '1G', frameContent }];
    const scenario = { machine: { ...machine, kernel: '6.12.117', structPageSize: 56 }, steps, failAllocations };
    const { leaves, ret } = runScenario(resolveScenario(scenarioSchema.parse(scenario)))[0]!;
    return { leaves, ret };
  };
  // Without the third allocation some architectures fall back to base pages.
  for (const failing of [[], [3]]) {
    const clean = leavesIn(undefined, failing);
    for (const content of FRAME_CONTENTS) expect(leavesIn(content, failing)).toEqual(clean);
  }
});
