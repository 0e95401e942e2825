// SPDX-License-Identifier: GPL-2.0-only

/** Time of one CPU in core cycles, split into causes. Nobody charges one that is stopped. */
export class Clock {
  /** Cycles so far. Throughputs are no whole numbers, and neither are sums of them. */
  cycles = 0;
  running = true;
  /** Cycles by cause. */
  readonly byCause: Float64Array;

  /** @param causes number of causes */
  constructor(causes: number) {
    this.byCause = new Float64Array(causes);
  }

  /** Cycles go by; who charges has asked whether the clock runs. @param cause from 0 */
  charge(cause: number, cycles: number): void {
    this.cycles += cycles;
    this.byCause[cause]! += cycles;
  }

  /** Time starts anew. */
  reset(): void {
    this.cycles = 0;
    this.byCause.fill(0);
  }
}
