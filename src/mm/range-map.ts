// SPDX-License-Identifier: GPL-2.0-only

import type { StateReader, StateWriter } from '../hardware/saved-state.js';

interface Entry<T> {
  start: number;
  /** Exclusive. */
  end: number;
  value: T;
}

/** Values of ranges of frames; a later range takes the place of what it covers (xa_store_range). */
export class RangeMap<T> {
  /** Ascending, disjoint; neighbours of one value are one. */
  private entries: Entry<T>[] = [];

  /** The value at a frame. */
  get(pfn: number): T | undefined {
    const entry = this.entries[this.firstEndingBehind(pfn)];
    return entry !== undefined && entry.start <= pfn ? entry.value : undefined;
  }

  /**
   * Gives a range of frames a value.
   * @param end exclusive
   * @param value undefined takes what is there out
   */
  set(start: number, end: number, value: T | undefined): void {
    if (end <= start) return;
    const { entries } = this;
    const from = this.firstEndingBehind(start);
    let to = from;
    while (to < entries.length && entries[to]!.start < end) to++;
    const first = entries[from];
    const last = entries[to - 1];
    const pieces: Entry<T>[] = [];
    if (to > from && first!.start < start) pieces.push({ ...first!, end: start });
    if (value !== undefined) pieces.push({ start, end, value });
    if (to > from && last!.end > end) pieces.push({ ...last!, start: end });
    entries.splice(from, to - from, ...pieces);
    this.join(from + pieces.length);
    for (let at = from + pieces.length - 1; at >= from; at--) this.join(at);
  }

  /** The values, by ascending range. */
  values(): T[] {
    return this.entries.map(({ value }) => value);
  }

  /**
   * Writes the ranges down.
   * @param numberOf the number that stands for a value
   */
  save(to: StateWriter, numberOf: (value: T) => number): void {
    to.word(this.entries.length);
    for (const { start, end, value } of this.entries) {
      to.wide(start);
      to.wide(end);
      to.word(numberOf(value));
    }
  }

  /**
   * Reads back what {@link save} wrote.
   * @param valueOf the value that a number stands for
   */
  restore(from: StateReader, valueOf: (number: number) => T): void {
    this.entries = [];
    for (let left = from.word(); left > 0; left--) {
      this.entries.push({ start: from.wide(), end: from.wide(), value: valueOf(from.word()) });
    }
  }

  /** Makes the entry at an index one with the entry before it, if both continue each other. */
  private join(index: number): void {
    const entry = this.entries[index];
    const before = this.entries[index - 1];
    if (entry === undefined || before?.end !== entry.start || before.value !== entry.value) return;
    before.end = entry.end;
    this.entries.splice(index, 1);
  }

  /** Index of the first entry that ends behind a frame. */
  private firstEndingBehind(pfn: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle]!.end > pfn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
