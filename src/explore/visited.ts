// SPDX-License-Identifier: GPL-2.0-only

/**
 * Every state that was met: its fingerprint, and the shortest way to it that comes first by the numbers of its moves.
 * It lies in shared memory, so that several threads fill one set; a thread alone pays a little for that and no more.
 *
 * The shape is an open hash table of fingerprints and the numbers of their states, and behind it the states by number.
 * It is filled to three quarters and then doubled: 28 to 56 bytes a state.
 */

/** Words of a slot: the fingerprint, bits 0-31 and 32-63, and the number of its state, from 1. */
const SLOT_WORDS = 3;
const LO = 0;
const HI = 1;
const ID = 2;
/** Words of a state: where it was reached from, by which move, and its rank. */
const STATE_WORDS = 3;
const PARENT = 0;
const MOVE = 1;
const RANK = 2;

/** Slots of a new set. */
const FIRST_CAPACITY = 2 ** 10;
/** Slots taken of all, at most. */
const MAX_LOAD = 0.75;

/** The parent of the first state. */
export const NO_PARENT = -1;
/** What {@link VisitedStates.add} answers for a state that was met before. */
export const KNOWN = -1;

/** Rank of a state whose level is still being explored: shorter ways to it are known, earlier ones may come. */
const PENDING = -1;
/** The same, while a thread compares two ways to it. */
const LOCKED = -2;

/** The memory of a set, to be handed to another thread. */
export interface VisitedBuffers {
  /** One word: how many states there are. */
  readonly count: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly states: SharedArrayBuffer;
}

function emptyBuffers(count: SharedArrayBuffer, capacity: number): VisitedBuffers {
  return {
    count,
    slots: new SharedArrayBuffer(capacity * SLOT_WORDS * 4),
    states: new SharedArrayBuffer(capacity * MAX_LOAD * STATE_WORDS * 4),
  };
}

export class VisitedStates {
  private slots: Int32Array;
  private states: Int32Array;
  private readonly count: Int32Array;
  private mask: number;

  constructor(private owned = emptyBuffers(new SharedArrayBuffer(4), FIRST_CAPACITY)) {
    this.count = new Int32Array(owned.count);
    this.slots = new Int32Array(owned.slots);
    this.states = new Int32Array(owned.states);
    this.mask = this.slots.length / SLOT_WORDS - 1;
  }

  get buffers(): VisitedBuffers {
    return this.owned;
  }

  get size(): number {
    return Atomics.load(this.count, 0);
  }

  /** States that still fit. */
  get room(): number {
    return this.states.length / STATE_WORDS - this.size;
  }

  /** Bytes that the set takes. */
  get bytes(): number {
    return this.slots.byteLength + this.states.byteLength;
  }

  /**
   * Adds a state, or learns of another way to it: of ways of one length the one from the parent with the lowest rank
   * stays, and of those the one with the lowest move.
   * @param parent number of the state that the move was made from
   * @returns the number of the state if it is new, else {@link KNOWN}
   */
  add(fingerprintHi: number, fingerprintLo: number, parent: number, move: number): number {
    const { slots } = this;
    // Zeros are a free slot, and a slot that is being filled.
    const lo = fingerprintLo | 0 || 1;
    const hi = fingerprintHi | 0 || 1;
    for (let slot = lo & this.mask; ; slot = (slot + 1) & this.mask) {
      const at = slot * SLOT_WORDS;
      let is = Atomics.load(slots, at + LO);
      if (is === 0) {
        is = Atomics.compareExchange(slots, at + LO, 0, lo);
        if (is === 0) {
          const id = Atomics.add(this.count, 0, 1);
          const state = id * STATE_WORDS;
          this.states[state + PARENT] = parent;
          this.states[state + MOVE] = move;
          Atomics.store(this.states, state + RANK, PENDING);
          Atomics.store(slots, at + HI, hi);
          Atomics.store(slots, at + ID, id + 1);
          return id;
        }
      }
      if (is !== lo || wordOf(slots, at + HI) !== hi) continue;
      this.compareWays(wordOf(slots, at + ID) - 1, parent, move);
      return KNOWN;
    }
  }

