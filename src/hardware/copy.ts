// SPDX-License-Identifier: GPL-2.0-only

/** Arrays up to this length are copied faster word by word than by a call. */
const SHORT = 48;

/** Typed arrays that are copied. */
export type Words = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The beginning of a typed array, kept to be put back. The same copy serves again and again. */
export class Copy<T extends Words> {
  private words: T;
  private length = 0;

  constructor(private readonly Array: new (length: number) => T) {
    this.words = new Array(0);
  }

  /** Keeps the first `length` elements. */
  keep(source: T, length: number): void {
    if (length > this.words.length) this.words = new this.Array(length * 2);
    this.length = length;
    copyWords(this.words, source, length);
  }

  /** Puts them back where they were; what lies behind them stays. The array must not be shorter by now. */
  putBack(target: T): void {
    copyWords(target, this.words, this.length);
  }
}

function copyWords(to: Words, from: Words, length: number): void {
  if (length > SHORT) to.set(length === from.length ? from : from.subarray(0, length));
  else for (let i = 0; i < length; i++) to[i] = from[i]!;
}

/** Gives a list the elements of another. */
export function refill(list: number[], from: readonly number[]): void {
  list.length = 0;
  for (let i = 0; i < from.length; i++) list.push(from[i]!);
}
