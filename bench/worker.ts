// SPDX-License-Identifier: GPL-2.0-only

import Benchmark from 'benchmark';
import { SUITES } from '../src/bench/cases.js';
import { clockCase, prepareCase } from '../src/bench/play.js';
import { measure } from '../src/bench/wall.js';
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

/** A case of the suites, with the clock off or on. */
function measureCase(suite: string, index: number, clock: string): Measured {
  const c = SUITES.find(({ name }) => name === suite)?.cases[index];
  if (c === undefined) throw new RangeError(`suite ${suite} has no case ${index}`);
  const { nanoseconds, errorPercent } = measure(c.name, clock === 'on' ? clockCase(c) : prepareCase(c));
  return { ns: nanoseconds, errorPercent, bytes: 0 };
}

const JOBS: Readonly<Record<string, (...words: string[]) => Measured>> = {
  large: (gib) => ({ errorPercent: 0, ...measureLarge(Number(gib)) }),
  path: (index) => measurePath(Number(index)),
  case: (suite = '', index = '', clock = '') => measureCase(suite, Number(index), clock),
};

const [kind = '', ...words] = (process.argv[2] ?? '').split(':');
const job = JOBS[kind];
if (job === undefined) throw new RangeError(`there is no job "${kind}"`);
process.send?.(job(...words));
