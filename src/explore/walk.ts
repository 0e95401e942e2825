// SPDX-License-Identifier: GPL-2.0-only

import { sortOf } from '../check/complaint.js';
import { firstPlaces, isPossible, mayRunOut, type Alphabet, type Places } from './alphabet.js';
import type { SavedKernel } from '../kernel/saved-kernel.js';
import { MoveNumbers, type Move } from './moves.js';
import { Stepper } from './stepper.js';
import { inspect, type Violation } from './violations.js';

/** Random sequences beyond what is explored exhaustively, and what they find, shortened. */

/** A walk is so many times as long as the depth. */
const WALK_LENGTH = 4;
const NO_FAILURE = { failing: 0, runsOut: false };

/** Walks of one seed, one after the other; they never end by themselves. */
export class Walker {
  walks = 0;
  /** Steps that were run. */
  steps = 0;
  readonly violations: Violation[] = [];
  private readonly stepper: Stepper;
  private readonly moves: MoveNumbers;
  private readonly random: () => number;
  private readonly seen = new Set<string>();
  private readonly start: SavedKernel;
  private readonly startPlaces: Places;

  /** @param known what the exploration found: nothing of its kind is looked for */
  constructor(
    private readonly alphabet: Alphabet,
    private readonly options: { depth: number; fail: boolean },
    known: readonly Violation[],
    seed: number,
  ) {
    this.stepper = new Stepper(alphabet);
    this.moves = new MoveNumbers(alphabet, options.fail);
    this.random = randomOf(seed);
    for (const { invariant, finding } of known) this.seen.add(`${invariant} ${sortOf(finding)}`);
    this.start = this.stepper.save();
    this.startPlaces = firstPlaces(alphabet, this.stepper.run.kernel);
  }

  /** Makes one walk. */
  walk(): void {
    const { alphabet, stepper, options, random } = this;
    const moves: Move[] = [];
    let places: Places = this.startPlaces;
    stepper.enter({ saved: this.start, places });
    for (let length = options.depth * WALK_LENGTH; length > 0; length--) {
      const possible = alphabet.actions.filter((action) => isPossible(alphabet, places, action));
      const action = possible[Math.floor(random() * possible.length)]!;
      const move = { action, ...(options.fail && mayRunOut(action) ? this.moves.anyFailure(random) : NO_FAILURE) };
      moves.push(move);
      this.steps++;
      const outcome = stepper.play(move);
      for (const { invariant, sort } of outcome.fresh) this.note(moves, invariant, sort);
      if (outcome.stopped) break;
      ({ places } = outcome);
      stepper.goOn(places);
    }
    this.walks++;
  }

  /** Keeps what is of a new kind. */
  private note(moves: readonly Move[], invariant: string, sort: string): void {
    const kind = `${invariant} ${sort}`;
    if (this.seen.has(kind)) return;
    this.seen.add(kind);
    const violation = inspect(this.alphabet, this.shortened(moves, invariant, sort), { invariant, sort });
    if (violation !== undefined) this.violations.push(violation);
  }

  /**
   * The sequence without what it can do without: single steps, and pairs such as an add with its remove, tried from the
   * first to the last, until nothing more can go.
   */
  private shortened(moves: readonly Move[], invariant: string, sort: string): readonly Move[] {
    const last = moves.length - 1;
    for (let i = 0; i < last; i++) {
      for (let j = i; j < last; j++) {
        const fewer = moves.filter((_, m) => m !== i && m !== j);
        if (this.shows(fewer, invariant, sort)) return this.shortened(fewer, invariant, sort);
      }
    }
    return moves;
  }

  /** Whether a sequence makes sense, and its last step shows the same as the whole one. */
  private shows(moves: readonly Move[], invariant: string, sort: string): boolean {
    const { alphabet } = this;
    const stepper = new Stepper(alphabet);
    let places = this.startPlaces;
    for (const [i, move] of moves.entries()) {
      if (!isPossible(alphabet, places, move.action)) return false;
      const outcome = stepper.play(move);
      const isLast = i === moves.length - 1;
      if (isLast) {
        return outcome.fresh.some((fresh) => fresh.invariant === invariant && fresh.sort === sort);
      }
      if (outcome.stopped) return false;
      ({ places } = outcome);
      stepper.goOn(places);
    }
    return false;
  }
}

/** Numbers from 0 to below 1 that a seed decides: mulberry32 (Tommy Ettinger, public domain). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
