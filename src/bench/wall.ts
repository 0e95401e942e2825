// SPDX-License-Identifier: GPL-2.0-only

import Benchmark from 'benchmark';
import type { Case } from './cases.js';
import { clockCase, prepareCase, type Overrides, type Prepared } from './play.js';

/** How fast the emulator itself plays a case: wall time by benchmark.js, with its error. */

export interface WallTime {
  /** Nanoseconds a section that comes and goes. */
  readonly nanoseconds: number;
  /** Relative margin of error, percent. */
  readonly errorPercent: number;
}

export interface WallResult {
  readonly name: string;
  readonly clockOff: WallTime;
  readonly clockOn: WallTime;
}

/** Seconds that each of the two is measured, and rounds before that, for the compiler. */
const MAX_TIME = 1;
const WARM_UP_ROUNDS = 30;

/** Memory of a prepared case comes and goes, again and again. */
export function measure(name: string, { add, remove, sections }: Prepared): WallTime {
  const round = (): void => {
    add();
    remove();
  };
  for (let i = 0; i < WARM_UP_ROUNDS; i++) round();
  const bench = new Benchmark(name, round, { maxTime: MAX_TIME });
  bench.on('error', () => {
    throw bench.error;
  });
  bench.run();
  return { nanoseconds: (bench.stats.mean * 1e9) / sections, errorPercent: bench.stats.rme };
}

/** Memory of the case comes and goes, again and again, first without the clock. */
export function measureWall(c: Case, overrides: Overrides): WallResult {
  return {
    name: c.name,
    clockOff: measure(c.name, prepareCase(c, overrides)),
    clockOn: measure(c.name, clockCase(c, overrides)),
  };
}
