// SPDX-License-Identifier: GPL-2.0-only

import Benchmark from 'benchmark';
import { measureLarge } from './large.js';
import { PATHS, prepare } from './paths.js';

/** One measurement in a process of its own; the result goes to the parent. */

export interface Measured {
  /** Nanoseconds a section, or of the whole job. */
  ns: number;
  /** Relative margin of error, percent. */
  errorPercent: number;
  /** Memory that the job keeps. */
  bytes: number;
}

/** Seconds that a path is measured. */
const MAX_TIME = 2;

function measurePath(index: number): Measured {
  const path = PATHS[index];
  if (path === undefined) throw new RangeError(`there is no path ${index}`);
  const { round } = prepare(path);
  const bench = new Benchmark(path.name, round, { maxTime: MAX_TIME });
  bench.on('error', () => {
    throw bench.error;
  });
  bench.run();
  return { ns: (bench.stats.mean * 1e9) / path.sections, errorPercent: bench.stats.rme, bytes: 0 };
}

const [kind, argument] = (process.argv[2] ?? '').split(':');
const measured =
  kind === 'large' ? { errorPercent: 0, ...measureLarge(Number(argument)) } : measurePath(Number(argument));
process.send?.(measured);
