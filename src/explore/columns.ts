// SPDX-License-Identifier: GPL-2.0-only

import { grown } from '../hardware/grown.js';
import type { Level, Leaf, Table } from '../hardware/page-table.js';

/** Leaves and tables of a state as columns of numbers: no object a leaf. */

/** Leaves that are copied faster one by one than by a call for each column. */
const SHORT = 48;

/** Leaves by ascending address, a column for each field; sizes and addresses in bytes. */
export class LeafColumns {
  length = 0;
  start = new Float64Array(64);
  size = new Float64Array(64);
  pa = new Float64Array(64);
  level = new Uint8Array(64);
  lo = new Uint32Array(64);
  hi = new Uint32Array(64);
  /** Whose the first and the last frame are: the worse of the two, {@link OWNER}. */
  owner = new Uint8Array(64);
  /** Whether it maps memmap of an active cell. */
  isUsed = new Uint8Array(64);
  /** Of a base page: what its frame holds, see `Ram.contentOf()`. */
  content = new Float64Array(64);

  push(
    start: number,
    size: number,
    level: Level,
    pa: number,
    lo: number,
    hi: number,
    owner: number,
    isUsed: number,
    content: number,
  ): void {
    const at = this.length;
    if (at === this.start.length) this.grow();
    this.length++;
    this.start[at] = start;
    this.size[at] = size;
    this.pa[at] = pa;
    this.level[at] = level;
    this.lo[at] = lo;
    this.hi[at] = hi;
    this.owner[at] = owner;
    this.isUsed[at] = isUsed;
    this.content[at] = content;
  }

  /** Adds the leaves [from, to) of another scan. */
  pushAll(other: LeafColumns, from: number, to: number): void {
    const first = this.length;
    this.length += to - from;
    while (this.length > this.start.length) this.grow();
    if (to - from > SHORT) {
      const columns = this.columns();
      const others = other.columns();
      for (let c = 0; c < columns.length; c++) columns[c]!.set(others[c]!.subarray(from, to), first);
      return;
    }
    for (let i = from, at = first; i < to; i++, at++) {
      this.start[at] = other.start[i]!;
      this.size[at] = other.size[i]!;
      this.pa[at] = other.pa[i]!;
      this.level[at] = other.level[i]!;
      this.lo[at] = other.lo[i]!;
      this.hi[at] = other.hi[i]!;
      this.owner[at] = other.owner[i]!;
      this.isUsed[at] = other.isUsed[i]!;
      this.content[at] = other.content[i]!;
    }
  }

  toLeaves(): Leaf[] {
    return Array.from({ length: this.length }, (_, i) => ({
      start: this.start[i]!,
      size: this.size[i]!,
      level: this.level[i] as Level,
      pa: this.pa[i]!,
      lo: this.lo[i]!,
      hi: this.hi[i]!,
    }));
  }

  private columns(): (Float64Array | Uint32Array | Uint8Array)[] {
    const { start, size, pa, level, lo, hi, owner, isUsed, content } = this;
    return [start, size, pa, level, lo, hi, owner, isUsed, content];
  }

  private grow(): void {
    this.start = grown(this.start, Float64Array);
    this.size = grown(this.size, Float64Array);
    this.pa = grown(this.pa, Float64Array);
    this.level = grown(this.level, Uint8Array);
    this.lo = grown(this.lo, Uint32Array);
    this.hi = grown(this.hi, Uint32Array);
    this.owner = grown(this.owner, Uint8Array);
    this.isUsed = grown(this.isUsed, Uint8Array);
    this.content = grown(this.content, Float64Array);
  }
}

/** Tables below the root, each before those that it points to. */
export class TableColumns {
  length = 0;
  start = new Float64Array(16);
  pa = new Float64Array(16);
  level = new Uint8Array(16);
  owner = new Uint8Array(16);
  /** Whether an entry of it leads somewhere. */
  hasEntries = new Uint8Array(16);

  push(start: number, level: Level, pa: number, owner: number): number {
    const at = this.length;
    if (at === this.start.length) this.grow();
    this.length++;
    this.start[at] = start;
    this.pa[at] = pa;
    this.level[at] = level;
    this.owner[at] = owner;
    this.hasEntries[at] = 0;
    return at;
  }

  at(i: number): Table {
    return { level: this.level[i] as Level, start: this.start[i]!, pa: this.pa[i]! };
  }

  toTables(): Table[] {
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }

  private grow(): void {
    this.start = grown(this.start, Float64Array);
    this.pa = grown(this.pa, Float64Array);
    this.level = grown(this.level, Uint8Array);
    this.owner = grown(this.owner, Uint8Array);
    this.hasEntries = grown(this.hasEntries, Uint8Array);
  }
}

/** Whose a frame is: what {@link LeafColumns.owner} holds. The worst comes last. */
export const OWNER = {
  /** Of no page allocator: an altmap's, a device's. */
  foreign: 0,
  /** Handed out before the books were opened. */
  reserved: 1,
  /** Handed out by the page allocator and not given back. */
  allocated: 2,
  /** The page allocator's own: whoever maps it has no right to. */
  free: 3,
} as const;
