// SPDX-License-Identifier: GPL-2.0-only

import { isDeepStrictEqual } from 'node:util';
import type { Exploration } from './explorer.js';
import { firstSightings, type Search } from './search.js';
import { violationsOf } from './violations.js';
import { NO_PARENT, VisitedStates } from './visited.js';

/** One exploration out of its shards: what one machine would have found that explored all. */

/** Something about the shards that keeps them from being one exploration. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}

/**
 * @param shards searches and what they are called
 * @throws MergeError where they are not all the shards of one exploration, each once
 */
export function mergeShards(shards: readonly { name: string; search: Search }[]): Exploration {
  const [{ name: firstName, search: first }] = shards as [{ name: string; search: Search }];
  const count = first.options.shard?.count ?? 1;
  const missing = new Set(Array.from({ length: count }, (_, i) => i + 1));
  for (const { name, search } of shards) {
    const { shard, ...options } = search.options;
    const { shard: firstShard, ...firstOptions } = first.options;
    if (!isDeepStrictEqual(options, firstOptions) || (shard?.count ?? 1) !== (firstShard?.count ?? 1)) {
      throw new MergeError(`${name}: it is of another exploration than ${firstName}`);
    }
    const index = shard?.index ?? 1;
    if (!missing.delete(index)) throw new MergeError(`${name}: shard ${index}/${count} is there twice`);
  }
  if (missing.size > 0) {
    throw new MergeError(`shard ${[...missing].join(', ')} of ${count} is missing; each of them is needed once`);
  }
  const depths = depthsOf(shards.map(({ search }) => search));
  return {
    alphabet: first.alphabet,
    states: depths.reduce((sum, states) => sum + states, 0),
    statesByDepth: depths,
    steps: shards.reduce((sum, { search }) => sum + search.steps, 0),
    depth: Math.min(first.options.depth, Math.max(...shards.map(({ search }) => search.state.depth))),
    ended: shards.find(({ search }) => search.ended !== undefined)?.search.ended,
    visitedBytes: shards.reduce((sum, { search }) => sum + search.state.visited.bytes, 0),
    violations: violationsOf(first.alphabet, firstSightings(shards.flatMap(({ search }) => search.sightings))),
  };
}

/** States by the fewest moves that reach them in some shard. Level by level, so that the first to add one has the fewest. */
function depthsOf(searches: readonly Search[]): number[] {
  const all = new VisitedStates();
  const shards = searches.map(({ state }) => ({
    fingerprints: state.visited.fingerprints(),
    ends: [...state.levelEnds, state.visited.size],
  }));
  const depths: number[] = [];
  const levels = Math.max(...shards.map(({ ends }) => ends.length));
  for (let depth = 0; depth < levels; depth++) {
    const before = all.size;
    for (const { fingerprints, ends } of shards) {
      for (let id = ends[depth - 1] ?? 0; id < (ends[depth] ?? 0); id++) {
        if (all.room === 0) all.grow();
        all.add(fingerprints[id * 2 + 1]!, fingerprints[id * 2]!, NO_PARENT, 0);
      }
    }
    if (all.size > before) depths.push(all.size - before);
  }
  return depths;
}
