// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { PFN, play, SECTION } from '../scenarios.js';
import { EINVAL } from '../../src/kernel/errno.js';

/** Ranges of several blocks whose memmap lies at the start of the range, as a proposal had it: who may go, and with which altmap. */

const range = (first: number, blocks: number) => ({ pfn: PFN + first * SECTION, nrPages: blocks * SECTION });
const add = (first: number, blocks: number) => ({ op: 'add-memory' as const, ...range(first, blocks) });
const remove = (first: number, blocks: number) => ({ op: 'remove-memory' as const, ...range(first, blocks) });

const played = (kernel: string, ...steps: Parameters<typeof play>[0]['steps']) =>
  play({ machine: { arch: 'x86_64', kernel, memmapOnMemory: 'y' }, steps });
const CHECKED = 'proposal/page-vmemmap';
const UNCHECKED = 'proposal/page-vmemmap-unchecked';

describe.each([CHECKED, UNCHECKED])('%s', (kernel) => {
  test('takes the memmap of all blocks from the first, which remembers it', () => {
    const [added, removed] = played(kernel, add(0, 2), remove(0, 2));
    // Two tables come from the page allocator.
    expect(added).toMatchObject({ ret: 0, violations: [], ram: { pages: 2 }, counters: { altmapAllocPages: 1024 } });
    expect(added!.blocks).toEqual(['32 offline 0 - altmap', '33 offline 0 -']);
    expect(removed).toMatchObject({ ret: 0, leaves: [], leaks: [], blocks: [] });
  });

  test('removes of two ranges the one that is said, in either order', () => {
    for (const order of [
      [0, 2],
      [2, 0],
    ]) {
      const [, , first, second] = played(kernel, add(0, 2), add(2, 2), ...order.map((at) => remove(at, 2)));
      const kept = 32 + order[1]!;
      expect(first).toMatchObject({ ret: 0, holes: [], sections: { present: 2 } });
      expect(first!.blocks).toEqual([`${kept} offline 0 - altmap`, `${kept + 1} offline 0 -`]);
      expect(second).toMatchObject({ ret: 0, leaves: [], leaks: [], blocks: [] });
    }
  });

  test('removes no two ranges at once, nor a part of each', () => {
    expect(played(kernel, add(0, 2), add(2, 2), remove(0, 4))[2]!.ret).toBe(-EINVAL);
    expect(played(kernel, add(0, 2), add(2, 2), remove(1, 2))[2]!.ret).toBe(-EINVAL);
    expect(played(kernel, add(0, 2), remove(0, 4))[1]!.ret).toBe(-EINVAL);
  });

  test('adds a range again when it has gone, of another length too', () => {
    const states = played(kernel, add(0, 2), remove(0, 2), add(0, 3), remove(0, 3));
    expect(states.map(({ ret }) => ret)).toEqual([0, 0, 0, 0]);
    expect(states[3]).toMatchObject({ leaves: [], blocks: [] });
  });
});

test('a block alone goes where nobody checks, and then the rest of its range', () => {
  expect(played(CHECKED, add(0, 2), remove(0, 1))[1]!.ret).toBe(-EINVAL);
  expect(played(CHECKED, add(0, 2), remove(1, 1))[1]!.ret).toBe(-EINVAL);
  const alone = played(UNCHECKED, add(0, 2), remove(1, 1), remove(0, 1));
  expect(alone.map(({ ret }) => ret)).toEqual([0, 0, 0]);
  expect(alone[2]).toMatchObject({ leaves: [], blocks: [] });
});
