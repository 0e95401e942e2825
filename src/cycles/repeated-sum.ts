// SPDX-License-Identifier: GPL-2.0-only

/** Sums to which the same is added again and again: as of additions one by one, to the last bit, and without them. */

const BITS_31_0 = 2 ** 32;
/** Makes whole numbers of up to 63 bits ones that {@link Math.clz32} takes. */
const HIGH = 2 ** -31;

/** Whether no power of two lies above the one number and not above the other; where they are small, they are said to be apart. */
function shareExponent(low: number, high: number): boolean {
  const scale = high < BITS_31_0 ? 1 : HIGH;
  return low * scale >= 1 && Math.clz32(low * scale) === Math.clz32(high * scale);
}

/**
 * Adds terms in their order, and all of them so many times.
 *
 * Between two powers of two numbers lie equally far apart. So what a term adds to a sum, rounded, is the same for all sums there,
 * unless it ends halfway between two of them: then the one with the even last bit is taken, and turns differ.
 * @param sum not negative, less than 2^62
 * @param terms not negative
 * @param times from 1
 */
export function sumRepeatedly(sum: number, terms: readonly number[], times: number): number {
  let once = sum;
  let isHalfway = false;
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i]!;
    const next = once + term;
    const lost = term - (next - once);
    // What was lost is half of a last bit where twice as much is still seen beside the sum.
    if (lost !== 0 && next + 2 * lost - next === 2 * lost) isHalfway = true;
    once = next;
  }
  if (times === 1) return once;
  const end = sum + (once - sum) * times;
  if (!isHalfway && shareExponent(sum, end)) return end;
  for (let turn = 1; turn < times; turn++) for (let i = 0; i < terms.length; i++) once += terms[i]!;
  return once;
}
