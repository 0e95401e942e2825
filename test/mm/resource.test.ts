// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createIomem,
  createResource,
  insertResource,
  iomemLines,
  IORESOURCE_BUSY,
  IORESOURCE_MEM,
  IORESOURCE_SYSRAM_MERGEABLE,
  IORESOURCE_SYSTEM_RAM,
  mergeSystemRamResource,
  regionIntersects,
  registerMemoryResource,
  releaseMemRegionAdjustable,
  releaseRegion,
  releaseResource,
  removeResource,
  requestRegion,
  requestResource,
  SYSTEM_RAM,
  walkSystemRamRange,
  walkSystemRamRes,
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
            releaseMemRegionAdjustable(root, at * UNIT, units * UNIT, quiet, false);
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

const EBUSY = -16;
const EINVAL = -22;

/** What the tree says while it changes. */
function listening() {
  const said: string[] = [];
  const log = { warnOnce: (text: string) => said.push(`warn: ${text}`), print: (text: string) => said.push(text) };
  return { said, log };
}

const range = (start: number, end: number, flags = IORESOURCE_MEM): Resource =>
  createResource(start, end, { text: 'memory' }, flags);
const busyRam = (start: number, end: number): Resource =>
  createResource(start, end, SYSTEM_RAM, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY);

/** A root with resources below it. */
function rootWith(...resources: Resource[]): Resource {
  const root = range(0x1000, 0x8fff);
  for (const resource of resources) expect(requestResource(root, resource)).toBe(0);
  return root;
}

type Shape = [range: string, ...below: Shape[]];

/** Ranges as a tree. */
const shapeOf = ({ children }: Resource): Shape[] =>
  children.map((child) => [`${child.start.toString(16)}-${child.end.toString(16)}`, ...shapeOf(child)]);

/** Whether everybody's parent is whoever has it as a child. */
const isTree = (root: Resource): boolean => root.children.every((child) => child.parent === root && isTree(child));

describe('iomem_resource', () => {
  test('is all that 52 bits address, and called PCI mem', () => {
    expect(createIomem()).toMatchObject({ start: 0, end: 0xfffffffffffff, name: { text: 'PCI mem' }, flags: 0x200 });
  });

  test('prints addresses with at least eight digits', () => {
    const root = createIomem();
    requestResource(root, busyRam(0x1000, 0x9ffff));
    expect(iomemLines(root)).toEqual(['00001000-0009ffff : System RAM']);
  });
});

