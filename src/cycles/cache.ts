// SPDX-License-Identifier: GPL-2.0-only

import { LruSets } from './lru-sets.js';

/**
 * Data caches: levels of sets with LRU replacement. Every level sees every access, so levels are independent of each
 * other; a line is served by the innermost level that has it.
 */

export interface CacheGeometry {
  /** Bytes. */
  readonly size: number;
  readonly ways: number;
}

/** Lines that are accessed level by level at once. */
const ROW_LINES = 2 ** 15;
/** Lines from which on a row is remembered. */
const MIN_ROW = 8;
/** Holes from which on it is not. */
const MAX_HOLES = 12;
/** Lines of a granule, the unit in which {@link CacheHierarchy} remembers what may be in a cache. */
const GRANULE_LINES = 2 ** 12;

export class CacheHierarchy {
  private readonly levels: readonly LruSets[];
  private readonly perLine: number;
  /** Granules of which a line may be cached one by one. Never too few; those evicted stay in. */
  private readonly touched = new Set<number>();
  private lastGranule = -1;
  /** The level that serves each line of a row. */
  private readonly servers = new Uint8Array(ROW_LINES);
  /**
   * The last line that was accessed of those with the same low bits. All sets choose by these bits at least, so no other line
   * has come into its set since in any level, and it is the most recent everywhere.
   */
  private readonly newest: Float64Array;
  private readonly lowBits: number;
  /**
   * The same for the levels outside the first, which have more sets: what is there needs a look in the first alone. A line was
   * noted while so many rows had been accessed that note none, since they are too long.
   */
  private readonly newestOutside: Float64Array;
  private readonly since: Uint32Array;
  private readonly outsideBits: number;
  private rows = 1;
  /** The last row of some length, whose lines are in {@link newest} but for holes: those that other lines have come in front of. */
  private rowFirst = 0;
  private rowCount = 0;
  private readonly holes = new Uint32Array(MAX_HOLES);
  private holeCount = 0;

  /**
   * @param levels from the innermost on
   * @param lineSize bytes, the same in every level
   */
  constructor(
    levels: readonly CacheGeometry[],
    readonly lineSize: number,
  ) {
    this.perLine = 1 / lineSize;
    this.levels = levels.map(({ size, ways }) => new LruSets(size / lineSize / ways, ways, (line) => this.mark(line)));
    const fewestSets = Math.min(...this.levels.map(({ sets }) => sets));
    this.newest = new Float64Array(fewestSets).fill(-1);
    this.lowBits = fewestSets - 1;
    const [, ...others] = this.levels;
    const outside = Math.min(...(others.length > 0 ? others : this.levels).map(({ sets }) => sets));
    this.newestOutside = new Float64Array(outside);
    this.since = new Uint32Array(outside);
    this.outsideBits = outside - 1;
  }

  /**
   * One access.
   * @param pa physical byte address
   * @returns the level that serves it, from 0; the number of levels for memory
   */
  access(pa: number): number {
    const line = Math.floor(pa * this.perLine);
    return this.accessNewest(line);
  }

  /** The level that would serve an access now. */
  serverOf(pa: number): number {
    const line = Math.floor(pa * this.perLine);
    if (this.newest[line & this.lowBits] === line) return 0;
    let level = 0;
    while (level < this.levels.length && !this.levels[level]!.has(line, line)) level++;
    return level;
  }

  /**
   * Accesses every line of a range once, by ascending address. What is known to be in no cache is put into the large
   * ones without a look at each line.
   * @param pa physical byte address
   * @param length bytes
   * @param served gets the lines that each level serves, memory last; added to what is in it
   */
  stream(pa: number, length: number, served: Float64Array): void {
    if (length <= 0) return;
    const first = Math.floor(pa * this.perLine);
    const last = Math.floor((pa + length - 1) * this.perLine);
    const count = last - first + 1;
    if (count < GRANULE_LINES || this.mayHold(first, last)) {
      if (count <= this.newest.length) {
        this.streamShort(first, count, served);
        return;
      }
      for (let line = first; line <= last; line += ROW_LINES) {
        this.accessLines(line, Math.min(last - line + 1, ROW_LINES), served);
      }
      return;
    }
    served[this.levels.length]! += count;
    this.rows++;
    for (const level of this.levels) {
      if (level.defers(count)) level.defer(first, count);
      else for (let line = first; line <= last; line++) this.insert(level, line);
    }
    this.noteNewest(first, last);
  }

