// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { searchShowing } from '../../src/explore/showing/search.js';
import { shown } from '../../src/explore/showing/shown.js';
import { SHOWINGS } from '../../src/history/showings.js';
import { type Trait, TRAIT_KEYS, type TraitKey, TRAITS } from '../../src/history/traits/index.js';
import { isWithin, findRelease, resolveTraits } from '../../src/history/releases.js';
import { UNSEEN } from '../../src/history/unseen.js';
import { historyPage } from './history-page.js';

/** The shortest scenarios that show traits. */

const PAGE = join(import.meta.dirname, '..', '..', 'src', 'docs', 'history.md');

const stepsOf = (scenario: object): number => (scenario as { steps: unknown[] }).steps.length;

describe('a trait', () => {
  test('is shown by a scenario, or it is said why none shows it', () => {
    const seen = new Map(SHOWINGS.map(({ trait }) => [trait, 1]));
    for (const key of TRAIT_KEYS) expect([key, seen.has(key) !== (UNSEEN[key] !== undefined)]).toEqual([key, true]);
    expect(SHOWINGS.length).toBe(seen.size);
  });

  test('is shown by a release that has it, and parts from it only without it', () => {
    for (const showing of SHOWINGS) {
      const release = findRelease(showing.release)!;
      const trait: Trait = TRAITS[showing.trait];
      expect([showing.trait, resolveTraits(release)[showing.trait]]).toEqual([showing.trait, true]);
      expect(isWithin(release.mainline, trait.from, undefined)).toBe(true);
      expect([showing.trait, shown(showing)?.names]).toEqual([
        showing.trait,
        [release.name, `${release.name} without ${trait.name}`],
      ]);
    }
  });

  test('does not show before the last step of its scenario', () => {
    for (const showing of SHOWINGS.filter(({ scenario }) => stepsOf(scenario) > 1)) {
      const { steps, ...rest } = showing.scenario as { steps: unknown[] };
      const seen = shown({ ...showing, scenario: { ...rest, steps: steps.slice(0, -1) } });
      expect([showing.trait, seen?.parting]).toEqual([showing.trait, undefined]);
    }
  });
});

describe('a search', () => {
  test.each<[TraitKey, number]>([
    ['x86TrackUnusedSubPmd', 1],
    ['s390SegmentPresentBit', 1],
    ['countNrMemmap', 1],
  ])('finds the scenario of %s, which is recorded, in %i steps', (key, length) => {
    const found = searchShowing(key, { length, limit: 400, isOnAny: false });
    expect({ trait: key, ...JSON.parse(JSON.stringify(found)) }).toEqual(SHOWINGS.find(({ trait }) => trait === key));
  });
});

test('the page of the documentation is what `npm run showings` would write', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(historyPage());
});
