// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  boundariesOf,
  evidenceOf,
  howKnown,
  provedReleases,
  standingOf,
  unprovedTraits,
} from '../../src/history/evidence.js';
import { findRelease, isWithin, MAINLINE_RELEASES, RECORDED_RELEASES } from '../../src/history/releases.js';
import { ALL_TREES } from '../../src/history/traits/trait.js';
import { TRAIT_KEYS, type TraitKey, TRAITS, traitsOn } from '../../src/history/traits/index.js';
import { type Witness, WITNESSES } from '../../src/history/witnesses.js';
import { playableCases, turnedRound, witnesses } from '../../src/recordings/witness.js';

const TEST = join(import.meta.dirname, '..');

const byFile = new Map<string, Witness[]>();
for (const witness of WITNESSES) byFile.set(witness.file, [...(byFile.get(witness.file) ?? []), witness]);

describe('what recordings tell of releases', () => {
  test.each([...byFile])(
    '%s: each case agrees with its release, and would not with the trait turned round',
    (file, told) => {
      const cases = new Map(playableCases(join(TEST, file)).map((each) => [each.name, each]));
      for (const { trait, release, name } of told) {
        const recorded = cases.get(name)!;
        expect([name, recorded.release.name, recorded.agrees(release)]).toEqual([name, release, true]);
        const other = turnedRound(findRelease(release)!, [trait as TraitKey]);
        expect([other, recorded.agrees(other)]).toEqual([other, false]);
      }
    },
  );

  test('a case tells of what it shows, and of nothing else', () => {
    const [added] = playableCases(join(TEST, 'vectors/x86_64.json.gz')).filter(({ name }) => name.includes('56'));
    const traits = witnesses([added!], () => false).map(({ trait }) => trait);
    expect(traits).toContain('x86TrackUnusedSubPmd');
    expect(traits).not.toContain('x86SyncTopLevelAtOnce');
    expect(witnesses([added!], () => true)).toEqual([]);
  });
});

describe('how a row is known', () => {
  test('the trees that were read are those that were recorded', () => {
    expect(RECORDED_RELEASES.map(({ name }) => name)).toEqual(ALL_TREES);
  });

  test.each(TRAIT_KEYS)('%s begins behind the last release that is proved to lack it', (key) => {
    for (const { mainline, before, behind } of boundariesOf(key)) {
      if (before !== undefined) expect(isWithin(before.mainline, mainline, undefined)).toBe(false);
      if (behind !== undefined) expect(isWithin(behind.mainline, mainline, undefined)).toBe(true);
    }
  });

  test('a stable release that took a change over does not date it', () => {
    const [boundary] = boundariesOf('countInHelpers');
    expect(provedReleases('countInHelpers').map(({ name }) => name)).toContain('6.12.117');
    expect(boundary!.before!.name).not.toBe('6.12.117');
  });

  test('a row is unproved where its releases are remembered, however often it was recorded', () => {
    const unproved = new Map(unprovedTraits().map(({ key, ...what }) => [key, what]));
    expect(evidenceOf('arm64HotAdd').recorded).toContain('6.12.117');
    expect(unproved.get('arm64HotAdd')).toEqual({ behaviour: false, releases: true });
    expect(unproved.has('x86DeferredTail')).toBe(false);
    for (const [key, { releases }] of unproved) {
      expect([key, ['source', 'bracketed'].includes(howKnown(key))]).toEqual([key, !releases]);
    }
  });

  test('neighbours that differ prove a boundary', () => {
    expect(TRAITS.removeRangesAtOnce.confidence).toBe('inferred');
    expect(boundariesOf('removeRangesAtOnce')).toMatchObject([
      { before: { mainline: '7.2' }, behind: { mainline: '7.3' } },
    ]);
    expect(howKnown('removeRangesAtOnce')).toBe('bracketed');
  });
});

describe('how a release is known', () => {
  test('of a recorded tree, its series is recorded', () => {
    expect(standingOf('6.12', 'x86_64')).toEqual({ how: 'recorded', by: ['6.12.117'] });
  });

  test('the oldest is derived, since nothing lies before it', () => {
    expect(standingOf('4.18', 'x86_64')).toMatchObject({ how: 'derived' });
  });

  test('only traits that matter to the architecture keep it from being bracketed', () => {
    for (const release of MAINLINE_RELEASES) {
      const standing = standingOf(release, 's390');
      if (standing.how !== 'derived') continue;
      for (const key of standing.rows) expect(traitsOn('s390')).toContain(key);
    }
  });
});
