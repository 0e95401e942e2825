// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { checkBug, tellingReleases } from '../../src/catalogue/repro.js';

/** Milliseconds for an entry on every release; a busy machine takes long. */
const PATIENCE = 60_000;

describe.each(BUGS)('$id $name', (bug) => {
  test(
    'is there on the releases that have it and on no other',
    () => {
      expect(checkBug(bug).filter(({ ok }) => !ok)).toEqual([]);
    },
    PATIENCE,
  );

  test('says what it is', () => {
    expect(bug.id).toMatch(/^([BX]\d\d[a-z]?|[RL]\d)$/);
    expect(bug.name).toMatch(/^[a-z0-9-]+$/);
    expect(bug.fix).toMatch(/^open$|^[0-9a-f]{12} \(.+\) in v\d+\.\d+$|^the (series|patch) “/);
    expect(bug.explanation).toMatch(/\.$/);
    expect(bug.structPageSizes).toContain(bug.scenario.machine.structPageSize);
    expect(bug.fix === 'open').toBe(bug.present.at(-1)!.until === undefined);
    expect(tellingReleases(bug).bad).toBeDefined();
  });
});

test('no two entries share a name or a number', () => {
  expect(new Set(BUGS.map(({ id }) => id)).size).toBe(BUGS.length);
  expect(new Set(BUGS.map(({ name }) => name)).size).toBe(BUGS.length);
});
