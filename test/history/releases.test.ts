// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BOUNDARY_RELEASES,
  findRelease,
  isWithin,
  releaseOfSeries,
  resolveTraits,
  STABLE_RELEASES,
} from '../../src/history/releases.js';
import { TRAITS, type Trait } from '../../src/history/traits/index.js';

/** v4.18 to v7.3, as they were released. */
const MAINLINE = [
  ...[18, 19, 20].map((minor) => `4.${minor}`),
  ...Array.from({ length: 20 }, (_, minor) => `5.${minor}`),
  ...Array.from({ length: 20 }, (_, minor) => `6.${minor}`),
  ...[0, 1, 2, 3].map((minor) => `7.${minor}`),
];

describe('releases', () => {
  test.each(MAINLINE)('%s is known', (name) => {
    expect(findRelease(name)).toMatchObject({ name, mainline: name });
  });

  test.each(['4.17', '4.21', '5.20', '6.20', '7.4', '8.0', '5', '5.3.1', '6.12.116', '06.1', '6.01', ''])(
    '%j is not',
    (name) => {
      expect(findRelease(name)).toBeUndefined();
    },
  );

  test('behave as the last boundary did that came before them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MAINLINE), (name) => {
        const boundary = BOUNDARY_RELEASES.findLast((release) => isWithin(name, release.name, undefined))!;
        expect(resolveTraits(findRelease(name)!)).toEqual(resolveTraits(boundary));
      }),
    );
  });

  test('are compared as numbers: 5.9 came before 5.10', () => {
    expect(isWithin('5.9', '5.10', undefined)).toBe(false);
    expect(isWithin('5.10', '5.9', undefined)).toBe(true);
    expect(isWithin('5.12', '5.9', '5.12')).toBe(false);
  });

  test('a stable tree has what its mainline release has, and what it took over', () => {
    for (const tree of STABLE_RELEASES) {
      const traits = resolveTraits(tree);
      const inherited = resolveTraits(findRelease(tree.mainline)!);
      for (const key of Object.keys(traits) as (keyof typeof traits)[]) {
        expect([key, traits[key]]).toEqual([
          key,
          inherited[key] || (tree.backports as readonly string[]).includes(key),
        ]);
      }
      expect(tree.backports.filter((key) => inherited[key])).toEqual([]);
    }
  });

  test('a running kernel is taken for the recorded tree of its series, or for mainline', () => {
    expect(releaseOfSeries('6.12.95+deb12-amd64').name).toBe('6.12.117');
    expect(releaseOfSeries('5.14.0-427.el9.x86_64').name).toBe('5.14');
    expect(() => releaseOfSeries('3.10.0-1160.el7')).toThrow('kernel 3.10.0-1160.el7 is of no series that is covered');
  });
});

describe('traits', () => {
  test.each(Object.values<Trait>(TRAITS))('$name says since when, until when, and what differs', (trait) => {
    expect(findRelease(trait.from)).toBeDefined();
    if (trait.until !== undefined) expect(isWithin(trait.until, trait.from, undefined)).toBe(true);
    expect(trait.until === undefined).toBe(trait.ended === undefined);
    expect(trait.since).toMatch(/^since .* (in|between) v\d/);
    expect(trait.effect).toMatch(/\.$/);
  });

  test('have names of their own', () => {
    const names = Object.values<Trait>(TRAITS).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
