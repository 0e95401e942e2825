// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { BUGS } from '../../../src/check/bugs/index.js';
import { runChecked } from '../../../src/check/checked-run.js';
import { exploreAll, type Exploration, type ExploreOptions } from '../../../src/check/explore/explorer.js';
import type { Violation } from '../../../src/check/explore/violations.js';
import { Walker } from '../../../src/check/explore/walk.js';
import { saysPresent } from '../../../src/check/repro.js';
import { findKernelRelease, resolveScenario } from '../../../src/scenario/scenario.js';
import { scenarioSchema } from '../../../src/scenario/schema.js';

/** Bugs that were found by people: the explorer finds them too, without being told, on a release that has them. */
interface Rediscovery {
  /** Number in the catalogue. */
  bug: string;
  /** What shows it, and in how many steps. */
  breaks: string;
  says?: RegExp;
  length: number;
  has: string;
  /** One that does not, if there is one that has what it takes. */
  hasNot?: string;
  world: Partial<ExploreOptions> & { machine: ExploreOptions['machine'] };
}

const x86 = (structPageSize: number) => ({ arch: 'x86_64', structPageSize });
const arm64 = (pageSize: string, structPageSize: number) => ({ arch: 'arm64', pageSize, structPageSize });
const SMALL_VMEMMAP_PAGES = { mmu: 'hash', pageSize: '4K', vmemmapPageSize: '4K', htabSizeBytes: '256K' } as const;

const REDISCOVERIES: readonly Rediscovery[] = [
  {
    bug: 'B01',
    breaks: 'no-leak',
    says: /pmd describes nothing/,
    length: 2,
    has: '5.12',
    hasNot: '5.13',
    world: { machine: x86(56), depth: 2 },
  },
  {
    bug: 'B02',
    breaks: 'no-hole',
    length: 5,
    has: '5.12',
    hasNot: '5.13',
    world: { machine: x86(56), depth: 5 },
  },
  {
    bug: 'B03',
    breaks: 'no-leak',
    says: /pmd describes nothing/,
    length: 2,
    has: '5.17',
    hasNot: '5.18',
    world: { machine: x86(80), depth: 2 },
  },
  {
    bug: 'B03f',
    breaks: 'no-crash',
    says: /no mapping at/,
    length: 1,
    has: '5.17',
    hasNot: '5.18',
    world: { machine: x86(56), depth: 2 },
  },
  {
    bug: 'B04',
    breaks: 'right-owner',
    says: /given to the page allocator, which never handed it out/,
    length: 3,
    has: '6.12.117',
    hasNot: '6.1',
    world: { machine: x86(80), units: ['section', 'subsection'], altmaps: ['none', 'own'], depth: 3 },
  },
  {
    bug: 'B05',
    breaks: 'no-leak',
    says: /511 pages of system memory that nothing maps/,
    length: 2,
    has: '6.19',
    hasNot: '7.2',
    world: { machine: x86(64), depth: 2, sections: 1 },
  },
  {
    bug: 'B08',
    breaks: 'no-hole',
    length: 3,
    has: '6.13',
    hasNot: '6.14',
    world: { machine: arm64('4K', 64), units: ['subsection'], sections: 1, depth: 3 },
  },
  {
    bug: 'B10',
    breaks: 'no-hole',
    length: 3,
    has: '5.12',
    hasNot: '5.11',
    world: { machine: arm64('4K', 80), depth: 3 },
  },
  {
    bug: 'B11',
    breaks: 'no-hole',
    length: 3,
    has: '7.3',
    hasNot: '5.6',
    world: { machine: arm64('64K', 64), units: ['subsection'], sections: 1, depth: 3 },
  },
  {
    bug: 'B12s',
    breaks: 'no-hole',
    length: 2,
    has: '6.14',
    hasNot: '7.3',
    world: { machine: arm64('4K', 80), units: ['section', 'subsection'], depth: 2 },
  },
  {
    bug: 'B26',
    breaks: 'counters',
    says: /nr_memmap_pages is -/,
    length: 1,
    has: '7.0',
    hasNot: '7.2',
    world: { machine: x86(64), sections: 1, depth: 1, fail: true },
  },
  {
    bug: 'B31',
    breaks: 'no-hole',
    length: 2,
    has: '7.3',
    world: {
      machine: { arch: 'ppc64', structPageSize: 64, ...SMALL_VMEMMAP_PAGES },
      units: ['subsection'],
      sections: 1,
      depth: 2,
    },
  },
  {
    bug: 'B39',
    breaks: 'section-state',
    length: 2,
    has: '5.5',
    hasNot: '5.6',
    world: { machine: x86(64), units: ['half'], sections: 1, depth: 2 },
  },
  {
    bug: 'X03',
    breaks: 'no-crash',
    says: /radix__vmemmap_create_mapping/,
    length: 1,
    has: '6.5',
    hasNot: '6.6',
    world: { machine: { arch: 'ppc64', mmu: 'radix', pageSize: '64K' }, sections: 1, depth: 1, fail: true },
  },
];

