// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onlineBlock, offlineBlock } from '../../src/mm/memory-block.js';
import { addMemory } from '../../src/mm/add-memory.js';
import { idle, PFN, play, SECTION } from '../scenarios.js';

const machine = { arch: 'x86_64' } as const;
const range = (block: number, blocks = 1) => ({ pfn: PFN + block * SECTION, nrPages: blocks * SECTION });

describe('the span of a zone', () => {
  test('shrinks to the next online block when one of its ends goes offline, and not for a hole inside', () => {
    const states = play({
      machine,
      steps: [
        { op: 'add-memory', ...range(0, 4) },
        { op: 'online', ...range(0, 4), type: 'movable' },
        { op: 'offline', ...range(1) },
        { op: 'offline', ...range(0) },
      ],
    });
    const movable = states.map((state) => state.zones?.['0']?.['Movable']);
    expect(movable).toEqual([
      undefined,
      [PFN, 4 * SECTION, 4 * SECTION],
      [PFN, 4 * SECTION, 3 * SECTION],
      [PFN + 2 * SECTION, 2 * SECTION, 2 * SECTION],
    ]);
  });

  test('of devices stays when a device goes', () => {
    const states = play({
      machine,
      steps: [
        { op: 'memremap-pages', device: 'd', ...range(0) },
        { op: 'memunmap-pages', device: 'd' },
        { op: 'add-memory', ...range(2) },
      ],
    });
    expect(states.at(-1)!.zones).toEqual({ 0: { Device: [PFN, SECTION, 0] } });
  });

  test('before 5.5 shrank on removal, and asked struct pages for their zone that nobody had initialised', () => {
    const steps = [
      { op: 'add-memory' as const, ...range(0) },
      { op: 'remove-memory' as const, ...range(0) },
    ];
    const violations = (kernel: string) => play({ machine: { ...machine, kernel }, steps })[1]!.violations;
    expect(violations('5.4')).toEqual([`uninitialised-struct-page:${PFN.toString(16)}`]);
    expect(violations('5.5')).toEqual([]);
  });

  test('reaches from the first online block to the last, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7]),
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7]),
        (onlined, offlined) => {
          const { memory } = idle(machine);
          addMemory(memory, { nid: 0, ...range(0, 8), memmapOnMemory: false });
          const first = PFN / SECTION;
          const online = new Set<number>();
          for (const block of onlined) {
            expect(onlineBlock(memory, memory.blocks.get(first + block)!, 'kernel')).toBe(0);
            online.add(block);
          }
          for (const block of offlined) {
            expect(offlineBlock(memory, memory.blocks.get(first + block)!)).toBe(online.delete(block) ? 0 : 1);
          }
          const normal = memory.nodes[0]!.zones.find((zone) => zone.name === 'Normal')!;
          const numbers = [...online];
          const start = numbers.length === 0 ? 0 : PFN + Math.min(...numbers) * SECTION;
          const spanned = numbers.length === 0 ? 0 : (Math.max(...numbers) - Math.min(...numbers) + 1) * SECTION;
          expect(normal).toMatchObject({ start, spanned, present: online.size * SECTION });
          expect(memory.nodes[0]).toMatchObject({ start, spanned, present: online.size * SECTION });
        },
      ),
    );
  });
});
