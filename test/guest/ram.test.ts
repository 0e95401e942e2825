// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { GUEST } from '../../arch/x86_64/guest.js';
import { probeMemoryBlockSize } from '../../arch/x86_64/memory-block.js';
import { DEFAULT_RAM } from '../../arch/guest-machine.js';

/** Where QEMU puts the RAM of x86_64, and how much of it makes memory blocks of a size. */

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const ABOVE = 4 * GIB;
const ramFor = (size: number): number | undefined => GUEST.largerBlocks!.ramFor(size);
const endOf = (ram: number): number => {
  const { start, size } = GUEST.ramRanges(ram).at(-1)!;
  return start + size;
};

describe('memory blocks', () => {
  test.each([256 * MIB, 512 * MIB, GIB, 2 * GIB])(
    'of %i bytes come of RAM that ends where they are probed so',
    (size) => {
      const ram = ramFor(size)!;
      expect(probeMemoryBlockSize(endOf(ram))).toBe(size);
      expect(endOf(ram)).toBeGreaterThanOrEqual(65 * GIB);
      // A guest should not be larger than it must be.
      for (let less = 65 * GIB; less < endOf(ram); less += Math.min(size, GIB)) {
        expect(probeMemoryBlockSize(less)).not.toBe(size);
      }
    },
  );

  test('of a section are what every small guest has', () => {
    expect(ramFor(128 * MIB)).toBe(DEFAULT_RAM);
    expect(probeMemoryBlockSize(endOf(DEFAULT_RAM))).toBe(128 * MIB);
  });

  test('beyond 2 GiB, or of no power of two, come of no RAM', () => {
    expect([4 * GIB, 384 * MIB].map(ramFor)).toEqual([undefined, undefined]);
  });
});

describe.each([
  { machine: 'q35', layout: GUEST, most: 0xb0000000, below: 2 * GIB },
  { machine: 'pc', layout: GUEST.otherType!, most: 0xe0000000, below: 3 * GIB },
])('$machine', ({ layout, most, below }) => {
  test('has RAM in one piece as long as it ends before its hole, and memory devices from 4 GiB on', () => {
    expect(layout.ramRanges(most - MIB)).toEqual([{ start: 0, size: most - MIB }]);
    expect(layout.deviceMemory(most - MIB)).toBe(ABOVE);
  });

  test('has the rest behind 4 GiB from then on, and memory devices at the next GiB behind that', () => {
    expect(layout.ramRanges(most)).toEqual([
      { start: 0, size: below },
      { start: ABOVE, size: most - below },
    ]);
    expect(layout.deviceMemory(most)).toBe(ABOVE + GIB);
    expect(layout.deviceMemory(below + 5 * GIB)).toBe(ABOVE + 5 * GIB);
    expect(layout.deviceMemory(below + 5 * GIB + MIB)).toBe(ABOVE + 6 * GIB);
  });
});

test('la57 is on where the machine has five levels', () => {
  const cpu = (pagingLevels: number) => GUEST.cpu({ pagingLevels } as Parameters<typeof GUEST.cpu>[0]);
  expect([cpu(4), cpu(5)]).toEqual(['max,la57=off', 'max,la57=on']);
});
