// SPDX-License-Identifier: GPL-2.0-only

import { setImmediate } from 'node:timers/promises';
import type { Alphabet } from './alphabet.js';
import type { Crew } from './crew.js';
import { expand } from './expand.js';
import { Search, searchAll, type Ending, type ExploreOptions, type Limits } from './search.js';
import { Stepper } from './stepper.js';
import { violationsOf, type Violation } from './violations.js';

/**
 * Every sequence of adds, removes and uses up to a depth, breadth first, on canonical states: all invariants after every
 * step, and for each kind of violation the shortest sequence that shows it.
 */

/** What an exploration found. */
export interface Exploration {
  readonly alphabet: Alphabet;
  /** Different states that were met. */
  readonly states: number;
  /** States that were met after so many steps and not after fewer, from the one at the start. */
  readonly statesByDepth: readonly number[];
  /** Steps that were run. */
  readonly steps: number;
  /** Steps of the longest sequences. */
  readonly depth: number;
  /** Why it ended before its depth; undefined if every state up to there was visited. */
  readonly ended: Ending | undefined;
  /** Bytes that the visited states take. */
  readonly visitedBytes: number;
  readonly violations: readonly Violation[];
}

/** What came of a search. */
export function explorationOf(search: Search): Exploration {
  const { alphabet, state, options, ended, steps } = search;
  return {
    alphabet,
    states: state.visited.size,
    statesByDepth: search.statesByDepth,
    steps,
    depth: Math.min(state.depth, options.depth),
    ended,
    visitedBytes: state.visited.bytes,
    violations: violationsOf(alphabet, search.sightings),
  };
}

/** Explores in this thread, to the end. @throws ScenarioError when there is no such machine */
export const exploreAll = (options: ExploreOptions, limits: Limits = {}): Exploration =>
  explorationOf(searchAll(options, limits));

/**
 * Explores until the search is over or was told to stop.
 * @param crew threads that do the work; this one does if not given, and looks up now and then
 * @param onTaken told when the search is at rest and can be written down: at the end of a level, and after a pause
 */
export async function explore(search: Search, crew?: Crew, onTaken?: () => void): Promise<void> {
  const stepper = crew === undefined ? new Stepper(search.alphabet) : undefined;
  const threads = crew?.threads ?? 1;
  for (let job = search.job(threads); job !== undefined; job = search.job(threads)) {
    if (crew !== undefined) {
      search.take(await crew.expand(search.options, job));
      onTaken?.();
      continue;
    }
    const part = expand(search.alphabet, stepper!, job);
    let turn = part.next();
    for (; turn.done !== true; turn = part.next()) await setImmediate();
    search.take([turn.value]);
    onTaken?.();
  }
}

export type { ExploreOptions };
