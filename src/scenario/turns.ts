// SPDX-License-Identifier: GPL-2.0-only

/**
 * Does work that halts between its parts, for those who have other things to do meanwhile, without a halt.
 * @returns what it comes to
 */
export function toTheEnd<T>(work: Generator<unknown, T, void>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
