// SPDX-License-Identifier: GPL-2.0-only

interface Entry<T> {
  start: number;
  /** Exclusive. */
  end: number;
  value: T;
}

/** Values of ranges of frames; a later range takes the place of what it covers (xa_store_range). */
export class RangeMap<T> {
  /** Ascending, disjoint. */
  private entries: Entry<T>[] = [];

  /** The value at a frame. */
  get(pfn: number): T | undefined {
    let low = 0;
    let high = this.entries.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.entries[middle]!;
      if (pfn < entry.start) high = middle - 1;
      else if (pfn >= entry.end) low = middle + 1;
      else return entry.value;
    }
    return undefined;
  }

  /**
   * @param end exclusive
   * @param value undefined takes what is there out
   */
  set(start: number, end: number, value: T | undefined): void {
    if (end <= start) return;
    const entries: Entry<T>[] = [];
    for (const entry of this.entries) {
      if (entry.end <= start || entry.start >= end) {
        entries.push(entry);
        continue;
      }
      if (entry.start < start) entries.push({ ...entry, end: start });
      if (entry.end > end) entries.push({ ...entry, start: end });
    }
    if (value !== undefined) entries.push({ start, end, value });
    this.entries = entries.sort((a, b) => a.start - b.start);
  }
}
