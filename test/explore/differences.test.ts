// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { searchDifferences, type SearchOptions } from '../../src/explore/differences.js';
import { findRelease, type Release } from '../../src/history/releases.js';
import { runScenario } from '../../src/scenario/runner.js';
import { scenario } from '../scenarios.js';

const release = (name: string): Release => findRelease(name)!;

const search = (from: string, to: string, options: Partial<SearchOptions> = {}) =>
  searchDifferences({
    from: release(from),
    to: release(to),
    arch: 'x86_64',
    structPageSize: 56,
    sections: 2,
    units: ['section'],
    altmaps: ['none'],
    depth: 3,
    fail: false,
    ...options,
  });

describe('a search for differences', () => {
  test('of a kernel and itself finds none, and says what it searched', () => {
    const { found, machines, leftOut } = search('6.12.117', '6.12.117', { fail: true });
    expect(found).toEqual([]);
    expect(leftOut).toEqual([]);
    expect(machines.map(({ name }) => name)).toEqual([
      'x86_64 4K, struct page 56',
      'x86_64 4K, struct page 56, base pages',
    ]);
    expect(Math.min(...machines.map(({ states }) => states))).toBeGreaterThan(1);
  });

  test('finds that 5.12 keeps a leaf whose unused part nobody wrote, in two steps', () => {
    const { found } = search('5.12', '5.13');
    const leak = found.find(({ steps }) => steps.at(-1)!.some(({ field }) => field === 'leaks'))!;
    expect(leak.scenario.steps.map(({ op }) => op)).toEqual(['add-pages', 'remove-pages']);
    expect(leak.functions).toContain('__vmemmap_use_sub_pmd');
  });

  test('gives scenarios that show the difference when they are run on either kernel', () => {
    for (const { scenario: input } of search('5.12', '5.13').found) {
      const [from, to] = ['5.12', '5.13'].map((kernel) =>
        runScenario(scenario({ ...input, machine: { ...input.machine, kernel } })),
      );
      expect(from!.at(-1)).not.toEqual(to!.at(-1));
    }
  });

  test('goes on behind a difference, to what follows from it', () => {
    const { found } = search('5.12', '5.13');
    expect(new Set(found.map(({ scenario: { steps } }) => steps.length))).toContain(1);
    expect(Math.max(...found.map(({ scenario: { steps } }) => steps.length))).toBeGreaterThan(1);
  });
});
