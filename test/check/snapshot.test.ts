// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { runChecked } from '../../src/check/checked-run.js';
import { common } from '../../src/check/snapshot.js';
import { outside } from '../../src/hardware/ranges.js';
import { scenario } from '../scenarios.js';

test('writing a part of a page is no cross-talk for what shares the page', () => {
  // With 64K pages one page of memmap describes 64 MiB: the second section shares it with the first.
  const steps = [
    { op: 'add-pages' as const, start: '0x40000000000', size: '16M' },
    { op: 'add-pages' as const, start: '0x40001000000', size: '16M' },
    { op: 'use' as const, start: '0x40000000000', size: '16M' },
  ];
  const machine = { arch: 'ppc64', mmu: 'radix' as const, pageSize: 65536 };
  expect(runChecked(scenario({ machine, steps })).findings).toEqual([]);
});

test('ranges: what is outside a hole, and what two lists have in common', () => {
  const ranges = [
    { start: 0, end: 10 },
    { start: 20, end: 30 },
  ];
  expect(outside(ranges, { start: 5, end: 25 })).toEqual([
    { start: 0, end: 5 },
    { start: 25, end: 30 },
  ]);
  expect(
    common(ranges, [
      { start: 2, end: 4 },
      { start: 8, end: 22 },
    ]),
  ).toEqual([
    { start: 2, end: 4 },
    { start: 8, end: 10 },
    { start: 20, end: 22 },
  ]);
});
