// SPDX-License-Identifier: GPL-2.0-only

/** Numbers in an array that can grow. */
export type Column =
  Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/**
 * A longer array with the same numbers at its beginning, and zeros behind them.
 * @param Array what makes one of its kind
 * @param place that it must have room for; it is twice as long in any case
 */
export function grown<T extends Column>(old: T, Array: new (length: number) => T, place = 0): T {
  const wider = new Array(Math.max(old.length, place) * 2);
  wider.set(old);
  return wider;
}
