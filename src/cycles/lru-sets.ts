// SPDX-License-Identifier: GPL-2.0-only

/**
 * Sets of ways with true LRU replacement: what caches and TLBs are made of. A key is a line or page number.
 *
 * A long run of keys that are in no set can be deferred: a set takes its share of the run when it is next looked at.
 */

/** A run of consecutive keys, inserted in ascending order. */
interface Run {
  first: number;
  count: number;
}

/** Keys of a row for each set from which on sets are looked at in place of keys. */
const LONG_ROW = 4;

export class LruSets {
  /** The most recent key of each set, plus one, so that zero is an empty way. */
  private readonly newest: Float64Array;
  /** The other ways of each set in the same way, by their age; the first that is empty ends them, whatever lies behind it. */
  private readonly older: Float64Array;
  private readonly mask: number;
  private readonly perSet: number;
  /** Deferred runs, oldest first. They are disjoint. */
  private runs: Run[] = [];
  /** Runs that were deferred before those in {@link runs} and have left every set that did not take them. */
  private forgotten = 0;
  /** How many runs each set has taken, counted from the beginning. */
  private readonly taken: Uint32Array;
  private deferred = 0;
  /** A set has taken the newest run, so that it cannot grow. */
  private newestTaken = true;
  /** Room for {@link touchInSet}: keys of before, and where in the row each way's is, behind its end if in none. */
  private readonly before: Float64Array;
  private readonly places: Float64Array;
  /** A set that took fewer runs than this has been emptied since, and does not know yet. */
  private emptied = 0;

  /**
   * @param sets a power of two
   * @param onInsert hears of a key of a deferred run when it comes into a set
   */
  constructor(
    readonly sets: number,
    readonly ways: number,
    private readonly onInsert: (key: number) => void = () => undefined,
  ) {
    if (!Number.isInteger(Math.log2(sets))) throw new RangeError(`${sets} sets: their number is a power of two`);
    this.mask = sets - 1;
    this.perSet = 1 / sets;
    this.newest = new Float64Array(sets);
    this.older = new Float64Array(sets * (ways - 1));
    this.taken = new Uint32Array(sets);
    this.before = new Float64Array(ways);
    this.places = new Float64Array(ways);
  }

  /**
   * Makes a key the most recent of its set.
   * @param index number whose low bits choose the set; the key itself where runs are deferred
   * @returns whether it was there
   */
  touch(index: number, key: number): boolean {
    const set = index & this.mask;
    if (this.taken[set] !== this.deferred) this.take(set);
    const stored = key + 1;
    return this.newest[set] === stored || this.renew(set, stored);
  }

  /**
   * {@link touch} of keys in a row, whose low bits choose their sets.
   * @param found gets `mark` in the place of each key that was there
   */
  touchRow(first: number, count: number, found: Uint8Array, mark: number): void {
    if (count >= this.sets * LONG_ROW) {
      for (let set = 0; set < this.sets; set++) this.touchInSet(set, first, count, found, mark);
      return;
    }
    const { newest, mask, taken, deferred } = this;
    for (let i = 0, set = first & mask; i < count; i++, set = (set + 1) & mask) {
      if (taken[set] !== deferred) this.take(set);
      const stored = first + i + 1;
      if (newest[set] === stored || this.renew(set, stored)) found[i] = mark;
    }
  }

  /**
   * The keys of a long row that are of one set: behind them lie those of before that are not among them. One of before is
   * there when its turn comes if fewer keys than there are ways have come in front of it.
   */
  private touchInSet(set: number, first: number, count: number, found: Uint8Array, mark: number): void {
    if (this.taken[set] !== this.deferred) this.take(set);
    const { newest, older, ways, sets, before, places } = this;
    const at = set * (ways - 1);
    const start = first + ((set - first) & this.mask);
    const keys = Math.ceil((first + count - start) * this.perSet);
    const last = start + (keys - 1) * sets + 1;
    if (this.isFilledTo(set, last)) {
      // As many keys as the row has less one are in front of each of its keys when its turn comes, and stay behind it.
      if (keys <= ways) for (let i = 0; i < keys; i++) found[last - 1 - i * sets - first] = mark;
      return;
    }
    let others = 0;
    for (let way = 0; way < ways; way++) {
      const stored = way === 0 ? newest[set]! : older[at + way - 1]!;
      if (stored === 0) break;
      const place = (stored - 1 - start) * this.perSet;
      if (place < 0 || place >= keys) {
        before[others++] = stored;
        places[way] = keys;
        continue;
      }
      places[way] = place;
      let inFront = place;
      for (let nearer = 0; nearer < way; nearer++) if (places[nearer]! > place) inFront++;
      if (inFront < ways) found[stored - 1 - first] = mark;
    }
    newest[set] = last;
    const fresh = Math.min(keys, ways);
    for (let i = 1; i < fresh; i++) older[at + i - 1] = last - i * sets;
    for (let i = 0; i < others && fresh + i < ways; i++) older[at + fresh + i - 1] = before[i]!;
    if (fresh + others < ways) older[at + fresh + others - 1] = 0;
  }

