// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { PFN, play, SECTION, SUBSECTION } from '../scenarios.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';

const hugePage = { pfn: PFN + 8 * SUBSECTION, nrPages: SUBSECTION };
const machine = { arch: 'x86_64', hugetlbOptimized: true } as const;
const range = { pfn: PFN, nrPages: SECTION };

const fold = (more: Partial<ScenarioInput['machine']> = {}, ...steps: ScenarioInput['steps']) =>
  play({
    machine: { ...machine, ...more },
    steps: [
      { op: 'add-memory', ...range },
      { op: 'online', ...range, type: 'movable' },
      { op: 'hugetlb-optimize', ...hugePage },
      ...steps,
    ],
  });

describe('the memmap of a HugeTLB page', () => {
  test('is folded to one page: its leaf is split, seven pages map the first and may not be written', () => {
    const [, online, folded] = fold();
    expect(folded!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pte ram']);
    expect(folded!.tables).toMatchObject({ pte: 1 });
    // A table and a head page come, eight pages go.
    expect(folded!.ram.pages).toBe(online!.ram.pages + 2 - 8);
    expect(folded!.holes).toEqual([]);
  });

  test('has pages of its own again when the huge page is given back; the split stays', () => {
    const states = fold(
      {},
      { op: 'hugetlb-restore', ...hugePage },
      { op: 'offline', ...range },
      { op: 'remove-memory', ...range },
    );
    expect(states[3]!.ram.pages).toBe(states[1]!.ram.pages + 1);
    expect(states[3]!.tables).toMatchObject({ pte: 1 });
    expect(states.at(-1)).toMatchObject({ ret: 0, leaves: [], violations: [], ram: { pages: 1 } });
  });

  test('kept two pages before 5.18, and its own first page before 6.2', () => {
    const gain = (kernel: string) => {
      const [, online, folded] = fold({ kernel });
      return online!.ram.pages + 1 - folded!.ram.pages;
    };
    expect([gain('5.14'), gain('5.18'), gain('6.2'), gain('5.13')]).toEqual([6, 7, 7, 1]);
  });

  test('is left alone where it lies in its own memory block', () => {
    const [, , folded] = fold({ memmapOnMemory: 'y' });
    expect(folded).toMatchObject({ ret: -524, leaves: ['ffffea0004000000-ffffea0004200000 pmd altmap:100000'] });
  });

  test('was never in its own block from 5.14 to 5.19 where memmaps are folded', () => {
    const leaves = (kernel: string) => fold({ memmapOnMemory: 'y', kernel })[0]!.leaves[0];
    expect(leaves('5.19')).toMatch(/ ram$/);
    expect(leaves('6.6')).toMatch(/ altmap:100000$/);
  });

  test('is not folded with a struct page that straddles pages, nor unless asked for on the command line', () => {
    expect(fold({ structPageSize: 80 })[2]!.tables).not.toHaveProperty('pte', 1);
    expect(fold({ hugetlbOptimized: false })[2]!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pmd ram']);
  });
});
