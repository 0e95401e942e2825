// SPDX-License-Identifier: GPL-2.0-only

import {
  BOUNDARY_RELEASES,
  findRelease,
  isWithin,
  olderFirst,
  type Release,
  resolveTraits,
  stableBoundaries,
} from '../../history/releases.js';
import { type Trait, TRAIT_KEYS, type TraitKey, type Traits, TRAITS } from '../../history/traits/index.js';
import { resolveScenario } from '../../scenario/scenario.js';
import { ScenarioError } from '../../kernel/scenario-error.js';
import type { ScenarioFile } from '../../scenario/schema.js';
import { type Finding, runChecked } from '../checked-run.js';
import type { Check } from '../step-view.js';

/** Which release changes what becomes of a scenario, and which of its changes does. */

/** What a kernel makes of a scenario: what it breaks, or why it cannot run it at all. */
export type Outcome = { broken: Finding[] } | { untestable: string };

/** A trait that one of two releases has. */
export interface Culprit extends Trait {
  /** The change between them: the one that brought the trait, or the one that ended it. */
  readonly change: string;
}

/** A release at which the outcome changes. */
export interface Turn {
  /** The last release before it that can run the scenario. */
  from: Release;
  to: Release;
  /** Whether the expectation is broken from here on, or holds again. */
  breaks: boolean;
  /** The traits that bring the change each by itself. Where it takes several together, all that differ. */
  culprits: Culprit[];
  /** A finding that shows it. */
  finding: Finding;
}

/**
 * The releases on the way from one to another at which behaviour is known to change, both ends with them. The way goes
 * along mainline, and along the stable series of the newer end; from an older stable release it goes back to mainline.
 * @param from not newer than `to`
 */
export function releasesOnTheWay(from: Release, to: Release): Release[] {
  const isSeries = from.mainline === to.mainline;
  const mainline = isSeries
    ? []
    : [...BOUNDARY_RELEASES.filter(({ name }) => isWithin(to.mainline, name, undefined)), findRelease(to.mainline)!];
  const inside = [...mainline, ...stableBoundaries(to.mainline)].filter(
    (release) => olderFirst(from, release) < 0 && olderFirst(release, to) < 0,
  );
  const between = inside.filter(({ mainline }) => isSeries || mainline !== from.mainline);
  return [...new Map([from, ...between, to].map((release) => [release.name, release])).values()];
}

/** The change that made two releases differ in a trait. */
function changeBetween(trait: Trait, from: Release, to: Release, isGained: boolean): string {
  if (isGained) {
    return isWithin(to.mainline, trait.from, trait.until) ? trait.since : `${trait.since}, taken over by ${to.name}`;
  }
  const isBranch = !isWithin(from.mainline, trait.from, trait.until);
  if (isBranch) return `${trait.since}, taken over by ${from.name} and not in ${to.name}`;
  return trait.ended ?? trait.since;
}

/** Runs a scenario on a kernel and asks one thing of every step. */
export function outcomeOn(file: ScenarioFile, check: Check, release: Release, traits?: Traits): Outcome {
  const other = traits === undefined ? { release } : { release, traits };
  try {
    return { broken: [...runChecked(resolveScenario(file, other), { checks: [check] }).findings] };
  } catch (error) {
    if (error instanceof ScenarioError) return { untestable: error.message };
    throw error;
  }
}

/** How findings look to somebody who only asks whether there are any. */
const isBroken = (outcome: Outcome): boolean | undefined =>
  'broken' in outcome ? outcome.broken.length > 0 : undefined;

/**
 * Finds every release at which a scenario begins or ceases to break an expectation.
 * @param releases in order, oldest first
 * @param onRelease hears of each release before the scenario runs on it
 * @returns the turns, and what each release made of the scenario
 */
export function bisect(
  file: ScenarioFile,
  check: Check,
  releases: readonly Release[],
  onRelease?: (release: Release) => void,
): { turns: Turn[]; outcomes: { release: Release; outcome: Outcome }[] } {
  const outcomes = releases.map((release) => {
    onRelease?.(release);
    return { release, outcome: outcomeOn(file, check, release) };
  });
  const testable = outcomes.filter(({ outcome }) => 'broken' in outcome);
  const turns = testable.slice(1).flatMap(({ release, outcome }, i): Turn[] => {
    const before = testable[i]!;
    const breaks = isBroken(outcome)!;
    if (isBroken(before.outcome) === breaks) return [];
    const [finding] =
      'broken' in outcome && breaks ? outcome.broken : 'broken' in before.outcome ? before.outcome.broken : [];
    return [
      {
        from: before.release,
        to: release,
        breaks,
        culprits: culprits(file, check, before.release, release),
        finding: finding!,
      },
    ];
  });
  return { turns, outcomes };
}

/** The traits that make the difference: each is put into the older kernel alone. */
function culprits(file: ScenarioFile, check: Check, from: Release, to: Release): Culprit[] {
  const before = resolveTraits(from);
  const after = resolveTraits(to);
  const wanted = isBroken(outcomeOn(file, check, to));
  const changed = TRAIT_KEYS.filter((key) => before[key] !== after[key]);
  const alone = changed.filter((key: TraitKey) => {
    const traits = { ...before, [key]: after[key] };
    return isBroken(outcomeOn(file, check, from, traits)) === wanted;
  });
  return (alone.length > 0 ? alone : changed).map((key): Culprit => {
    const trait: Trait = TRAITS[key];
    return { ...trait, change: changeBetween(trait, from, to, after[key]) };
  });
}
