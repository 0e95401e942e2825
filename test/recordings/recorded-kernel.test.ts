// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { expandLeaves, systemRam, takeableBlocks } from '../../src/recordings/recorded-kernel.js';

describe('a recording', () => {
  test('lists leaves in runs whose frames ascend, descend or are one and the same', () => {
    const frames = (order: string) =>
      expandLeaves([`ffffea0000001000-ffffea0000003000 pte phys=8000 ${order}flags=163 in=boot-ram`], () => 4096).map(
        (l) => l.pa,
      );
    expect(frames('')).toEqual([0x8000, 0x9000]);
    expect(frames('down ')).toEqual([0x8000, 0x7000]);
    expect(frames('shared ')).toEqual([0x8000, 0x8000]);
    expect(() => frames('sideways ')).toThrow('not a run of leaves');
  });

  test('names system RAM at the top of /proc/iomem', () => {
    const lines = [
      '00001000-0009fbff : System RAM',
      '  01000000-015fffff : Kernel code',
      '100000000-107ffffff : Persistent Memory',
    ];
    expect(systemRam(lines)).toEqual([{ start: 0x1000, end: 0x9fc00 }]);
  });

  test('of scarce memory says how many large blocks the zone watermark lets go', () => {
    const lines = (freeKb: number) => [
      `MemFree:            ${freeKb} kB`,
      'Node 0, zone    DMA32      2      2      1      1      3      2      2      1      2      1      0 ',
    ];
    expect(takeableBlocks(lines(5640), 9, 501160, 4096)).toBe(1);
    expect(takeableBlocks(lines(4368), 9, 501160, 4096)).toBe(0);
    expect(takeableBlocks(['HugePages_Total: 0'], 9, 501160, 4096)).toBeUndefined();
  });
});