const exploreOn = ({ world }: Rediscovery, kernel: string): Exploration =>
  exploreAll({
    sections: 2,
    depth: 3,
    units: ['section'],
    altmaps: ['none'],
    fail: false,
    ...world,
    machine: { ...world.machine, kernel },
  });

const shown = ({ breaks, says }: Rediscovery, { violations }: Exploration): Violation | undefined =>
  violations.find(({ invariant, text }) => invariant === breaks && (says === undefined || says.test(text)));

describe.each(REDISCOVERIES)('$bug, without being told', (entry) => {
  test(`is found on ${entry.has}, by the fewest steps`, () => {
    const exploration = exploreOn(entry, entry.has);
    const violation = shown(entry, exploration);
    expect(violation?.length).toBe(entry.length);
    const scenario = resolveScenario(scenarioSchema.parse(violation!.scenario));
    expect(runChecked(scenario).findings).toContainEqual(
      expect.objectContaining({ step: entry.length - 1, invariant: entry.breaks, text: violation!.text }),
    );
    expect(exploration.ended).toBeUndefined();
  });

  test('is in the catalogue as the explorer shows it, if it is there', () => {
    const bug = BUGS.find(({ id }) => id === entry.bug);
    if (bug === undefined) return;
    expect(bug.symptom.breaks).toBe(entry.breaks);
    expect(saysPresent(bug, findKernelRelease(entry.has))).toBe(true);
    if (entry.hasNot !== undefined) expect(saysPresent(bug, findKernelRelease(entry.hasNot))).toBe(false);
  });
});

describe.each(REDISCOVERIES.filter(({ hasNot }) => hasNot !== undefined))('$bug, on $hasNot', (entry) => {
  test('is not found', () => {
    const exploration = exploreOn(entry, entry.hasNot!);
    expect(exploration.states).toBeGreaterThan(1);
    expect(shown(entry, exploration)).toBeUndefined();
  });
});

describe('an exploration', () => {
  const world: ExploreOptions = {
    machine: { arch: 'x86_64', kernel: '7.3', structPageSize: 64 },
    sections: 3,
    units: ['section'],
    altmaps: ['none'],
    depth: 7,
    fail: false,
  };

  test('ends when all states are known: each of three sections is absent, there, or there and used', () => {
    expect(exploreAll({ ...world, depth: 6 }).states).toBeGreaterThanOrEqual(3 ** 3);
    expect(exploreAll({ ...world, depth: 20 }).states).toBe(exploreAll({ ...world, depth: 10 }).states);
  });

  test('needs something that can be added', () => {
    const old = { ...world, machine: { arch: 'x86_64', kernel: '5.2' } };
    expect(() => exploreAll({ ...old, units: ['subsection'] })).toThrow('on 5.2 nothing of that can be added');
  });

  test('ends after so many states', () => {
    const { states, ended } = exploreAll(world, { maxStates: 10 });
    expect(states).toBeGreaterThanOrEqual(10);
    expect(ended).toBe('states');
  });

  test('ends when states take more memory than they may', () => {
    expect(exploreAll(world, { maxMemory: 1 }).ended).toBe('memory');
  });
});

describe('random walks', () => {
  const options: ExploreOptions = {
    machine: { arch: 'x86_64', kernel: '5.12', structPageSize: 56 },
    sections: 3,
    units: ['section'],
    altmaps: ['none'],
    depth: 2,
    fail: false,
  };
  const walked = (seed: number): Violation[] => {
    const { alphabet, violations } = exploreAll(options);
    const walker = new Walker(alphabet, options, violations, seed);
    while (walker.walks < 40) walker.walk();
    return walker.violations;
  };

  test('go the same way for the same seed', () => {
    expect(walked(7)).toEqual(walked(7));
  });

  test('find what two steps do not show, and need no step of what they tell', () => {
    const hole = walked(7).find(({ invariant }) => invariant === 'no-hole');
    // B02: nobody shows it in fewer.
    expect(hole?.length).toBe(5);
  });
});
