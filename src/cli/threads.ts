// SPDX-License-Identifier: GPL-2.0-only

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { InputError } from '../scenario/load.js';
import { openedTrees } from '../tree/open.js';
import { JOBS } from './thread-jobs.js';
import type { ThreadAnswer, ThreadTask } from './thread-worker.js';

/** Runs that know nothing of each other, on every processor. */

type Jobs = typeof JOBS;
type Input<N extends keyof Jobs> = Parameters<Jobs[N]>[0];
type Result<N extends keyof Jobs> = Awaited<ReturnType<Jobs[N]>>;

/** Not there where this program runs from its sources. */
const WORKER = new URL('./thread-worker.js', import.meta.url);

/** How a job is spread. */
export interface Spread<I> {
  /** Whether threads are worth it: to start them takes a third of a second. */
  readonly isLong: boolean;
  /** How long an input takes, in any unit: the longest begin first, so that no thread is left alone with one in the end. */
  readonly weigh: (input: I) => number;
  /** Told with every input that is done how many are. */
  readonly onDone: (done: number, input: I) => void;
}

/**
 * Does a job for each input.
 * @returns results in the order of the inputs
 * @throws what the first of the inputs throws that throws anything; InputError for a mistake of the user
 */
export async function spread<N extends keyof Jobs, I extends Input<N>>(
  job: N,
  inputs: readonly I[],
  { isLong, weigh, onDone }: Spread<I>,
): Promise<Result<N>[]> {
  const threads = Math.min(availableParallelism(), inputs.length);
  const results: Result<N>[] = [];
  let done = 0;
  if (!isLong || threads < 2 || !existsSync(fileURLToPath(WORKER))) {
    for (const input of inputs) {
      results.push((await JOBS[job](input as never)) as Result<N>);
      onDone(++done, input);
    }
    return results;
  }
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({
    runtime: 'worker_threads',
    filename: WORKER.href,
    minThreads: threads,
    maxThreads: threads,
    workerData: openedTrees(),
  });
  const ask = async (input: I): Promise<ThreadAnswer> => {
    const answer = (await pool.run({ job, input } satisfies ThreadTask)) as ThreadAnswer;
    onDone(++done, input);
    return answer;
  };
  const asked = new Map<I, Promise<ThreadAnswer>>();
  for (const input of [...inputs].sort((a, b) => weigh(b) - weigh(a))) asked.set(input, ask(input));
  try {
    const answers = await Promise.allSettled(inputs.map((input) => asked.get(input)!));
    for (const answer of answers) {
      if (answer.status === 'rejected') throw answer.reason;
      if ('mistake' in answer.value) throw new InputError(answer.value.mistake, answer.value.others);
      results.push(answer.value.result as Result<N>);
    }
    return results;
  } finally {
    await pool.destroy();
  }
}
