// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { PFN, play, SECTION, SUBSECTION } from '../scenarios.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';

/** Which struct pages of a device memremap_pages() writes, and memunmap_pages() reads. */

const device = { op: 'memremap-pages', device: 'd0', pfn: PFN, nrPages: SECTION } as const;

describe('memremap_pages()', () => {
  test('initialises the struct pages of an altmap’s own pages, so a painted leaf beside them stays', () => {
    const machine = { arch: 'x86_64', structPageSize: 56, kernel: '5.10.262' } as const;
    const altmaps = {
      dev: { basePfn: PFN + SECTION, endPfn: PFN + 2 * SECTION - 1, reserve: 0, free: 8192, align: 0 },
    };
    const section = (i: number) => ({ pfn: PFN + i * SECTION, nrPages: SECTION });
    const [, , , , removed] = play({
      machine,
      altmaps,
      steps: [
        { op: 'add-pages', ...section(0) },
        { op: 'add-pages', ...section(1) },
        { op: 'remove-pages', ...section(1) },
        { op: 'memremap-pages', device: 'd0', ...section(1), altmap: 'dev' },
        { op: 'remove-pages', ...section(0) },
      ],
    });
    expect(removed).toMatchObject({ ret: null, holes: [] });
  });

  test('writes the last compound page whole since 5.17, and faults where its end is not mapped', () => {
    const input = (kernel: string): ScenarioInput => ({
      machine: { arch: 'x86_64', kernel, structPageSize: 80 },
      steps: [{ ...device, nrPages: SECTION + SUBSECTION, compoundSize: '128M' }],
    });
    expect(play(input('5.16'))[0]!.ret).toBe(0);
    expect(play(input('5.17'))[0]!.ret).toBe('BUG');
  });
});

describe('memunmap_pages()', () => {
  /** A neighbour takes the leaf that it shares with the end of the device. */
  const withHole = (kernel: string): ScenarioInput => ({
    machine: { arch: 'arm64', kernel, structPageSize: 80 },
    steps: [
      device,
      { op: 'add-pages', pfn: PFN + SECTION, nrPages: SECTION },
      { op: 'remove-pages', pfn: PFN + SECTION, nrPages: SECTION },
      { op: 'memunmap-pages', device: 'd0' },
    ],
  });

  test('reads the first struct page only since 5.18; every page held a reference before, so it read them all', () => {
    expect(play(withHole('5.17')).at(-1)!.ret).toBe('BUG');
    expect(play(withHole('5.18')).at(-1)!.ret).toBeNull();
  });
});

test('add_pages() of x86_64 warns once of memory that could not be added; the other architectures say nothing', () => {
  const failing = (arch: string): ScenarioInput => ({
    machine: { arch },
    steps: [device, device, device],
    failAllocations: [1, 2],
  });
  const said = (arch: string) => play(failing(arch)).map(({ violations }) => violations);
  expect(said('x86_64')).toEqual([['warn:add_pages'], [], []]);
  expect(said('arm64')).toEqual([[], [], []]);
});

test('compoundPages gives __add_pages() the geometry of a device', () => {
  const [state] = play({
    machine: { arch: 'x86_64' },
    steps: [{ op: 'add-pages', pfn: PFN, nrPages: SECTION, compoundPages: SUBSECTION }],
  });
  expect(state!.counters).toMatchObject({ setPte: 512, allocPages: 3 + 2 * (SECTION / SUBSECTION) });
});
