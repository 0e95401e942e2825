// SPDX-License-Identifier: GPL-2.0-only

import { diffScenario, isAlike, type ScenarioDifference } from '../../check/releases/diff.js';
import { findRelease, type Release } from '../../history/releases.js';
import type { Showing } from '../../history/showings.js';
import { type TraitKey, TRAITS } from '../../history/traits/index.js';
import { ScenarioError } from '../../kernel/scenario-error.js';
import { resolveScenario, type Scenario } from '../../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../scenario/schema.js';

/** What a scenario shows of a trait: a release plays it, and the same release without the trait. */

/** The release that lacks one trait, and is the same besides. */
export const releaseWithout = (release: Release, key: TraitKey): Release =>
  findRelease(`${release.name} without ${TRAITS[key].name}`)!;

export interface Shown {
  /** The kernels: with the trait, and without it. */
  readonly names: readonly [string, string];
  /** The scenario as a file has it, and on one of the kernels. */
  readonly input: ScenarioInput;
  readonly scenario: Scenario;
  /** What parts them: one refuses the scenario, their vmemmaps lie apart, or they do or leave something else. */
  readonly parting:
    | { readonly kind: 'refused'; readonly by: string; readonly sentence: string }
    | { readonly kind: 'apart'; readonly bases: readonly [bigint, bigint] }
    | { readonly kind: 'otherwise'; readonly difference: ScenarioDifference };
}

/**
 * Plays a scenario on a release and on the same release without a trait.
 * @returns undefined where both do the same
 */
export function shownBy(input: ScenarioInput, release: Release, key: TraitKey): Shown | undefined {
  const file = scenarioSchema.parse(input);
  const kernels = [release, releaseWithout(release, key)] as const;
  const names = [kernels[0].name, kernels[1].name] as const;
  const [from, to] = kernels.map((kernel) => resolvedOn(kernel, file));
  if (typeof from === 'string' || typeof to === 'string') {
    if (typeof from === 'object') {
      return { names, input, scenario: from, parting: { kind: 'refused', by: names[1], sentence: to as string } };
    }
    if (typeof to !== 'object') return undefined;
    return { names, input, scenario: to, parting: { kind: 'refused', by: names[0], sentence: from! } };
  }
  const bases = [from!.machine.config.vmemmapBase, to!.machine.config.vmemmapBase] as const;
  if (bases[0] !== bases[1]) return { names, input, scenario: from!, parting: { kind: 'apart', bases } };
  const difference = diffScenario(from!, to!);
  return isAlike(difference)
    ? undefined
    : { names, input, scenario: from!, parting: { kind: 'otherwise', difference } };
}

/** The scenario on a kernel, or the sentence with which that is refused. */
function resolvedOn(release: Release, file: ReturnType<typeof scenarioSchema.parse>): Scenario | string {
  try {
    return resolveScenario(file, { release });
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

/** What a recorded scenario shows. */
export const shown = ({ trait, release, scenario }: Showing): Shown | undefined =>
  shownBy(scenario as ScenarioInput, findRelease(release)!, trait);
