// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CacheHierarchy, type CacheGeometry } from '../../src/cycles/cache.js';

const LINE = 64;
/** A hierarchy as real ones are built, so small that runs push each other out. */
const SMALL: readonly CacheGeometry[] = [
  { size: 8 * LINE, ways: 2 },
  { size: 64 * LINE, ways: 4 },
  { size: 8192 * LINE, ways: 2 },
];
const BASE = 2 ** 44;

/** LRU sets by the book: a list of lines a set, the most recent first. */
function model(geometry: readonly CacheGeometry[]): (line: number) => number {
  const levels = geometry.map(({ size, ways }) => {
    const sets = size / LINE / ways;
    return { ways, sets: Array.from({ length: sets }, (): number[] => []) };
  });
  return (line) => {
    let server = levels.length;
    for (const [i, { ways, sets }] of levels.entries()) {
      const set = sets[line % sets.length]!;
      const at = set.indexOf(line);
      if (at >= 0) set.splice(at, 1);
      if (at >= 0 && i < server) server = i;
      set.unshift(line);
      if (set.length > ways) set.pop();
    }
    return server;
  };
}

const access = fc.record({ kind: fc.constant('access' as const), line: fc.integer({ min: 0, max: 30_000 }) });
const stream = fc.record({
  kind: fc.constant('stream' as const),
  first: fc.integer({ min: 0, max: 20_000 }),
  lines: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 4000, max: 12_000 })),
  head: fc.integer({ min: 0, max: LINE - 1 }),
});
const further = fc.record({ kind: fc.constant('further' as const), lines: fc.integer({ min: 4000, max: 9000 }) });

describe('caches', () => {
  test('charge a range exactly as line by line', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(access, stream, further), { maxLength: 25 }), (actions) => {
        const cache = new CacheHierarchy(SMALL, LINE);
        const byLine = model(SMALL);
        let end = 40_000;
        for (const action of actions) {
          if (action.kind === 'access') {
            expect(cache.access(BASE + action.line * LINE)).toBe(byLine(action.line));
            continue;
          }
          // A run that goes on behind the last one, as memory that is used for the first time does.
          const first = action.kind === 'stream' ? action.first : end;
          const head = action.kind === 'stream' ? action.head : 0;
          const served = new Float64Array(4);
          const expected = new Float64Array(4);
          cache.stream(BASE + first * LINE + head, action.lines * LINE - head, served);
          for (let line = first; line < first + action.lines; line++) expected[byLine(line)]! += 1;
          expect(served).toEqual(expected);
          if (action.kind === 'further') end += action.lines;
        }
        for (let line = 0; line < end; line += 97) expect(cache.access(BASE + line * LINE)).toBe(byLine(line));
      }),
      { numRuns: 150 },
    );
  });

  test('know a table that is searched again and again from its first entry on, whatever comes between', () => {
    const sets = 32;
    const geometry = [
      { size: 2 * sets * LINE, ways: 2 },
      { size: 12 * sets * LINE, ways: 3 },
    ];
    const search = fc.record({ first: fc.constantFrom(3, 200), lines: fc.integer({ min: 1, max: sets }) });
    const other = fc.record({ first: fc.nat(400), lines: fc.constantFrom(1, 5) });
    const others = fc.array(other, { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.oneof(others, fc.tuple(search)), { maxLength: 12 }), (turns) => {
        const actions = turns.flat();
        const cache = new CacheHierarchy(geometry, LINE);
        const byLine = model(geometry);
        for (const { first, lines } of actions) {
          const served = new Float64Array(3);
          const expected = new Float64Array(3);
          cache.stream(BASE + first * LINE, lines * LINE, served);
          for (let line = first; line < first + lines; line++) expected[byLine(line)]! += 1;
          expect(served).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a terabyte that nobody touched comes from memory, in one look', () => {
    const cache = new CacheHierarchy(SMALL, LINE);
    const served = new Float64Array(4);
    cache.stream(0, 2 ** 30, served);
    cache.stream(2 ** 30, 2 ** 40 - 2 ** 30, served);
    expect([...served]).toEqual([0, 0, 0, 2 ** 34]);
    expect(cache.access(2 ** 40 - LINE)).toBe(0);
    expect(cache.access(0)).toBe(3);
  });

  test('a line that was the most recent is gone when a range that nobody touched has come', () => {
    const cache = new CacheHierarchy(SMALL, LINE);
    expect([cache.access(0), cache.access(0)]).toEqual([3, 0]);
    cache.stream(2 ** 30, 2 ** 30, new Float64Array(4));
    expect([cache.access(0), cache.access(0)]).toEqual([3, 0]);
  });

  test('an empty range touches nothing', () => {
    const served = new Float64Array(4);
    new CacheHierarchy(SMALL, LINE).stream(0, 0, served);
    expect([...served]).toEqual([0, 0, 0, 0]);
  });
});
