// SPDX-License-Identifier: GPL-2.0-only

import type { CallNode } from './call-tree.js';
import type { Clock } from './clock.js';
import { sumRepeatedly } from './repeated-sum.js';

/** Charges that one turn of a loop may have. */
const MOST = 256;

/** What one turn of a loop was charged, so that it can be charged again. */
export class Charges {
  private count = 0;
  private readonly cycles = new Float64Array(MOST);
  private readonly causes = new Int32Array(MOST);
  private readonly nodes: CallNode[] = [];
  private readonly begins: boolean[] = [];
  private readonly terms = new Float64Array(MOST);

  /** A turn begins. */
  clear(): void {
    this.count = 0;
  }

  /**
   * @param node function that was charged
   * @param begins whether it was called for that
   * @throws RangeError where a turn has too many charges
   */
  add(cause: number, cycles: number, node: CallNode, begins: boolean): void {
    const at = this.count++;
    if (at === MOST) throw new RangeError(`one turn of a loop has at most ${MOST} charges`);
    this.cycles[at] = cycles;
    this.causes[at] = cause;
    this.nodes[at] = node;
    this.begins[at] = begins;
  }

  /** Charges the turn so many times more, as one by one. */
  again(clock: Clock, times: number): void {
    const { count, causes, nodes, begins } = this;
    clock.cycles = sumRepeatedly(clock.cycles, this.cycles, count, times);
    for (let at = 0; at < count; at++) {
      const cause = causes[at]!;
      if (causes.indexOf(cause) === at) {
        const terms = this.gather(at, causes, cause);
        clock.byCause[cause] = sumRepeatedly(clock.byCause[cause]!, this.terms, terms, times);
      }
      const node = nodes[at]!;
      if (begins[at]!) node.calls += times;
      if (nodes.indexOf(node) === at)
        node.self = sumRepeatedly(node.self, this.terms, this.gather(at, nodes, node), times);
    }
  }

  /** Puts the cycles of what has a key among the terms. @returns how many there are */
  private gather<T>(from: number, keys: ArrayLike<T>, key: T): number {
    let terms = 0;
    for (let at = from; at < this.count; at++) if (keys[at] === key) this.terms[terms++] = this.cycles[at]!;
    return terms;
  }
}
