// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BOUNDARY_RELEASES,
  findRelease,
  nearestRelease,
  isWithin,
  resolveTraits,
  RECORDED_RELEASES,
  olderFirst,
  RELEASES,
  stableBoundaries,
  takenOver,
  unknownTraits,
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
    expect(findRelease(name)).toEqual({ name, mainline: name, patch: 0 });
  });

  test.each([
    '4.17',
    '4.21',
    '5.20',
    '6.20',
    '7.4',
    '8.0',
    '3.10.0-1160.el7',
    '5',
    '06.1',
    '6.01',
    '6.1.01',
    '6.12.',
    '6.12.1.2',
    'x6.12',
    '',
  ])('%j is not', (name) => {
    expect(findRelease(name)).toBeUndefined();
  });

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

  test.each([
    ['v6.12', '6.12'],
    ['6.12.0', '6.12'],
    ['6.12.117', '6.12.117'],
    ['6.12.117+deb12-amd64', '6.12.117'],
    ['7.3.4-custom', '7.3.4'],
    ['6.6.50', '6.6.50'],
    ['5.14.0-427.el9.x86_64', '5.14'],
    ['6.8.0-45-generic', '6.8'],
    ['7.3-powerpc64le-64k', '7.3'],
    ['7.3-rc7', '7.3'],
    ['5.10.0-46-amd64', '5.10.262'],
    ['6.1.0-0.deb11.21-amd64', '6.1'],
  ])('%s is %s', (name, release) => {
    expect(findRelease(name)?.name).toBe(release);
  });

  test('a remark says what a name leaves open', () => {
    const remark = (name: string): string | undefined => findRelease(name)?.remark;
    expect(remark('6.12')).toBeUndefined();
    expect(remark('6.12.117')).toBeUndefined();
    expect(remark('7.3-rc7')).toBe('7.3-rc7 is a release candidate, taken for 7.3');
    expect(remark('6.12.117+deb12-amd64')).toMatch('is taken for 6.12.117; what its builder changed is not known');
    expect(remark('5.14.0-427.el9.x86_64')).toMatch("is a vendor's kernel, taken for 5.14; what the vendor took over");
    expect(remark('5.10.0-46-amd64')).toBe('5.10.0-46-amd64 is some 5.10.y and does not say which, taken for 5.10.262');
    expect(remark('6.6.50')).toMatch(
      '6.6.50 is taken for 6.6 with no change known to have reached it; what else 6.6.y',
    );
    expect(remark('6.12.50')).toMatch(/nor whether it has .*x86\/sync-top-level-at-once/);
    expect(remark('6.12.118')).not.toMatch('nor whether');
  });

  test('a name may say what is different: a vendor took something over', () => {
    const named = findRelease('5.14.0-427.el9.x86_64 with mom/force without hvo')!;
    const plain = resolveTraits(findRelease('5.14')!);
    expect(named).toMatchObject({ name: '5.14 with mom/force without hvo', mainline: '5.14' });
    expect([plain.momForce, plain.hvo]).toEqual([false, true]);
    expect(resolveTraits(named)).toEqual({ ...plain, momForce: true, hvo: false });
    expect(findRelease('5.14 with mom/none')).toBeUndefined();
    expect(unknownTraits('5.14 with mom/none with hvo')).toEqual(['mom/none']);
    expect(findRelease('5.14 with')).toBeUndefined();
  });

  test('a stable release has what its series took over up to its patch level', () => {
    const has = (name: string): boolean => resolveTraits(findRelease(name)!).arm64SubsectionBasePages;
    expect(['6.12', '6.12.19', '6.12.20', '6.12.117', '6.13', '6.14'].map(has)).toEqual([
      false,
      false,
      true,
      true,
      false,
      true,
    ]);
  });

  test('patch levels matter in their own series only', () => {
    const levels = Object.values<Trait>(TRAITS).flatMap(({ backported, endedIn }) => [
      ...Object.keys(backported ?? {}),
      ...Object.keys(endedIn ?? {}),
    ]);
    for (const series of levels) expect(findRelease(series)).toMatchObject({ name: series, patch: 0 });
  });

  test('a series takes over what its mainline release has not, and loses what it has', () => {
    for (const trait of Object.values<Trait>(TRAITS)) {
      for (const series of Object.keys(trait.backported ?? {})) {
        expect([trait.name, series, isWithin(series, trait.from, trait.until)]).toEqual([trait.name, series, false]);
      }
      for (const series of Object.keys(trait.endedIn ?? {})) {
        const isThere = isWithin(series, trait.from, trait.until) || series in (trait.backported ?? {});
        expect([trait.name, series, isThere]).toEqual([trait.name, series, true]);
      }
    }
  });

  test('behaviour of a series changes with the patch level only where it took something over', () => {
    fc.assert(
      fc.property(fc.constantFrom(...MAINLINE), fc.nat({ max: 300 }), (series, patch) => {
        const release = findRelease(`${series}.${patch}`)!;
        const boundary = stableBoundaries(series).findLast((each) => each.patch <= patch) ?? findRelease(series)!;
        expect(resolveTraits(release)).toEqual(resolveTraits(boundary));
      }),
    );
  });

  test('a recorded tree is listed once, behind its mainline release', () => {
    expect(RECORDED_RELEASES.map(({ name }) => name)).toEqual(['5.10.262', '6.1.192', '6.12.117', '7.2.13', '7.3.4']);
    expect([...RELEASES].sort(olderFirst)).toEqual(RELEASES);
    for (const tree of RECORDED_RELEASES) expect(findRelease(tree.name)).toEqual(tree);
    expect(takenOver(findRelease('6.12.117')!)).toContain('countInHelpers');
  });
});

test.each([
  ['7.33', '7.3'],
  ['v7.4', '7.3'],
  ['5.20', '5.19'],
  ['6.20.3', '6.19'],
  ['3.10', '4.18'],
  ['612', '6.12'],
  ['61.2', '6.12'],
])('the release nearest to %s is %s', (number, nearest) => {
  expect(nearestRelease(number)).toBe(nearest);
});

test('a patch level behind those that were read says which was the last', () => {
  expect(findRelease('6.1.9999')!.remark).toMatch(/; the newest 6\.1\.y that was read is 6\.1\.192$/);
  expect(findRelease('6.1.50')!.remark).not.toMatch(/newest/);
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
