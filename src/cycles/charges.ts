// SPDX-License-Identifier: GPL-2.0-only

import type { CallNode } from './call-tree.js';
import type { Clock } from './clock.js';
import { sumRepeatedly } from './repeated-sum.js';

/** Turns of a loop that were played, and what they were charged, so that they can be charged again. */
export class Charges {
  /** Bytes of memory that they accessed. */
  bytes = 0;
  private readonly cycles: number[] = [];
  private readonly causes: number[] = [];
  private readonly nodes: CallNode[] = [];
  private readonly begins: boolean[] = [];
  /** Positions of the charges of each cause and of each function; null while charges come. */
  private byCause: (readonly [cause: number, at: readonly number[]])[] | null = null;
  private byNode: (readonly [node: CallNode, at: readonly number[]])[] = [];
  private calls: CallNode[] = [];
  private all: readonly number[] = [];

  /** Turns one behind the other, each so many times. */
  static of(...parts: readonly (readonly [turns: Charges, times: number])[]): Charges {
    const all = new Charges();
    for (const [turns, times] of parts) {
      for (let turn = 0; turn < times; turn++) {
        for (const [at, cycles] of turns.cycles.entries())
          all.add(turns.causes[at]!, cycles, turns.nodes[at]!, turns.begins[at]!);
      }
      all.bytes += turns.bytes * times;
    }
    return all;
  }

  /**
   * One more charge.
   * @param node function that was charged
   * @param begins whether it was called for that
   */
  add(cause: number, cycles: number, node: CallNode, begins: boolean): void {
    this.cycles.push(cycles);
    this.causes.push(cause);
    this.nodes.push(node);
    this.begins.push(begins);
    this.byCause = null;
  }

  /** Charges them so many times more, as one by one. */
  again(clock: Clock, times: number): void {
    if (times === 0 || this.cycles.length === 0) return;
    const { cycles } = this;
    if (this.byCause === null) this.sort();
    clock.cycles = sumRepeatedly(clock.cycles, cycles, this.all, times);
    for (const [cause, at] of this.byCause!) {
      clock.byCause[cause] = sumRepeatedly(clock.byCause[cause]!, cycles, at, times);
    }
    for (const [node, at] of this.byNode) node.self = sumRepeatedly(node.self, cycles, at, times);
    for (const node of this.calls) node.calls += times;
  }

  private sort(): void {
    this.all = this.cycles.map((_, at) => at);
    this.byCause = positions(this.causes);
    this.byNode = positions(this.nodes);
    this.calls = this.nodes.filter((_, at) => this.begins[at]);
  }
}

/** Where each key lies in a list. */
function positions<T>(keys: readonly T[]): [T, number[]][] {
  const found: [T, number[]][] = [];
  for (const [at, key] of keys.entries()) {
    const known = found.find(([other]) => other === key);
    if (known === undefined) found.push([key, [at]]);
    else known[1].push(at);
  }
  return found;
}
