// SPDX-License-Identifier: GPL-2.0-only

import { Tinypool } from 'tinypool';
import { ScenarioError } from '../kernel/scenario-error.js';
import { InputError } from '../scenario/load.js';
import { openAgain, type openedTrees } from '../tree/open.js';
import { JOBS } from './thread-jobs.js';

/** One thread of a command's. */

export interface ThreadTask {
  readonly job: keyof typeof JOBS;
  readonly input: unknown;
}

/** Errors lose their class between threads, so a user's mistake is an answer. */
export type ThreadAnswer =
  { readonly result: unknown } | { readonly mistake: string; readonly others: readonly string[] };

const opened = openAgain(Tinypool.workerData as ReturnType<typeof openedTrees>);

export default async function doTask({ job, input }: ThreadTask): Promise<ThreadAnswer> {
  await opened;
  try {
    return { result: await (JOBS[job] as (input: unknown) => Promise<unknown>)(input) };
  } catch (error) {
    if (!(error instanceof InputError || error instanceof ScenarioError)) throw error;
    return { mistake: error.message, others: error.others };
  }
}
