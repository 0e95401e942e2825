// SPDX-License-Identifier: GPL-2.0-only

import { Tinypool } from 'tinypool';
import { openedTrees } from '../tree/open.js';
import type { LevelJob, LevelPart } from './expand.js';
import type { ExploreOptions } from './search.js';

/** Threads that explore one level together. */
export interface Crew {
  readonly threads: number;
  expand(options: ExploreOptions, job: LevelJob): Promise<LevelPart[]>;
  close(): Promise<void>;
}

/** What a thread is asked to do. */
export interface CrewTask {
  readonly options: ExploreOptions;
  readonly job: LevelJob;
}

/** Starts threads. They stay until {@link Crew.close}. */
export function startCrew(threads: number): Crew {
  const pool = new Tinypool({
    runtime: 'worker_threads',
    filename: new URL('./crew-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // A thread keeps its machine from one level to the next.
    idleTimeout: Infinity,
    workerData: openedTrees(),
  });
  return {
    threads,
    expand: (options, job) =>
      Promise.all(
        Array.from({ length: threads }, () => pool.run({ options, job } satisfies CrewTask) as Promise<LevelPart>),
      ),
    close: () => pool.destroy(),
  };
}
