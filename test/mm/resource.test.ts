// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createIomem,
  iomemLines,
  IORESOURCE_SYSTEM_RAM,
  mergeSystemRamResource,
  regionIntersects,
  registerMemoryResource,
  releaseMemRegionAdjustable,
  requestRegion,
  SYSTEM_RAM,
  type Resource,
} from '../../src/mm/resource.js';

const UNIT = 2 ** 27;
const quiet = { warnOnce: () => undefined, print: () => undefined };

/** Units that busy System RAM covers. */
const covered = (root: Resource): number[] =>
  root.children.flatMap(({ start, end }) =>
    Array.from({ length: (end + 1 - start) / UNIT }, (_, i) => start / UNIT + i),
  );

describe('the tree of System RAM', () => {
  const step = fc.record({
    adds: fc.boolean(),
    at: fc.integer({ min: 0, max: 15 }),
    units: fc.integer({ min: 1, max: 4 }),
    merges: fc.boolean(),
  });

  test('covers just what was added and not released, in order, whatever is split and merged', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const root = createIomem();
        const present = new Set<number>();
        for (const { adds, at, units, merges } of steps) {
          const range = Array.from({ length: units }, (_, i) => at + i);
          if (adds) {
            const added = registerMemoryResource(root, at * UNIT, units * UNIT, SYSTEM_RAM);
            const isFree = range.every((unit) => !present.has(unit));
            expect(typeof added === 'number' ? added : 0).toBe(isFree ? 0 : -17);
            if (typeof added === 'number') continue;
            range.forEach((unit) => present.add(unit));
            if (merges) mergeSystemRamResource(added, quiet);
          } else {
            // What lies in no single resource stays.
            const isInOne = root.children.some((r) => r.start <= at * UNIT && r.end >= (at + units) * UNIT - 1);
            releaseMemRegionAdjustable(root, at * UNIT, units * UNIT, quiet);
            if (isInOne) range.forEach((unit) => present.delete(unit));
          }
          expect(covered(root)).toEqual([...present].sort((a, b) => a - b));
        }
      }),
    );
  });

  test('below a region that is not busy memory is claimed as in any other place', () => {
    const root = createIomem();
    const device = requestRegion(root, 0x100000000, 4 * UNIT, { text: 'dax0.0' })!;
    expect(registerMemoryResource(root, 0x100000000, UNIT, { text: 'System RAM (kmem)' })).toBe(-17);
    device.flags = IORESOURCE_SYSTEM_RAM;
    expect(registerMemoryResource(root, 0x100000000, UNIT, { text: 'System RAM (kmem)' })).toMatchObject({
      flags: 0x83000200,
    });
    expect(iomemLines(root)).toEqual(['100000000-11fffffff : dax0.0', '  100000000-107ffffff : System RAM (kmem)']);
  });

  test('says whether a range is all, partly or not at all System RAM', () => {
    const root = createIomem();
    registerMemoryResource(root, 0, UNIT, SYSTEM_RAM);
    requestRegion(root, UNIT, UNIT, { text: 'device' });
    const meets = (start: number, size: number) => regionIntersects(root, start, size, IORESOURCE_SYSTEM_RAM);
    expect([meets(0, UNIT), meets(UNIT, UNIT), meets(0, 2 * UNIT)]).toEqual(['intersects', 'disjoint', 'mixed']);
  });
});
