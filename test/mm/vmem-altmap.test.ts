// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import { altmapAllocBlockBuf, vmemAltmapFree, vmemAltmapOffset } from '../../src/mm/vmem-altmap.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import { idle } from '../scenarios.js';

const { kernel } = idle({ arch: 'x86_64' });
const altmap = (more: Partial<VmemAltmap>): VmemAltmap => ({
  name: 'dev',
  basePfn: 0x1000,
  endPfn: 0x1fff,
  reserve: 0,
  free: 1024,
  align: 0,
  alloc: 0,
  ...more,
});

describe('struct vmem_altmap', () => {
  test('alloc and align never exceed free, and no page is handed out twice', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 2, 4, 512, 384)), fc.nat(64), fc.nat(2048), (requests, reserve, free) => {
        const map = altmap({ reserve, free });
        let last = map.basePfn + reserve;
        for (const nrPages of requests) {
          const pfn = altmapAllocBlockBuf(kernel, nrPages, map);
          if (pfn === NO_PAGE) continue;
          expect(pfn).toBeGreaterThanOrEqual(last);
          last = pfn + nrPages;
          expect(last).toBeLessThanOrEqual(map.basePfn + vmemAltmapOffset(map));
        }
        expect(map.alloc + map.align).toBeLessThanOrEqual(free);
      }),
    );
  });

  test('aligns a request to the lowest set bit of its length, and the pages skipped never come back', () => {
    const map = altmap({ reserve: 1 });
    expect(altmapAllocBlockBuf(kernel, 512, map)).toBe(0x1200);
    expect(map).toMatchObject({ alloc: 512, align: 511 });
    vmemAltmapFree(kernel, map, 512);
    expect(map).toMatchObject({ alloc: 0, align: 511 });
  });

  test('aligns a request that is no power of two to the largest power of two that divides it', () => {
    const map = altmap({ reserve: 1 });
    expect(altmapAllocBlockBuf(kernel, 384, map)).toBe(0x1080);
    expect(map).toMatchObject({ alloc: 384, align: 127 });
    // Six pages want an even frame, and no multiple of six.
    expect(altmapAllocBlockBuf(kernel, 6, altmap({ reserve: 3 }))).toBe(0x1004);
  });

  test('gives its last page, and after that nothing', () => {
    const map = altmap({ free: 2 });
    expect(altmapAllocBlockBuf(kernel, 2, map)).toBe(0x1000);
    expect(altmapAllocBlockBuf(kernel, 1, map)).toBe(NO_PAGE);
  });

  test('a reserve of one page costs a whole leaf of 512 where just 512 are free', () => {
    expect(altmapAllocBlockBuf(kernel, 512, altmap({ reserve: 1, free: 512 }))).toBe(NO_PAGE);
  });

  test('free subtracts without a look, and an underflow is said once a step', () => {
    const map = altmap({ alloc: 1 });
    vmemAltmapFree(kernel, map, 2);
    vmemAltmapFree(kernel, map, 2);
    expect(map.alloc).toBe(-3);
    expect(kernel.log.take().map(entryText)).toEqual(['altmap-underflow:dev']);
  });

  test('an underflown altmap has nothing free: the kernel subtracts unsigned numbers', () => {
    expect(altmapAllocBlockBuf(kernel, 1, altmap({ alloc: -1 }))).toBe(NO_PAGE);
  });
});
