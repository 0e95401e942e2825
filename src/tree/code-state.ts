// SPDX-License-Identifier: GPL-2.0-only

import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import type { Doors } from './doors.js';
import { TOLD_BYTES, WORD_BYTES, type Frames } from './frames.js';

/** What a tree's code knows outside the page tables: words of the module's memory, saved by how they differ from boot. */

const POINTER_BYTES = 8;
/** Bytes ahead of a block of the slab. */
const BLOCK_HEADER = 8;

/** Words of the module's memory that are state of the kernel, and what they were after boot. */
interface StateRange {
  readonly from: number;
  readonly to: number;
  readonly atBoot: Uint32Array;
}

export class CodeState {
  private atBoot: StateRange[] = [];
  /** Of {@link atBoot} the data, less the slab's own books. */
  private dataAtBoot: StateRange[] = [];
  /** Roots of mem_section[] that calls have named. */
  private firstRoot = Infinity;
  private lastRoot = -1;
  /** Words that are written for one call alone. */
  private readonly scratch: readonly [from: number, to: number];

  /** @param roots NR_SECTION_ROOTS */
  constructor(
    private readonly doors: Doors,
    private readonly frames: Frames,
    private readonly roots: number,
  ) {
    this.scratch = [doors.scratch_start() / WORD_BYTES, doors.scratch_end() / WORD_BYTES];
  }

  /** Boot is over: what differs from here on is saved. */
  booted(): void {
    const withWords = ({ from, to }: { from: number; to: number }): StateRange => ({
      from,
      to,
      atBoot: this.frames.all.slice(from, to),
    });
    this.atBoot = this.stateRanges().map(withWords);
    const { doors } = this;
    this.dataAtBoot = rangesWithout(
      [Number(doors.__global_base.value), Number(doors.__heap_base.value)],
      [
        [doors.scratch_start(), doors.scratch_end()],
        [doors.slab_start(), doors.slab_end()],
      ],
    ).map(([from, to]) => withWords({ from: Math.floor(from / WORD_BYTES), to: Math.ceil(to / WORD_BYTES) }));
  }

  /** A call names roots of mem_section[]. */
  nameRoots(first: number, last: number): void {
    this.firstRoot = Math.min(this.firstRoot, first);
    this.lastRoot = Math.max(this.lastRoot, last);
  }

  /** Forgets what a call that did not come to its end has written for itself alone. */
  clearScratch(): void {
    this.frames.all.fill(0, this.scratch[0], this.scratch[1]);
  }

  /** Words that are state: data without what is written for one call, the heap, and of mem_section[] what was named. */
  private stateRanges(): { from: number; to: number }[] {
    const { doors } = this;
    const rootsAt = doors.roots_at();
    const rootsEnd = rootsAt - BLOCK_HEADER + 2 ** Math.ceil(Math.log2(this.roots * POINTER_BYTES + BLOCK_HEADER));
    const bytes: [from: number, to: number][] = [
      [Number(doors.__global_base.value), this.scratch[0] * WORD_BYTES],
      [this.scratch[1] * WORD_BYTES, Number(doors.__heap_base.value)],
      [rootsEnd, doors.heap_used()],
    ];
    if (this.lastRoot >= 0) {
      bytes.push([rootsAt + this.firstRoot * POINTER_BYTES, rootsAt + (this.lastRoot + 1) * POINTER_BYTES]);
    }
    return bytes.map(([from, to]) => ({ from: Math.floor(from / WORD_BYTES), to: Math.ceil(to / WORD_BYTES) }));
  }

  /** What a word of the state was after boot. */
  private wordAtBoot(at: number): number {
    for (const { from, to, atBoot } of this.atBoot) if (at >= from && at < to) return atBoot[at - from]!;
    return 0;
  }

  /**
   * Writes what C knows outside the page tables, as far as it differs from what it knew after boot. Between two calls
   * it holds no pointer to a frame.
   */
  save(to: StateWriter): void {
    const { all } = this.frames;
    to.wide(this.doors.heap_used());
    to.word(this.lastRoot);
    if (this.lastRoot >= 0) to.word(this.firstRoot);
    const count = to.length;
    to.word(0);
    let changes = 0;
    const note = (at: number): void => {
      to.word(at);
      to.word(all[at]!);
      changes++;
    };
    this.stateRanges().forEach(({ from, to: end }, i) => {
      const known = this.atBoot[i];
      if (known?.from !== from) {
        for (let at = from; at < end; at++) if (all[at] !== this.wordAtBoot(at)) note(at);
        return;
      }
      const { atBoot } = known;
      const both = Math.min(end, known.to);
      for (let at = from; at < both; at++) if (all[at] !== atBoot[at - from]) note(at);
      for (let at = both; at < end; at++) if (all[at] !== 0) note(at);
    });
    to.set(count, changes);
  }

  /** Writes what {@link save} does without where the slab put it. */
  saveWhatActs(to: StateWriter): void {
    const { doors } = this;
    const words = this.lastRoot < 0 ? 0 : doors.describe(this.firstRoot, this.lastRoot);
    if (words < 0) {
      this.save(to);
      return;
    }
    const { all } = this.frames;
    const told = (this.frames.start - TOLD_BYTES) / WORD_BYTES;
    to.copy(all, told, told + 2 * words);
    for (const { from, to: end, atBoot } of this.dataAtBoot) {
      for (let at = from; at < end; at++) {
        if (all[at] === atBoot[at - from]) continue;
        to.word(at);
        to.word(all[at]!);
      }
    }
  }

  /**
   * Takes back what {@link save} wrote, here or in another thread: the code may not have run here yet.
   * @param makeHeap sees to it that the heap reaches to an address
   */
  restore(from: StateReader, makeHeap: (end: number) => void): void {
    makeHeap(from.wide());
    const last = from.word();
    if (last >= 0) this.nameRoots(from.word(), last);
    const { all } = this.frames;
    for (const range of this.stateRanges()) all.fill(0, range.from, range.to);
    for (const { from: at, atBoot } of this.atBoot) all.set(atBoot, at);
    for (let changes = from.word(); changes > 0; changes--) {
      const at = from.word();
      all[at] = from.word();
    }
  }
}

/** What is left of a range without others, ascending. */
function rangesWithout(whole: Bytes, others: readonly Bytes[]): Bytes[] {
  const left: Bytes[] = [];
  let at = whole[0];
  for (const [from, to] of [...others].sort((a, b) => a[0] - b[0])) {
    if (from > at) left.push([at, from]);
    at = Math.max(at, to);
  }
  if (at < whole[1]) left.push([at, whole[1]]);
  return left;
}

type Bytes = readonly [from: number, to: number];