describe('request_resource()', () => {
  test.each([
    ['in front of all others, from the first byte of the root', 0x1000, 0x2fff, 0],
    ['just between two others', 0x4000, 0x4fff, 0],
    ['behind all others, to the last byte of the root', 0x6000, 0x8fff, 0],
    ['of one byte', 0x7000, 0x7000, 0],
    ['that ends on the first byte of another', 0x2000, 0x3000, EBUSY],
    ['that begins on the last byte of another', 0x3fff, 0x4000, EBUSY],
    ['that begins before the root', 0xfff, 0x1000, EBUSY],
    ['that ends behind the root', 0x8fff, 0x9000, EBUSY],
    ['that ends before it begins', 0x7000, 0x6fff, EBUSY],
  ])('of a resource %s', (_what, start, end, ret) => {
    const root = rootWith(range(0x5000, 0x5fff), range(0x3000, 0x3fff));
    expect(requestResource(root, range(start, end))).toBe(ret);
    expect(root.children).toHaveLength(ret === 0 ? 3 : 2);
    const starts = root.children.map((child) => child.start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(isTree(root)).toBe(true);
  });
});

describe('release_resource() and remove_resource()', () => {
  const nested = () => {
    const outer = range(0x3000, 0x5fff);
    const root = rootWith(range(0x1000, 0x1fff), outer, range(0x8000, 0x8fff));
    requestResource(outer, range(0x3000, 0x3fff));
    requestResource(outer, range(0x5000, 0x5fff));
    return { root, outer };
  };

  test('the first takes the children along, and is -EINVAL for what is in no tree', () => {
    const { root, outer } = nested();
    expect([releaseResource(outer), releaseResource(outer), releaseResource(range(0, 1))]).toEqual([0, EINVAL, EINVAL]);
    expect(shapeOf(root)).toEqual([['1000-1fff'], ['8000-8fff']]);
    expect(shapeOf(outer)).toEqual([['3000-3fff'], ['5000-5fff']]);
  });

  test('the second leaves them in its place, and is -EINVAL for what is in no tree', () => {
    const { root, outer } = nested();
    expect([removeResource(outer), removeResource(outer)]).toEqual([0, EINVAL]);
    expect(shapeOf(root)).toEqual([['1000-1fff'], ['3000-3fff'], ['5000-5fff'], ['8000-8fff']]);
    expect(isTree(root)).toBe(true);
    expect(removeResource(root.children[0]!)).toBe(0);
    expect(shapeOf(root)).toEqual([['3000-3fff'], ['5000-5fff'], ['8000-8fff']]);
  });
});

describe('insert_resource()', () => {
  const A: Shape = ['2000-2fff'];
  const B: Shape = ['3000-3fff'];
  const BYTE: Shape = ['5000-5000'];

  test.each<[what: string, start: number, end: number, shape: Shape[]]>([
    ['beside the others', 0x7000, 0x7fff, [A, B, BYTE, ['7000-7fff']]],
    ['above two', 0x2000, 0x3fff, [['2000-3fff', A, B], BYTE]],
    ['above one, with room before it', 0x1000, 0x2fff, [['1000-2fff', A], B, BYTE]],
    ['above one, with room behind it', 0x3000, 0x4fff, [A, ['3000-4fff', B], BYTE]],
    ['above all', 0x1000, 0x8fff, [['1000-8fff', A, B, BYTE]]],
    ['above one of a byte that is its own last byte', 0x4000, 0x5000, [A, B, ['4000-5000', BYTE]]],
    ['above one of the same range', 0x3000, 0x3fff, [A, ['3000-3fff', B], BYTE]],
    ['below one, at its start', 0x3000, 0x37ff, [A, ['3000-3fff', ['3000-37ff']], BYTE]],
    ['below one, at its end', 0x3800, 0x3fff, [A, ['3000-3fff', ['3800-3fff']], BYTE]],
  ])('goes %s', (_what, start, end, shape) => {
    const root = rootWith(range(0x2000, 0x2fff), range(0x3000, 0x3fff), range(0x5000, 0x5000));
    expect(insertResource(root, range(start, end))).toBe(0);
    expect(shapeOf(root)).toEqual(shape);
    expect(isTree(root)).toBe(true);
  });

  test.each([
    ['begins inside another', 0x2800, 0x3fff],
    ['ends inside the first', 0x1000, 0x27ff],
    ['ends inside the second', 0x2000, 0x37ff],
    ['reaches out of the root', 0x8000, 0x9000],
  ])('is -EBUSY where it %s, and changes nothing', (_what, start, end) => {
    const root = rootWith(range(0x2000, 0x2fff), range(0x3000, 0x3fff));
    expect(insertResource(root, range(start, end))).toBe(EBUSY);
    expect(shapeOf(root)).toEqual([A, B]);
  });
});

describe('__request_region() and __release_region()', () => {
  test('goes below what is not busy, and nowhere outside the root', () => {
    const root = rootWith(range(0x3000, 0x5fff));
    expect(requestRegion(root, 0x8000, 0x2000, { text: 'driver' })).toBeNull();
    expect(requestRegion(root, 0x4000, 0x1000, { text: 'driver' })?.flags).toBe(IORESOURCE_MEM + IORESOURCE_BUSY);
    expect(requestRegion(root, 0x4000, 0x1000, { text: 'other' })).toBeNull();
    expect(shapeOf(root)).toEqual([['3000-5fff', ['4000-4fff']]]);
  });

  test('a region is given back by its whole range alone', () => {
    const { said, log } = listening();
    const root = rootWith(range(0x3000, 0x5fff));
    for (const start of [0x1000, 0x3000, 0x4000, 0x7000]) requestRegion(root, start, 0x1000, { text: 'driver' });
    const before: Shape[] = [['1000-1fff'], ['3000-5fff', ['3000-3fff'], ['4000-4fff']], ['7000-7fff']];
    for (const [start, size] of [
      [0x4000, 0x800],
      [0x4800, 0x800],
      [0x4000, 0x1800],
      [0x3800, 0x1800],
    ]) {
      releaseRegion(root, start!, size!, log);
      expect(shapeOf(root)).toEqual(before);
    }
    expect(said).toHaveLength(4);
    expect(said[0]).toBe('Trying to free nonexistent resource <0x0000000000004000-0x00000000000047ff>');
    releaseRegion(root, 0x4000, 0x1000, log);
    expect(shapeOf(root)).toEqual([['1000-1fff'], ['3000-5fff', ['3000-3fff']], ['7000-7fff']]);
    releaseRegion(root, 0x7000, 0x1000, log);
    expect(shapeOf(root)).toEqual([['1000-1fff'], ['3000-5fff', ['3000-3fff']]]);
    expect(said).toHaveLength(4);
  });
});

describe('release_mem_region_adjustable()', () => {
  const releasedBy = (movesChildren: boolean, start: number, end: number, below: readonly Resource[]) => {
    const { said, log } = listening();
    const ram = busyRam(0x2000, 0x7fff);
    const root = rootWith(ram);
    for (const child of below) expect(requestResource(ram, child)).toBe(0);
    releaseMemRegionAdjustable(root, start, end + 1 - start, log, movesChildren);
    expect(isTree(root)).toBe(true);
    return { shape: shapeOf(root), said };
  };
  const released = (start: number, end: number, ...below: Resource[]) => releasedBy(false, start, end, below);

  test.each<[what: string, start: number, end: number, shape: Shape[]]>([
    ['all of it', 0x2000, 0x7fff, []],
    ['its start', 0x2000, 0x3fff, [['4000-7fff']]],
    ['its end', 0x6000, 0x7fff, [['2000-5fff']]],
    ['its middle', 0x4000, 0x4fff, [['2000-3fff'], ['5000-7fff']]],
    ['what reaches in from before', 0x1000, 0x2fff, [['2000-7fff']]],
    ['what reaches out behind', 0x7000, 0x8fff, [['2000-7fff']]],
    ['one byte at its start, which does not count as a range', 0x2000, 0x2000, [['2000-7fff']]],
  ])('takes out of a resource %s', (_what, start, end, shape) => {
    expect(released(start, end)).toEqual({ shape, said: [] });
  });

  test('gives children above the cut to the upper part, where the release does so', () => {
    const children = (): Resource[] => [range(0x2000, 0x2fff), range(0x5000, 0x5fff), range(0x7000, 0x7fff)];
    expect(releasedBy(true, 0x4000, 0x4fff, children())).toEqual({
      shape: [
        ['2000-3fff', ['2000-2fff']],
        ['5000-7fff', ['5000-5fff'], ['7000-7fff']],
      ],
      said: [],
    });
    const refused = ['warn: release_mem_region_adjustable: end'];
    expect(releasedBy(false, 0x4000, 0x4fff, children()).said).toEqual(refused);
  });

  test('loses the children that it moved when one inside the range forbids the split', () => {
    const children = [range(0x2000, 0x2fff), range(0x4800, 0x48ff), range(0x7000, 0x7fff)];
    expect(releasedBy(true, 0x4000, 0x4fff, children)).toEqual({
      shape: [['2000-7fff', ['2000-2fff'], ['4800-48ff']]],
      said: ['warn: release_mem_region_adjustable: end'],
    });
  });

  test('moves no children where nothing is split', () => {
    const child = (): Resource => range(0x7000, 0x7fff);
    const unchanged = { shape: [['2000-7fff', ['7000-7fff']]], said: ['warn: release_mem_region_adjustable: end'] };
    expect(releasedBy(true, 0x6000, 0x7fff, [child()])).toEqual(unchanged);
  });

  test('leaves all children with the lower part, up to its last byte', () => {
    const child = (): Resource => range(0x3000, 0x3fff);
    const below: Shape = ['3000-3fff'];
    expect(released(0x2000, 0x2fff, child())).toEqual({ shape: [['3000-7fff', below]], said: [] });
    expect(released(0x4000, 0x7fff, child())).toEqual({ shape: [['2000-3fff', below]], said: [] });
    expect(released(0x4000, 0x4fff, child())).toEqual({ shape: [['2000-3fff', below], ['5000-7fff']], said: [] });
  });

  test('warns where a child would lie outside, and changes nothing', () => {
    const unchanged: Shape[] = [['2000-7fff', ['3000-3fff']]];
    const child = (): Resource => range(0x3000, 0x3fff);
    const start = { shape: unchanged, said: ['warn: release_mem_region_adjustable: start'] };
    const end = { shape: unchanged, said: ['warn: release_mem_region_adjustable: end'] };
    expect(released(0x2000, 0x37ff, child())).toEqual(start);
    expect(released(0x3800, 0x7fff, child())).toEqual(end);
    expect(released(0x2800, 0x2fff, child())).toEqual(end);
  });

  test('warns of a range outside the root, and takes one that is all of it', () => {
    const root = rootWith(busyRam(0x1000, 0x8fff));
    const { said, log } = listening();
    releaseMemRegionAdjustable(root, 0x800, 0x1000, log, false);
    releaseMemRegionAdjustable(root, 0x8000, 0x1001, log, false);
    expect(said).toEqual(Array(2).fill('warn: release_mem_region_adjustable: range outside the root'));
    expect(shapeOf(root)).toEqual([['1000-8fff']]);
    releaseMemRegionAdjustable(root, 0x1000, 0x8000, log, false);
    expect(shapeOf(root)).toEqual([]);
    expect(said).toHaveLength(2);
  });

  test('looks below what is not busy, and leaves what is not memory', () => {
    const IORESOURCE_IO = 0x100;
    const device = range(0x2000, 0x5fff);
    const ports = range(0x6000, 0x6fff, IORESOURCE_IO | IORESOURCE_BUSY);
    const root = rootWith(device, ports);
    requestResource(device, busyRam(0x3000, 0x4fff));
    releaseMemRegionAdjustable(root, 0x3000, 0x1000, quiet, false);
    releaseMemRegionAdjustable(root, 0x6000, 0x1000, quiet, false);
    expect(shapeOf(root)).toEqual([['2000-5fff', ['4000-4fff']], ['6000-6fff']]);
  });
});

describe('merge_system_ram_resource()', () => {
  /** Merges the middle one of three. */
  const merged = (change: (first: Resource, middle: Resource, last: Resource) => void): Shape[] => {
    const [first, middle, last] = [busyRam(0x2000, 0x2fff), busyRam(0x3000, 0x3fff), busyRam(0x4000, 0x4fff)];
    for (const neighbour of [first, last]) neighbour.flags += IORESOURCE_SYSRAM_MERGEABLE;
    change(first, middle, last);
    const root = rootWith(first, middle, last);
    mergeSystemRamResource(middle, quiet);
    return shapeOf(root);
  };

  test('joins a resource with both neighbours', () => {
    expect(merged(() => undefined)).toEqual([['2000-4fff']]);
  });

  test.each<[what: string, change: (first: Resource) => void]>([
    ['that is no mergeable memory', (first) => (first.flags = IORESOURCE_SYSTEM_RAM + IORESOURCE_BUSY)],
    ['whose name is another string with the same text', (first) => (first.name = { text: 'System RAM' })],
  ])('and not with one %s', (_what, change) => {
    expect(merged(change)).toEqual([['2000-2fff'], ['3000-4fff']]);
  });

  test('and not over a gap, nor where one of the two has children', () => {
    expect(merged((_first, _middle, last) => (last.start += 1))).toEqual([['2000-3fff'], ['4001-4fff']]);
    expect(merged((first) => requestResource(first, range(0x2000, 0x20ff)))).toEqual([
      ['2000-2fff', ['2000-20ff']],
      ['3000-4fff'],
    ]);
    expect(merged((_first, middle) => requestResource(middle, range(0x3000, 0x30ff)))).toEqual([
      ['2000-2fff'],
      ['3000-3fff', ['3000-30ff']],
      ['4000-4fff'],
    ]);
  });

  test('warns of what is not busy System RAM, and leaves it', () => {
    const { said, log } = listening();
    const device = range(0x2000, 0x2fff, IORESOURCE_SYSTEM_RAM);
    const root = rootWith(device, range(0x3000, 0x3fff, IORESOURCE_SYSTEM_RAM));
    mergeSystemRamResource(device, log);
    expect(said).toEqual(['warn: merge_system_ram_resource']);
    expect(device.flags).toBe(IORESOURCE_SYSTEM_RAM);
    expect(root.children).toHaveLength(2);
  });
});

describe('busy System RAM', () => {
  /** A device with memory of a driver below it, and memory behind it. */
  function memory(): Resource {
    const device = range(0x2000, 0x4fff);
    const root = rootWith(device, busyRam(0x6000, 0x6fff), range(0x7000, 0x7fff, IORESOURCE_SYSTEM_RAM));
    requestResource(device, busyRam(0x3000, 0x3fff));
    return root;
  }

  const walk = (start: number, end: number, answer = 0) => {
    const visited: [number, number][] = [];
    const ret = walkSystemRamRes(memory(), start, end, (found) => {
      visited.push([found.start, found.end]);
      return answer;
    });
    return { ret, visited };
  };

  test('is walked wherever it lies in the tree, as far as it lies in the range', () => {
    const all = [
      [0x3000, 0x3fff],
      [0x6000, 0x6fff],
    ];
    expect(walk(0x1000, 0x8fff)).toEqual({ ret: 0, visited: all });
    expect(walk(0x3800, 0x60ff)).toEqual({
      ret: 0,
      visited: [
        [0x3800, 0x3fff],
        [0x6000, 0x60ff],
      ],
    });
    expect(walk(0x1000, 0x3000)).toEqual({ ret: 0, visited: [[0x3000, 0x3000]] });
    expect(walk(0x6fff, 0x8000)).toEqual({ ret: 0, visited: [[0x6fff, 0x6fff]] });
  });

  test('ends the walk with the first answer that is not 0; -EINVAL where there is none, or one byte is asked for', () => {
    expect(walk(0x1000, 0x8fff, EBUSY)).toEqual({ ret: EBUSY, visited: [[0x3000, 0x3fff]] });
    expect(walk(0x4000, 0x5fff)).toEqual({ ret: EINVAL, visited: [] });
    expect(walk(0x3000, 0x3000)).toEqual({ ret: EINVAL, visited: [] });
  });

  test('is walked in pages that are all of it', () => {
    const PAGE = 0x1000;
    const pagesOf = (ram: Resource, answer = 0) => {
      const visited: [number, number][] = [];
      const root = rootWith(ram, busyRam(0x7000, 0x7fff));
      const ret = walkSystemRamRange(root, 1, 7, PAGE, (pfn, nrPages) => {
        visited.push([pfn, nrPages]);
        return answer;
      });
      return { ret, visited };
    };
    expect(pagesOf(busyRam(0x1800, 0x4bff))).toEqual({
      ret: 0,
      visited: [
        [2, 2],
        [7, 1],
      ],
    });
    expect(pagesOf(busyRam(0x1800, 0x4bff), EBUSY)).toEqual({ ret: EBUSY, visited: [[2, 2]] });
    // Less than a page, inside one and over the border of two, ends the walk without having been seen.
    expect(walkSystemRamRange(rootWith(busyRam(0x1800, 0x1bff)), 1, 4, PAGE, () => 0)).toBe(EINVAL);
    expect(walkSystemRamRange(rootWith(busyRam(0x1800, 0x27ff)), 1, 4, PAGE, () => 0)).toBe(EINVAL);
    expect(walkSystemRamRange(rootWith(), 1, 4, PAGE, () => 0)).toBe(EINVAL);
  });
});

describe('region_intersects()', () => {
  test.each([
    ['one byte before memory', 0x2fff, 1, 'disjoint'],
    ['the first byte of memory', 0x3000, 1, 'intersects'],
    ['the last byte of memory', 0x3fff, 1, 'intersects'],
    ['one byte behind memory, in the device', 0x4000, 1, 'disjoint'],
    ['all of the memory of a device', 0x3000, 0x1000, 'intersects'],
    ['that and a part of the device before it', 0x2fff, 0x1000, 'mixed'],
    ['that and a part of the device behind it', 0x3000, 0x1001, 'mixed'],
    ['two pieces of memory that touch', 0x5000, 0x2000, 'intersects'],
    ['a part of each', 0x5800, 0x1000, 'intersects'],
    ['two pieces and what is behind', 0x5000, 0x2001, 'mixed'],
    ['the memory of two devices, and what lies between', 0x3000, 0x4000, 'mixed'],
    ['nothing at all', 0x1000, 0x1000, 'disjoint'],
    ['nothing and memory at the top', 0x8000, 0x1000, 'intersects'],
  ] as const)('of %s', (_what, start, size, expected) => {
    const first = range(0x2000, 0x4fff);
    const second = range(0x5000, 0x7fff);
    const root = rootWith(first, second, busyRam(0x8800, 0x8fff));
    requestResource(first, busyRam(0x3000, 0x3fff));
    requestResource(second, busyRam(0x5000, 0x5fff));
    requestResource(second, busyRam(0x6000, 0x6fff));
    expect(regionIntersects(root, start, size, IORESOURCE_SYSTEM_RAM)).toBe(expected);
  });

  test('finds memory below a device below another', () => {
    const [outer, inner] = [range(0x2000, 0x5fff), range(0x2000, 0x3fff)];
    const root = rootWith(outer);
    requestResource(outer, inner);
    requestResource(inner, busyRam(0x2000, 0x2fff));
    const meets = (size: number) => regionIntersects(root, 0x2000, size, IORESOURCE_SYSTEM_RAM);
    expect([meets(0x1000), meets(0x1001)]).toEqual(['intersects', 'mixed']);
  });
});
