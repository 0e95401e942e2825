// SPDX-License-Identifier: GPL-2.0-only

/** Arrays up to this length are copied faster word by word than by a call. */
const SHORT = 48;

/** Typed arrays that are copied. */
export type Words = Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The beginning of a typed array, kept to be put back. The same copy serves again and again. */
export class Copy<T extends Words> {
  private words: T;
  /** What of them is kept: a view is made when it is another length, and serves as often as the copy is put back. */
  private kept: T;
  /** Views of parts, all of one length, in the order of the parts. */
  private readonly parts: T[] = [];

  constructor(private readonly Array: new (length: number) => T) {
    this.words = new Array(0);
    this.kept = this.words;
  }

  /** Keeps the first `length` elements. */
  keep(source: T, length: number): void {
    const isLonger = length > this.words.length;
    if (isLonger) {
      this.words = new this.Array(length * 2);
      this.parts.length = 0;
    }
    if (isLonger || length !== this.kept.length) this.kept = this.words.subarray(0, length) as T;
    if (length <= SHORT) copyShort(this.words, source, length);
    else this.words.set(length === source.length ? source : source.subarray(0, length));
  }

  /** Puts them back where they were; what lies behind them stays. The array must not be shorter by now. */
  putBack(target: T): void {
    const { kept } = this;
    if (kept.length <= SHORT) copyShort(target, kept, kept.length);
    else target.set(kept);
  }

  /**
   * Puts one of the parts back that lie behind each other.
   * @param length elements of a part, the same every time
   */
  putBackPart(target: T, part: number, length: number): void {
    const { parts, words } = this;
    const from = part * length;
    while (parts.length <= part) parts.push(words.subarray(parts.length * length, (parts.length + 1) * length) as T);
    target.set(parts[part]!, from);
  }
}

function copyShort(to: Words, from: Words, length: number): void {
  for (let i = 0; i < length; i++) to[i] = from[i]!;
}

/** Gives a list the elements of another. */
export function refill(list: number[], from: readonly number[]): void {
  list.length = 0;
  for (let i = 0; i < from.length; i++) list.push(from[i]!);
}
