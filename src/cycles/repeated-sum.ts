// SPDX-License-Identifier: GPL-2.0-only

/** Sums to which the same is added again and again: as of additions one by one, to the last bit, and mostly without them. */

/** The largest power of two that is not above a number. @param number from 1 */
function powerBelow(number: number): number {
  let power = 1;
  while (power * 2 <= number) power *= 2;
  return power;
}

/**
 * Terms that are added together, in their order, and so many times.
 *
 * Between two powers of two numbers lie equally far apart. So what a term adds to a sum, rounded, is the same for all sums there,
 * unless it ends halfway between two of them: then the one with the even last bit is taken, and turns differ.
 */
export class RepeatedTerms {
  /** Two powers of two, and what a turn adds to any sum that begins and ends between them; no sum where there are none. */
  private from = Infinity;
  private to = Infinity;
  private growth = 0;

  /** @param terms not negative */
  constructor(private readonly terms: readonly number[]) {}

  /**
   * A sum with all terms added to it.
   * @param sum not negative, less than 2^62
   * @param times from 1
   */
  addTo(sum: number, times: number): number {
    if (sum >= this.from) {
      const end = sum + this.growth * times;
      if (end < this.to) return end;
    }
    return this.addTurns(sum, times);
  }

  /** Plays a turn, and the others where they may differ. */
  private addTurns(sum: number, times: number): number {
    const { terms } = this;
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
    // Below 1 the powers of two are not looked for.
    if (!isHalfway && sum >= 1) {
      const from = powerBelow(sum);
      const end = sum + (once - sum) * times;
      if (once < from * 2) {
        this.from = from;
        this.to = from * 2;
        this.growth = once - sum;
        if (end < this.to) return end;
      }
    }
    for (let turn = 1; turn < times; turn++) for (let i = 0; i < terms.length; i++) once += terms[i]!;
    return once;
  }
}
