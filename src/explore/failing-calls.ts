// SPDX-License-Identifier: GPL-2.0-only

import type { Move } from './moves.js';

/** No call has this number: they are counted from 1. */
const NO_CALL = 0;
const NONE: readonly number[] = [];

/** Calls of a page allocator that fail: the set that its machine was given, which changes with the move at work. */
export class FailingCalls extends Set<number> {
  private first = NO_CALL;
  private last = NO_CALL;

  /** An allocator that has an empty set does not ask for each call. */
  override get size(): number {
    return this.first === NO_CALL ? 0 : 1;
  }

  override has(call: number): boolean {
    return call >= this.first && call <= this.last;
  }

  /** @param calls that were made before the move */
  begin({ failing, runsOut }: Move, calls: number): void {
    if (failing === 0) return;
    this.first = calls + failing;
    this.last = runsOut === true ? Infinity : this.first;
  }

  /**
   * @param calls that were made until now
   * @returns the numbers of those that were to fail
   */
  end(calls: number): readonly number[] {
    const { first, last } = this;
    if (first === NO_CALL) return NONE;
    this.first = this.last = NO_CALL;
    return last === first ? [first] : Array.from({ length: calls - first + 1 }, (_, i) => first + i);
  }
}
