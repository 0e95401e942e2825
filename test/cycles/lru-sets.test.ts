// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LruSets } from '../../src/cycles/lru-sets.js';

const MARK = 7;
const KEYS = 24;

test('a row of keys finds what one after the other would find, and leaves the same behind', () => {
  const row = fc.record({ first: fc.nat(KEYS), count: fc.integer({ min: 1, max: KEYS }) });
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.oneof(row, fc.nat(2 * KEYS)), { maxLength: 12 }),
      (sets, ways, actions) => {
        const [byRow, single] = [new LruSets(sets, ways), new LruSets(sets, ways)];
        for (const action of actions) {
          if (typeof action === 'number') {
            expect(byRow.touch(action, action)).toBe(single.touch(action, action));
            continue;
          }
          const found = new Uint8Array(action.count);
          byRow.touchRow(action.first, action.count, found, MARK);
          const expected = found.map((_, i) => (single.touch(action.first + i, action.first + i) ? MARK : 0));
          expect(found).toEqual(expected);
        }
        for (let key = 0; key < 2 * KEYS; key++) expect(byRow.has(key, key)).toBe(single.has(key, key));
      },
    ),
    { numRuns: 1000 },
  );
});
