// SPDX-License-Identifier: GPL-2.0-only

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import { PFN, play, SECTION } from '../scenarios.js';
import { toy } from './toy/index.js';

describe('an architecture that nobody in src/ has heard of', () => {
  beforeAll(() => void ARCHITECTURES.push(toy));
  afterAll(() => void ARCHITECTURES.pop());

  const range = { pfn: PFN, nrPages: SECTION };

  test('runs scenarios once it is registered', () => {
    const [added, removed] = play({
      machine: { arch: 'toy' },
      steps: [
        { op: 'add-pages', ...range },
        { op: 'remove-pages', ...range },
      ],
    });
    expect(added).toMatchObject({ ret: 0, leaves: ['4004000000-4004200000 pmd ram'], prot: { pmd: '0x3' }, holes: [] });
    expect(removed).toMatchObject({ leaves: [], leaks: [], violations: [], ram: { pages: 1 } });
  });

  test('has altmaps, failing allocations and findings like any other', () => {
    const altmaps = { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 100 } };
    const [state] = play({ machine: { arch: 'toy' }, altmaps, steps: [{ op: 'add-pages', ...range, altmap: 'dev' }] });
    expect(state).toMatchObject({ ret: -12, leaves: [], altmaps: { dev: { alloc: 0 } } });
  });

  test('is refused what it does not have', () => {
    expect(() => play({ machine: { arch: 'toy', structPageSize: 56 }, steps: [{ op: 'use', ...range }] })).toThrow(
      'machine.structPageSize is 56; toy kernels have 64 bytes',
    );
  });
});

test('without registration it is unknown', () => {
  expect(() => play({ machine: { arch: 'toy' }, steps: [{ op: 'use', pfn: 0, nrPages: 512 }] })).toThrow(
    'machine.arch is "toy"; allowed are x86_64, arm64, ppc64, s390',
  );
});
