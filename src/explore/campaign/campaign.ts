// SPDX-License-Identifier: GPL-2.0-only

import { ScenarioError } from '../../kernel/scenario-error.js';
import type { ScenarioInput } from '../../scenario/schema.js';
import { expandAll, Search, type Sighting } from '../search.js';
import { Stepper } from '../stepper.js';
import { violationsOf, type Violation } from '../violations.js';
import { entriesBefore, entriesLike, releasesWith, releaseSpans } from '../where.js';
import type { World } from './worlds.js';

/** One world after the other, each as deep as so many states go: the same result on every machine. */

/** What came of a world. */
export interface WorldResult {
  readonly name: string;
  /** Steps of the longest sequences, all of which were tried; zero where the machine has nothing of the kind. */
  readonly depth: number;
  /** Every state that any number of steps reaches was visited. */
  readonly isExhausted: boolean;
  readonly states: number;
  readonly steps: number;
  /** Why nothing was explored. */
  readonly refused?: string;
  /** Numbers of its findings. */
  readonly findings: readonly string[];
}

/** A kind of violation on one architecture, page size and MMU, by its shortest sequence. */
export interface CampaignFinding {
  /** Architecture, page size, MMU, invariant, kernel function. */
  readonly key: string;
  readonly invariant: string;
  readonly function: string;
  readonly text: string;
  readonly length: number;
  /** The world of the shortest sequence. */
  readonly world: string;
  readonly releases: string;
  /** Entries of the catalogue that break the same through the same function; and those that its sequence shows before. */
  readonly like: readonly string[];
  readonly follows: readonly string[];
  readonly scenario: ScenarioInput;
}

/** What was found in one world, before it is put together with the others. */
export interface Found {
  readonly result: Omit<WorldResult, 'findings'>;
  readonly violations: readonly { readonly key: string; readonly violation: Violation }[];
}

/**
 * Explores a world level by level. A level that takes more states than the world may have does not count.
 * @param campaignStates states of a world whose share is 1
 */
export function exploreWorld({ name, options, share }: World, campaignStates: number): Found {
  const maxStates = Math.round(campaignStates * share);
  let search: Search;
  try {
    search = new Search(options, { maxStates });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return {
      result: { name, depth: 0, isExhausted: false, states: 0, steps: 0, refused: error.message },
      violations: [],
    };
  }
  const stepper = new Stepper(search.alphabet);
  let whole = { depth: 0, states: 1, steps: 0, sightings: [] as readonly Sighting[] };
  for (let job = search.job(); job !== undefined; job = search.job()) {
    const { depth } = search.state;
    search.take([expandAll(search.alphabet, stepper, job)]);
    if (search.ended === undefined && search.state.depth > depth) {
      whole = { depth, states: search.state.visited.size, steps: search.steps, sightings: search.state.sightings };
    }
  }
  const { depth, states, steps, sightings } = whole;
  return {
    result: { name, depth, isExhausted: search.ended === undefined && depth < options.depth, states, steps },
    violations: violationsOf(search.alphabet, sightings).map((violation) => ({
      key: [machineKey(name), violation.invariant, violation.function].join(' '),
      violation,
    })),
  };
}

/** Architecture, page size and MMU of a world. */
const machineKey = (name: string): string => name.slice(0, name.indexOf(' sp'));

/** The worlds' findings, each kind once, by its shortest sequence. */
export function collect(all: readonly Found[]): { worlds: WorldResult[]; findings: CampaignFinding[] } {
  const shortest = new Map<string, { violation: Violation; world: string }>();
  for (const { result, violations } of all) {
    for (const { key, violation } of violations) {
      const known = shortest.get(key);
      if (known === undefined || violation.length < known.violation.length) {
        shortest.set(key, { violation, world: result.name });
      }
    }
  }
  return {
    worlds: all.map(({ result, violations }) => ({ ...result, findings: violations.map(({ key }) => key).sort() })),
    findings: [...shortest]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { violation, world }]) => ({
        key,
        invariant: violation.invariant,
        function: violation.function,
        text: violation.finding.text,
        length: violation.length,
        world,
        releases: releaseSpans(releasesWith(violation)),
        like: entriesLike(violation).map(({ id }) => id),
        follows: entriesBefore(violation).map(({ id }) => id),
        scenario: violation.scenario,
      })),
  };
}
