// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import {
  expandLeaves,
  largeLeafFrames,
  recordedKernelSchema,
  systemRam,
} from '../../src/recordings/recorded-kernel.js';

describe('a recording', () => {
  test('lists leaves in runs whose frames ascend, descend or are one and the same', () => {
    const frames = (order: string) =>
      expandLeaves([`ffffea0000001000-ffffea0000003000 pte phys=8000 ${order}flags=163 in=boot-ram`], () => 4096).map(
        (l) => l.pa,
      );
    expect(frames('')).toEqual([0x8000, 0x9000]);
    expect(frames('down ')).toEqual([0x8000, 0x7000]);
    expect(frames('shared ')).toEqual([0x8000, 0x8000]);
    const sideways = ['ffffea0000001000-ffffea0000003000 pte phys=8000 sideways flags=163 in=boot-ram'];
    const leaves = recordedKernelSchema.shape.steps.element.shape.leaves;
    expect(leaves.safeParse(sideways).success).toBe(false);
  });

  test('names the frames of large leaves in memory since boot, and some around where they descend', () => {
    const lines = [
      'ffffea0000000000-ffffea0000400000 pmd phys=800000 flags=1e3 in=boot-ram',
      'ffffea0000400000-ffffea0000800000 pmd phys=3fa00000 down flags=1e3 in=boot-ram',
      'ffffea0004000000-ffffea0004200000 pmd phys=100000000 flags=1e3 in=d0',
      'ffffea0005000000-ffffea0005001000 pte phys=8000 flags=163 in=boot-ram',
    ];
    expect(largeLeafFrames(lines, 0x400000)).toEqual([
      { start: 0x800000, end: 0xc00000 },
      { start: 0x3f600000, end: 0x3fe00000 },
    ]);
  });

  test('names system RAM at the top of /proc/iomem', () => {
    const lines = [
      '00001000-0009fbff : System RAM',
      '  01000000-015fffff : Kernel code',
      '100000000-107ffffff : Persistent Memory',
    ];
    expect(systemRam(lines)).toEqual([{ start: 0x1000, end: 0x9fc00 }]);
  });
});