  /**
   * Accesses so few lines that each is the last with its low bits. Tables are searched again and again from their first
   * entry on, so of a row that begins as the last one did only the holes are looked at. Lines of a row are in different sets, so
   * their order makes no difference.
   */
  private streamShort(first: number, count: number, served: Float64Array): void {
    const known = first === this.rowFirst && count >= this.rowCount ? this.rowCount : 0;
    const holes = known === 0 ? 0 : this.holeCount;
    served[0]! += known - holes;
    for (let i = 0; i < holes; i++) served[this.accessNewest(first + this.holes[i]!)]! += 1;
    for (let i = known; i < count; i++) served[this.accessNewest(first + i)]! += 1;
    if (count < MIN_ROW) return;
    this.rowFirst = first;
    this.rowCount = count;
    this.holeCount = 0;
  }

  private accessNewest(line: number): number {
    return this.newest[line & this.lowBits] === line ? 0 : this.accessLine(line);
  }

  /** Another line has come in front of one of the row. */
  private breakRow(place: number, line: number): void {
    const { holes, holeCount } = this;
    if (line === this.rowFirst + place) return;
    for (let i = 0; i < holeCount; i++) if (holes[i] === place) return;
    if (holeCount < MAX_HOLES) holes[this.holeCount++] = place;
    else this.rowCount = 0;
  }

  /** Whether a line of the range may be in a level. */
  private mayHold(first: number, last: number): boolean {
    const end = Math.floor(last / GRANULE_LINES);
    for (let granule = Math.floor(first / GRANULE_LINES); granule <= end; granule++) {
      if (this.touched.has(granule)) return true;
    }
    return this.levels.some((level) => level.hasDeferred(first, last));
  }

  private accessLine(line: number): number {
    this.newest[line & this.lowBits] = line;
    const place = (line - this.rowFirst) & this.lowBits;
    if (place < this.rowCount) this.breakRow(place, line);
    const server = this.accessOutside(line);
    if (this.levels[0]!.touch(line, line)) return 0;
    this.mark(line);
    return server;
  }

  /** An access of the levels outside the first. @returns the one that serves it */
  private accessOutside(line: number): number {
    const { levels, newestOutside, since } = this;
    const place = line & this.outsideBits;
    if (newestOutside[place] === line && since[place] === this.rows) return 1;
    newestOutside[place] = line;
    since[place] = this.rows;
    let server = levels.length;
    for (let i = levels.length - 1; i > 0; i--) if (levels[i]!.touch(line, line)) server = i;
    return server;
  }

  /** Accesses at most {@link ROW_LINES} lines, level by level: what one does, no other sees. */
  private accessLines(first: number, count: number, served: Float64Array): void {
    const { levels, servers } = this;
    if (count <= this.newestOutside.length) {
      for (let i = 0; i < count; i++) servers[i] = this.accessOutside(first + i);
    } else {
      servers.fill(levels.length, 0, count);
      for (let level = levels.length - 1; level > 0; level--) levels[level]!.touchRow(first, count, servers, level);
      this.rows++;
    }
    levels[0]!.touchRow(first, count, servers, 0);
    for (let i = 0; i < count;) {
      const server = servers[i]!;
      const from = i;
      while (i < count && servers[i] === server) i++;
      served[server]! += i - from;
    }
    const last = first + count - 1;
    this.noteNewest(first, last);
    for (let line = first; line < last; line += GRANULE_LINES) this.mark(line);
    this.mark(last);
  }

  /** Lines of a row were accessed, by ascending address. */
  private noteNewest(first: number, last: number): void {
    const { newest, lowBits } = this;
    this.rowCount = 0;
    for (let line = Math.max(first, last - lowBits); line <= last; line++) newest[line & lowBits] = line;
  }

  private insert(level: LruSets, line: number): void {
    level.touch(line, line);
    this.mark(line);
  }

  private mark(line: number): void {
    const granule = Math.floor(line / GRANULE_LINES);
    if (granule === this.lastGranule) return;
    this.lastGranule = granule;
    this.touched.add(granule);
  }
}
