// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { Clock } from '../../src/cycles/clock.js';

test('a clock adds what it is charged, by cause', () => {
  const clock = new Clock(2);
  clock.charge(0, 2.5);
  clock.charge(1, 4);
  expect([clock.cycles, ...clock.byCause]).toEqual([6.5, 2.5, 4]);
  clock.reset();
  expect([clock.cycles, ...clock.byCause]).toEqual([0, 0, 0]);
});
