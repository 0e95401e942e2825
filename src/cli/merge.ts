// SPDX-License-Identifier: GPL-2.0-only

import { MergeError, mergeShards } from '../explore/merge.js';
import { InputError } from '../scenario/load.js';
import { readSaved, writeExplorationResult } from './exploration-result.js';

export interface MergeOptions {
  json?: true;
  output?: string;
  dir?: string;
}

/** `vmemmap merge`. Returns the exit code: 1 if something was found. */
export function merge(files: readonly string[], options: MergeOptions): number {
  const shards = files.map((name) => ({ name, search: readSaved(name) }));
  try {
    const exploration = mergeShards(shards);
    const whole = { ...shards[0]!.search.options, shard: undefined };
    return writeExplorationResult(exploration, whole, options);
  } catch (error) {
    if (error instanceof MergeError) throw new InputError(error.message);
    throw error;
  }
}
