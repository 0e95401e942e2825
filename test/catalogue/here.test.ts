// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { bugsHereInTurns, machineOf, releaseBeside, type BugHere } from '../../src/catalogue/here.js';
import { findRelease } from '../../src/history/releases.js';
import { toTheEnd } from '../../src/scenario/turns.js';

/** Which entries of the catalogue a machine has. */

const machine = (kernel: string, fields: object) => machineOf(fields, findRelease(kernel));
const bugs = (kernel: string, fields: object): BugHere[] => toTheEnd(bugsHereInTurns(machine(kernel, fields)));
const shown = (all: readonly BugHere[]): string[] =>
  all.flatMap(({ bug, finding }) => (finding === undefined ? [] : [bug.id]));

describe('a machine has the entries that its release has, and that its struct page shows', () => {
  test('5.12 keeps a leaf of 56-byte struct pages, and 5.13 does not', () => {
    const fields = { arch: 'x86_64', structPageSize: 56 };
    expect(shown(bugs('5.12', fields))).toContain('B01');
    expect(bugs('5.13', fields).map(({ bug }) => bug.id)).not.toContain('B01');
  });

  test('64-byte struct pages fill their leaf, so that bug is told as one of other sizes', () => {
    const entry = bugs('5.12', { arch: 'x86_64', structPageSize: 64 }).find(({ bug }) => bug.id === 'B01');
    expect(entry).toMatchObject({ finding: undefined, endedBy: { name: '5.13' } });
  });

  test('a bug of the hash MMU is none of radix, and one of 16 KiB pages none of 4 KiB pages', () => {
    const ids = (fields: object): string[] => bugs('6.1', fields).map(({ bug }) => bug.id);
    expect(ids({ arch: 'ppc64', mmu: 'hash', pageSize: '64K' })).toContain('B30');
    expect(ids({ arch: 'ppc64', mmu: 'radix', pageSize: '64K' })).not.toContain('B30');
    const pages = (pageSize: string): (number | string | undefined)[] =>
      bugs('6.1', { arch: 'arm64', pageSize }).map(({ bug }) => bug.scenario.machine.pageSize);
    expect(pages('4K').filter((size) => size !== undefined && size !== 4096 && size !== '4K')).toEqual([]);
  });
});

describe('the release beside a machine’s own', () => {
  test.each([
    ['6.1.50', { arch: 'x86_64', structPageSize: 64 }, '6.1.192', 'B24'],
    ['5.12', { arch: 'x86_64', structPageSize: 56 }, '5.13', 'B01'],
    ['6.12.117', { arch: 'riscv64', structPageSize: 64 }, '7.2', 'R2'],
  ])('%s: the next that has an entry no more which it has', (kernel, fields, next, id) => {
    const beside = releaseBeside(machine(kernel, fields))!;
    expect(beside.release.name).toBe(next);
    expect(beside.ended.map((bug) => bug.id)).toContain(id);
  });

  test('the newest has none', () => {
    expect(releaseBeside(machine('7.3.4', { arch: 'x86_64' }))).toBeUndefined();
  });
});
