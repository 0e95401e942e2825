// SPDX-License-Identifier: GPL-2.0-only

import type { Alphabet } from './alphabet.js';
import type { Move } from './stepper.js';

/** Allocations of an add that fail in turn: the first and the last of them, and others evenly between. */
const FAILING_ALLOCATIONS = 12;
/** The allocation that fails is a number below this. */
const FAILING_LIMIT = 2 ** 16;

/** Moves of one alphabet as numbers, in the order in which they are made. */
export class MoveNumbers {
  /** Moves that one state can have, at most. */
  readonly most: number;

  constructor(
    private readonly alphabet: Alphabet,
    fail: boolean,
  ) {
    this.most = alphabet.actions.length * (fail ? 1 + FAILING_ALLOCATIONS : 1);
  }

  /**
   * @param action index of the action
   * @param failing which allocation fails, counted from 1; 0 for none
   */
  of(action: number, failing: number): number {
    return action * FAILING_LIMIT + Math.min(failing, FAILING_LIMIT - 1);
  }

  toMove(move: number): Move {
    return { action: this.alphabet.actions[Math.floor(move / FAILING_LIMIT)]!, failing: move % FAILING_LIMIT };
  }

  /** Which allocations of an add fail, of so many that it makes. */
  failures(allocations: number): number[] {
    if (allocations <= FAILING_ALLOCATIONS) return Array.from({ length: allocations }, (_, i) => i + 1);
    const apart = (allocations - 1) / (FAILING_ALLOCATIONS - 1);
    return Array.from({ length: FAILING_ALLOCATIONS }, (_, i) => 1 + Math.round(i * apart));
  }

  /** A failing allocation of an add for a random walk, 0 for none. */
  anyFailure(random: () => number): number {
    return Math.floor(random() * FAILING_ALLOCATIONS);
  }
}