  /** Whether a set is full of keys of a row, by their age, of which this one, plus one, is the most recent. */
  private isFilledTo(set: number, last: number): boolean {
    const { newest, older, ways, sets } = this;
    if (newest[set] !== last) return false;
    const at = set * (ways - 1) - 1;
    for (let way = 1; way < ways; way++) if (older[at + way] !== last - way * sets) return false;
    return true;
  }

  /** Whether a key is there. Its set is chosen as by {@link touch}, and left as it is. */
  has(index: number, key: number): boolean {
    const set = index & this.mask;
    if (this.taken[set] !== this.deferred) this.take(set);
    const stored = key + 1;
    const { newest, older, ways } = this;
    if (newest[set] === stored) return true;
    if (newest[set] === 0) return false;
    for (let at = set * (ways - 1), end = at + ways - 1; at < end && older[at] !== 0; at++) {
      if (older[at] === stored) return true;
    }
    return false;
  }

  /** Empties every set: each finds out when it is next looked at, as of a run. */
  clear(): void {
    // A single set without a run is emptied as soon as it would find out.
    if (this.sets === 1 && this.runs.length === 0) {
      this.newest[0] = 0;
      this.taken[0] = this.deferred;
      return;
    }
    if (this.runs.length > 0) this.runs = [];
    this.deferred++;
    this.forgotten = this.deferred;
    this.emptied = this.deferred;
    this.newestTaken = true;
  }

  /** Whether a run is long enough to be worth deferring: every set gets a share. */
  defers(count: number): boolean {
    return count >= this.sets;
  }

  /** Inserts a run of keys of which none is in a set. The set of a key is chosen by its low bits. */
  defer(first: number, count: number): void {
    const newest = this.runs.at(-1);
    if (newest !== undefined && !this.newestTaken && newest.first + newest.count === first) {
      newest.count += count;
    } else {
      this.runs.push({ first, count });
      this.deferred++;
      this.newestTaken = false;
    }
    this.forget();
  }

  /** Whether a deferred run, as far as it is remembered, has a key of [first, last]. */
  hasDeferred(first: number, last: number): boolean {
    return this.runs.some((run) => run.first <= last && first < run.first + run.count);
  }

  /** Drops runs that newer ones push out of every set. */
  private forget(): void {
    let share = 0;
    for (let i = this.runs.length - 1; i > 0; i--) {
      share += Math.floor(this.runs[i]!.count / this.sets);
      if (share < this.ways) continue;
      this.forgotten += i;
      this.runs = this.runs.slice(i);
      return;
    }
  }

  /** Puts a key that is not the most recent of its set in front. @returns whether it was there */
  private renew(set: number, stored: number): boolean {
    const { newest, older, ways } = this;
    let moved = newest[set]!;
    newest[set] = stored;
    for (let at = set * (ways - 1), end = at + ways - 1; at < end; at++) {
      const next = older[at]!;
      older[at] = moved;
      // The end of the others, which has moved on by one.
      if (moved === 0) return false;
      if (next === stored) return true;
      moved = next;
    }
    return false;
  }

  /** A set takes its share of the runs that it has not seen. */
  private take(set: number): void {
    const { newest, older, ways, runs, sets } = this;
    const at = set * (ways - 1);
    if (this.taken[set]! < this.emptied) newest[set] = 0;
    const oldest = Math.max(0, this.taken[set]! - this.forgotten);
    this.taken[set] = this.deferred;
    if (oldest === runs.length) return;
    const fresh: number[] = [];
    for (let i = runs.length - 1; i >= oldest && fresh.length < ways; i--) {
      const { first, count } = runs[i]!;
      const last = first + count - 1;
      for (let key = last - ((last - set) & this.mask); key >= first && fresh.length < ways; key -= sets) {
        fresh.push(key);
        this.onInsert(key);
      }
    }
    this.newestTaken = true;
    const count = fresh.length;
    if (count === 0) return;
    if (count < ways) {
      older.copyWithin(at + count, at, at + ways - 1 - count);
      older[at + count - 1] = newest[set]!;
    }
    newest[set] = fresh[0]! + 1;
    for (let i = 1; i < count; i++) older[at + i - 1] = fresh[i]! + 1;
  }
}
