// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RangeMap } from '../../src/mm/range-map.js';

describe('values of ranges of frames', () => {
  const step = fc.record({
    start: fc.nat(30),
    length: fc.nat(10),
    value: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
  });

  /** The values of a map frame by frame, one for all frames in a row that have the same. */
  const runsOf = (plain: ReadonlyMap<number, string>): string[] =>
    [...plain.keys()]
      .sort((a, b) => a - b)
      .filter((pfn) => plain.get(pfn) !== plain.get(pfn - 1))
      .map((pfn) => plain.get(pfn)!);

  test('are those that were set last', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const map = new RangeMap<string>();
        const plain = new Map<number, string>();
        for (const { start, length, value } of steps) {
          map.set(start, start + length, value);
          for (let pfn = start; pfn < start + length; pfn++) {
            if (value === undefined) plain.delete(pfn);
            else plain.set(pfn, value);
          }
          expect(map.values()).toEqual(runsOf(plain));
          for (let pfn = 0; pfn < 42; pfn++) expect([pfn, map.get(pfn)]).toEqual([pfn, plain.get(pfn)]);
        }
      }),
    );
  });
});
