// SPDX-License-Identifier: GPL-2.0-only

import { TRAIT_KEYS, TRAITS, type Trait } from '../../history/traits/index.js';
import type { Scenario } from '../../scenario/scenario.js';
import { runChecked } from '../checked-run.js';
import type { Check } from '../step-view.js';
import { toTheEnd } from '../../scenario/turns.js';

/** Of the behaviours in which two kernels differ, those that make the difference for a scenario. */

export interface Deciding {
  /** Behaviours in which the kernels differ. */
  readonly differing: number;
  /** Those that bring one kernel's findings to what the other's are, each put into it alone. */
  readonly traits: readonly Trait[];
}

/**
 * {@link decidingTraits}, with a halt before each of its runs: there is one for each trait that differs.
 * @param from the scenario on one kernel
 * @param to the same scenario on the other
 * @param checks what is asked after each step
 */
export function* decidingInTurns(
  from: Scenario,
  to: Scenario,
  checks: readonly Check[],
): Generator<undefined, Deciding, void> {
  const outcome = (scenario: Scenario): string =>
    runChecked(scenario, { checks })
      .findings.map(({ step, invariant }) => `${step} ${invariant}`)
      .join(', ');
  const before = from.machine.traits;
  const after = to.machine.traits;
  const wanted = outcome(to);
  const differing = TRAIT_KEYS.filter((key) => before[key] !== after[key]);
  if (outcome(from) === wanted) return { differing: differing.length, traits: [] };
  const deciding: Trait[] = [];
  for (const key of differing) {
    yield;
    const traits = { ...before, [key]: after[key] };
    if (outcome({ ...from, machine: { ...from.machine, traits } }) === wanted) deciding.push(TRAITS[key]);
  }
  return { differing: differing.length, traits: deciding };
}

/** Which of the traits that differ between two kernels decide, each by itself, what a scenario's findings are. */
export function decidingTraits(from: Scenario, to: Scenario, checks: readonly Check[]): Deciding {
  return toTheEnd(decidingInTurns(from, to, checks));
}
