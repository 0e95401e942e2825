// SPDX-License-Identifier: GPL-2.0-only

import { mayRunOut, type Action, type Alphabet } from './alphabet.js';

/** An action, and which allocations fail in it. */
export interface Move {
  readonly action: Action;
  /** The one that fails, or the first, counted from 1; 0 for none. */
  readonly failing: number;
  /** All behind it fail too. */
  readonly runsOut?: boolean;
}

/** Allocations of an add that fail in turn: the first and the last of them, and others evenly between. */
const FAILING_ALLOCATIONS = 12;
/** The allocation that fails is a number below this; beside it stands whether those behind it fail too. */
const FAILING_LIMIT = 2 ** 15;
const RUNS_OUT = FAILING_LIMIT;
const MOVES_OF_ACTION = 2 * FAILING_LIMIT;

/** Moves of one alphabet as numbers, in the order in which they are made. */
export class MoveNumbers {
  /** Moves that one state can have, at most. */
  readonly most: number;

  constructor(
    private readonly alphabet: Alphabet,
    private readonly fail: boolean,
  ) {
    this.most = alphabet.actions.length * (fail ? 1 + 2 * FAILING_ALLOCATIONS : 1);
  }

  toMove(move: number): Move {
    return {
      action: this.alphabet.actions[Math.floor(move / MOVES_OF_ACTION)]!,
      failing: move % FAILING_LIMIT,
      runsOut: move % MOVES_OF_ACTION >= RUNS_OUT,
    };
  }

  /**
   * Makes every move of one action: the action as it is, then with each of its allocations failing. An allocation may fail
   * alone, as one of a high order does where memory is scattered, and with all behind it, as where memory runs out. The
   * two differ only if the kernel asks again, for base pages where it could have no leaf.
   * @param index of the action
   * @param play makes a move and returns the calls of the page allocator in it
   */
  forEach(index: number, play: (move: number) => number): void {
    const first = index * MOVES_OF_ACTION;
    const allocations = play(first);
    if (!this.fail || !mayRunOut(this.alphabet.actions[index]!)) return;
    for (const failing of failures(allocations)) {
      const move = first + Math.min(failing, FAILING_LIMIT - 1);
      if (play(move) > failing) play(move + RUNS_OUT);
    }
  }

  /** A failing allocation of an add for a random walk, 0 for none; half of them fail with all behind. */
  anyFailure(random: () => number): Pick<Move, 'failing' | 'runsOut'> {
    const choice = Math.floor(random() * 2 * FAILING_ALLOCATIONS);
    return { failing: choice >> 1, runsOut: (choice & 1) === 1 };
  }
}

/** Which allocations of an add fail, of so many that it makes. */
function failures(allocations: number): number[] {
  if (allocations <= FAILING_ALLOCATIONS) return Array.from({ length: allocations }, (_, i) => i + 1);
  const apart = (allocations - 1) / (FAILING_ALLOCATIONS - 1);
  return Array.from({ length: FAILING_ALLOCATIONS }, (_, i) => 1 + Math.round(i * apart));
}
