// SPDX-License-Identifier: GPL-2.0-only

import type { CallNode } from './call-tree.js';
import type { Clock } from './clock.js';
import { RepeatedTerms } from './repeated-sum.js';

/** Turns of a loop that were played, and what they were charged, so that they can be charged again. */
export class Charges {
  /** Bytes of memory that they accessed. */
  bytes = 0;
  private readonly cycles: number[] = [];
  private readonly causes: number[] = [];
  private readonly nodes: CallNode[] = [];
  private readonly begins: boolean[] = [];
  /** Cycles of all charges, of those of each cause and of those of each function; null while charges come. */
  private all: RepeatedTerms | null = null;
  private byCause: (readonly [cause: number, cycles: RepeatedTerms])[] = [];
  private byNode: (readonly [node: CallNode, cycles: RepeatedTerms])[] = [];
  private calls: CallNode[] = [];

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
    this.all = null;
  }

  /** Charges them so many times more, as one by one. */
  again(clock: Clock, times: number): void {
    if (times === 0 || this.cycles.length === 0) return;
    this.all ??= this.sort();
    clock.cycles = this.all.addTo(clock.cycles, times);
    for (const [cause, terms] of this.byCause) clock.byCause[cause] = terms.addTo(clock.byCause[cause]!, times);
    for (const [node, terms] of this.byNode) node.self = terms.addTo(node.self, times);
    for (const node of this.calls) node.calls += times;
  }

  private sort(): RepeatedTerms {
    this.byCause = grouped(this.causes, this.cycles);
    this.byNode = grouped(this.nodes, this.cycles);
    this.calls = this.nodes.filter((_, at) => this.begins[at]);
    return new RepeatedTerms(this.cycles);
  }
}

/** The values of each key, in their order. */
function grouped<T>(keys: readonly T[], values: readonly number[]): [T, RepeatedTerms][] {
  const found = new Map<T, number[]>();
  for (const [at, key] of keys.entries()) {
    const known = found.get(key);
    if (known === undefined) found.set(key, [values[at]!]);
    else known.push(values[at]!);
  }
  return [...found].map(([key, terms]) => [key, new RepeatedTerms(terms)]);
}
