// SPDX-License-Identifier: GPL-2.0-only

/** Sums to which the same is added again and again: as of additions one by one, to the last bit, and without them. */

const BITS = new DataView(new ArrayBuffer(8));

/** The exponent of a number that is not negative. */
function exponentOf(value: number): number {
  BITS.setFloat64(0, value);
  return BITS.getUint16(0) >>> 4;
}

/**
 * Adds terms in their order, and all of them so many times.
 *
 * Between two powers of two numbers lie equally far apart. So what a term adds to a sum, rounded, is the same for all sums there,
 * unless it ends halfway between two of them: then the one with the even last bit is taken, and turns differ.
 * @param sum not negative
 * @param terms not negative
 * @param count of the terms that count
 */
export function sumRepeatedly(sum: number, terms: Float64Array, count: number, times: number): number {
  if (times < 1) return sum;
  let once = sum;
  let isHalfway = false;
  for (let i = 0; i < count; i++) {
    const term = terms[i]!;
    const next = once + term;
    const lost = term - (next - once);
    // What was lost is half of a last bit where twice as much is still seen beside the sum.
    if (lost !== 0 && next + 2 * lost - next === 2 * lost) isHalfway = true;
    once = next;
  }
  const end = sum + (once - sum) * times;
  if (!isHalfway && exponentOf(end) === exponentOf(sum)) return end;
  for (let turn = 1; turn < times; turn++) for (let i = 0; i < count; i++) once += terms[i]!;
  return once;
}