  /** States that were reached from this one have a rank by it: its place among all states as far from the start. */
  setRank(id: number, rank: number): void {
    this.states[id * STATE_WORDS + RANK] = rank;
  }

  /** Moves from the first state to this one. */
  wayTo(id: number): number[] {
    const moves: number[] = [];
    for (let at = id; this.parentOf(at) !== NO_PARENT; at = this.parentOf(at)) moves.push(this.moveOf(at));
    return moves.reverse();
  }

  parentOf(id: number): number {
    return this.states[id * STATE_WORDS + PARENT]!;
  }

  moveOf(id: number): number {
    return this.states[id * STATE_WORDS + MOVE]!;
  }

  rankOf(id: number): number {
    return this.states[id * STATE_WORDS + RANK]!;
  }

  /** Twice the room. Nobody may use the set meanwhile, and other threads need the new {@link buffers}. */
  grow(): void {
    const old = this.slots;
    const states = this.states;
    this.owned = emptyBuffers(this.owned.count, (this.mask + 1) * 2);
    this.slots = new Int32Array(this.owned.slots);
    this.states = new Int32Array(this.owned.states);
    this.mask = this.slots.length / SLOT_WORDS - 1;
    this.states.set(states);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      const lo = old[from + LO]!;
      if (lo === 0) continue;
      let slot = lo & this.mask;
      while (this.slots[slot * SLOT_WORDS + LO] !== 0) slot = (slot + 1) & this.mask;
      const to = slot * SLOT_WORDS;
      this.slots[to + LO] = lo;
      this.slots[to + HI] = old[from + HI]!;
      this.slots[to + ID] = old[from + ID]!;
    }
  }

  /** Fingerprints by the numbers of their states, bits 0-31 and 32-63 in turn. */
  fingerprints(): Int32Array<ArrayBuffer> {
    const all = new Int32Array(this.size * 2);
    for (let at = 0; at < this.slots.length; at += SLOT_WORDS) {
      if (this.slots[at + LO] === 0) continue;
      const id = this.slots[at + ID]! - 1;
      all[id * 2] = this.slots[at + LO]!;
      all[id * 2 + 1] = this.slots[at + HI]!;
    }
    return all;
  }

  /** Parents, moves and ranks, state by state. */
  ways(): Int32Array<ArrayBuffer> {
    return Int32Array.from(this.states.subarray(0, this.size * STATE_WORDS));
  }

  /** A set as {@link fingerprints} and {@link ways} tell of it. */
  static from(fingerprints: Int32Array, ways: Int32Array): VisitedStates {
    const visited = new VisitedStates();
    for (let id = 0; id * 2 < fingerprints.length; id++) {
      if (visited.room === 0) visited.grow();
      const way = id * STATE_WORDS;
      visited.add(fingerprints[id * 2 + 1]!, fingerprints[id * 2]!, ways[way + PARENT]!, ways[way + MOVE]!);
      visited.setRank(id, ways[way + RANK]!);
    }
    return visited;
  }

  private compareWays(id: number, parent: number, move: number): void {
    const { states } = this;
    const state = id * STATE_WORDS;
    for (;;) {
      const rank = Atomics.load(states, state + RANK);
      // It was reached by fewer moves.
      if (rank >= 0) return;
      if (rank === PENDING && Atomics.compareExchange(states, state + RANK, PENDING, LOCKED) === PENDING) break;
    }
    const was = this.rankOf(states[state + PARENT]!);
    const is = this.rankOf(parent);
    if (is < was || (is === was && move < states[state + MOVE]!)) {
      states[state + PARENT] = parent;
      states[state + MOVE] = move;
    }
    Atomics.store(states, state + RANK, PENDING);
  }
}

/** A word that another thread may be about to write; it is not zero then. */
function wordOf(words: Int32Array, at: number): number {
  for (;;) {
    const word = Atomics.load(words, at);
    if (word !== 0) return word;
  }
}
