// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { BUGS } from '../../src/catalogue/bugs/index.js';
import { checkBug, tellingReleases } from '../../src/catalogue/repro.js';
import { isAsked } from './rooms.js';

/** The catalogue on the two releases that show an entry best; test/check/bugs.test.ts plays it on all. */

describe('the catalogue', () => {
  test.each(BUGS.filter(({ scenario }) => isAsked(scenario.machine.arch)).map((bug) => [bug.name, bug] as const))(
    '%s',
    (_name, bug) => {
      const { bad, good } = tellingReleases(bug);
      expect(checkBug(bug, good === undefined ? [bad] : [bad, good]).filter(({ ok }) => !ok)).toEqual([]);
    },
  );
});
