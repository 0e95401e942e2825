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

/** LRU sets by the book: lists of keys, the most recent first. */
class Lists {
  private lists: number[][] = [];

  constructor(
    private readonly sets: number,
    private readonly ways: number,
  ) {
    this.clear();
  }

  clear(): void {
    this.lists = Array.from({ length: this.sets }, () => []);
  }

  has(key: number): boolean {
    return this.lists[key % this.sets]!.includes(key);
  }

  touch(key: number): boolean {
    const was = this.has(key);
    const list = this.lists[key % this.sets]!.filter((other) => other !== key);
    this.lists[key % this.sets] = [key, ...list].slice(0, this.ways);
    return was;
  }
}

test('sets that are emptied know nothing of what they held, whatever comes in what way', () => {
  const range = { first: fc.nat(KEYS), count: fc.integer({ min: 1, max: KEYS }) };
  const action = fc.oneof(
    fc.record({
      kind: fc.constantFrom('touch' as const, 'clear' as const),
      first: fc.nat(KEYS),
      count: fc.constant(1),
    }),
    fc.record({ kind: fc.constantFrom('row' as const, 'run' as const), ...range }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2, 4),
      fc.integer({ min: 1, max: 6 }),
      fc.array(action, { maxLength: 20 }),
      (sets, ways, actions) => {
        const real = new LruSets(sets, ways);
        const book = new Lists(sets, ways);
        // A run is of keys that are in no set.
        let fresh = 2 * KEYS;
        for (const { kind, first, count } of actions) {
          if (kind === 'touch') expect(real.touch(first, first)).toBe(book.touch(first));
          if (kind === 'row') {
            const found = new Uint8Array(count);
            real.touchRow(first, count, found, MARK);
            expect([...found]).toEqual(Array.from(found, (_, i) => (book.touch(first + i) ? MARK : 0)));
          }
          if (kind === 'run' && real.defers(count)) {
            real.defer(fresh, count);
            for (let i = 0; i < count; i++) book.touch(fresh + i);
            fresh += count;
          }
          if (kind === 'clear') {
            real.clear();
            book.clear();
          }
          for (let key = 0; key < fresh; key += 5) expect(real.has(key, key)).toBe(book.has(key));
        }
        for (let key = 0; key < fresh; key++) expect(real.has(key, key)).toBe(book.has(key));
      },
    ),
    { numRuns: 1000 },
  );
});
