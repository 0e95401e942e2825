// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RepeatedTerms } from '../../src/cycles/repeated-sum.js';

function oneByOne(sum: number, terms: readonly number[], times: number): number {
  for (let turn = 0; turn < times; turn++) for (const term of terms) sum += term;
  return sum;
}

/** Cycles as a clock has them: whole, in eighths, thirds of them, and far smaller than the sum. */
const cycles = fc.oneof(
  fc.nat(5000),
  fc.nat(5000).map((n) => n / 8),
  fc.nat(5000).map((n) => n / 3),
  fc.double({ min: 0, max: 1e4, noNaN: true }),
  fc.constant(2 ** -30),
);

test('the same terms added again and again give the sum of one by one, to the last bit', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        cycles,
        fc.double({ min: 0, max: 2 ** 54, noNaN: true }),
        fc.nat(40).map((n) => 2 ** n),
      ),
      fc.array(cycles, { maxLength: 6 }),
      fc.integer({ min: 1, max: 20 }),
      (sum, terms, times) => {
        expect(new RepeatedTerms(terms).addTo(sum, times)).toBe(oneByOne(sum, terms, times));
      },
    ),
    { numRuns: 2000 },
  );
});

test('also to one sum after another, which grow, begin anew, and pass powers of two', () => {
  fc.assert(
    fc.property(
      fc.array(cycles, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.option(cycles)), { maxLength: 20 }),
      (terms, rounds) => {
        const repeated = new RepeatedTerms(terms);
        let [sum, expected] = [0, 0];
        for (const [times, anew] of rounds) {
          if (anew !== null) sum = expected = anew;
          sum = repeated.addTo(sum, times);
          expected = oneByOne(expected, terms, times);
          expect(sum).toBe(expected);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  ['a term that ends halfway between two numbers goes to the even one', 2 ** 52 + 1, [0.5], 7],
  ['two halves of a last bit', 2 ** 52, [0.5, 0.25, 0.5], 9],
  ['a sum that passes a power of two', 2 ** 53 - 3, [1, 0.75], 6],
  ['a sum that is nothing yet', 0, [1 / 3], 100],
])('%s', (_, sum, terms, times) => {
  expect(new RepeatedTerms(terms).addTo(sum, times)).toBe(oneByOne(sum, terms, times));
});
