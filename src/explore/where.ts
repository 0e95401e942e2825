// SPDX-License-Identifier: GPL-2.0-only

import { RELEASES, type Release } from '../history/releases.js';
import { resolveScenario, type Scenario, type Step } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { BUGS, type Bug } from '../catalogue/bugs/index.js';
import { CHECKS } from '../check/expectations.js';
import { runChecked, type Finding } from '../check/checked-run.js';
import type { Check } from '../check/step-view.js';
import { sortOf } from '../check/complaint.js';
import { bugOn, playBug, saysPresent, shows, symptomOf } from '../catalogue/repro.js';
import { EXPLANATIONS } from './campaign/explained.js';
import { ENTRY_FUNCTION, faultOf, type Violation } from './violations.js';

/** Where else a violation is found: on which releases, and in which entry of the catalogue. */

/** What is asked when a violation is played again: what other processors see only if it is of that kind itself. */
const askedWith = (invariant?: string): readonly Check[] =>
  CHECKS.filter(({ name, sees }) => sees === undefined || name === invariant);

/** Releases on which the same sequence shows the same in its last step, oldest first. */
export const releasesWith = (violation: Violation): Release[] =>
  RELEASES.filter((release) => isFoundOn(release, violation));

/** Releases in few words: those in a row are a span. */
export function releaseSpans(releases: readonly Release[]): string {
  const spans: Release[][] = [];
  RELEASES.forEach((release, i) => {
    if (!releases.includes(release)) return;
    const last = spans[spans.length - 1];
    if (last !== undefined && last[last.length - 1] === RELEASES[i - 1]) last.push(release);
    else spans.push([release]);
  });
  return spans
    .map((span) => (span.length === 1 ? span[0]!.name : `${span[0]!.name} to ${span[span.length - 1]!.name}`))
    .join(', ');
}

/**
 * Entries of the catalogue that a violation may be: they break the same invariant through the same kernel function, on
 * the same architecture, page size and release.
 */
export function entriesLike({ invariant, function: at, scenario }: Violation): Bug[] {
  const { machine } = resolveScenario(scenarioSchema.parse(scenario));
  return entriesOfKind(machine, invariant, at);
}

/**
 * Entries of the catalogue that a violation may follow from: something in its sequence, up to its last step, breaks what
 * they break through the same kernel function.
 */
export const entriesBefore = ({ scenario, length }: Violation): Bug[] =>
  entriesShown(scenario, length, (machine, { invariant }, at) =>
    at === undefined ? [] : entriesOfKind(machine, invariant, at),
  );

/**
 * Entries of the catalogue that explain a scenario's findings: they break the same through the same kernel function, or
 * complain of the same where none has a part in it; else those that a reader found to break it in the campaign.
 */
export const entriesExplaining = (scenario: ScenarioInput): Bug[] =>
  entriesShown(scenario, Infinity, (machine, finding, at, { op }) => {
    const entries = entriesOfKind(machine, finding.invariant, at).filter(
      ({ symptom }) => at !== undefined || shows(symptom, finding),
    );
    if (entries.length > 0) return entries;
    return entriesExplained(machine, finding.invariant, at ?? WITHOUT_DEVICE[op] ?? ENTRY_FUNCTION[op] ?? op);
  });

/** What a step with a device does below the device: sections come and go in the campaign without one. */
const WITHOUT_DEVICE: Readonly<Partial<Record<Step['op'], string>>> = {
  'memremap-pages': '__add_pages',
  'memunmap-pages': '__remove_pages',
};

/** Entries for what a step breaks. @param at the function at fault, if one had a part in it */
type EntriesOf = (machine: Scenario['machine'], finding: Finding, at: string | undefined, step: Step) => Bug[];

/** Entries for what breaks in the first so many steps of a scenario. */
function entriesShown(scenario: ScenarioInput, steps: number, entriesOf: EntriesOf): Bug[] {
  const resolved = resolveScenario(scenarioSchema.parse(scenario));
  const { findings } = runChecked(resolved, { checks: askedWith() });
  const entries = findings
    .filter(({ step }) => step < steps)
    .flatMap((finding) =>
      entriesOf(resolved.machine, finding, faultOf(resolved, finding)?.function, resolved.steps[finding.step]!),
    );
  return BUGS.filter((bug) => entries.includes(bug));
}

/** Entries that explain what the campaign found of a kind. */
function entriesExplained(
  { architecture, config, release }: Scenario['machine'],
  invariant: string,
  at: string,
): Bug[] {
  const machine = [architecture.name, `${config.pageSize / 1024}K`, config.mmu].filter(Boolean).join(' ');
  const key = `${machine} ${invariant} ${at}`;
  const ids = EXPLANATIONS.filter(({ findings }) => findings.includes(key)).flatMap(({ entries }) => entries);
  return BUGS.filter((bug) => ids.includes(bug.id) && saysPresent(bug, release));
}

/** Whether a release shows the same as a violation, in the last step of its sequence. */
export function isFoundOn(release: Release, { invariant, finding: seen, scenario, length }: Violation): boolean {
  const sort = sortOf(seen);
  const played = playable(scenario, release);
  if (played === undefined) return false;
  return runChecked(played, { checks: askedWith(invariant) }).findings.some(
    (finding) => finding.step === length - 1 && finding.invariant === invariant && sortOf(finding) === sort,
  );
}

/** A scenario on a release; undefined where that cannot run it. */
function playable(scenario: ScenarioInput, release: Release): Scenario | undefined {
  try {
    return resolveScenario(scenarioSchema.parse(scenario), { release });
  } catch (error) {
    if (error instanceof ScenarioError) return undefined;
    throw error;
  }
}

function entriesOfKind(
  { architecture, config, release }: Scenario['machine'],
  invariant: string,
  at: string | undefined,
): Bug[] {
  return BUGS.filter(
    (bug) =>
      bug.symptom.breaks === invariant &&
      bug.scenario.machine.arch === architecture.name &&
      saysPresent(bug, release) &&
      isShownBy(bug, release, config.pageSize, at),
  );
}

/** Functions at fault by entry and release, and the pages they work with: playing an entry is what takes time. */
const shown = new Map<string, { readonly function: string | undefined; readonly pageSize: number } | undefined>();

/** Whether it is this function that is at fault in an entry's own scenario, with base pages of this size, bytes. */
function isShownBy(bug: Bug, release: Release, pageSize: number, at: string | undefined): boolean {
  const key = `${bug.id} ${release.name}`;
  if (!shown.has(key)) {
    const played = bugOn(bug, release);
    const finding = typeof played === 'string' ? undefined : symptomOf(bug, playBug(bug, played));
    const isRun = typeof played !== 'string' && finding !== undefined;
    shown.set(
      key,
      isRun ? { function: faultOf(played, finding)?.function, pageSize: played.machine.config.pageSize } : undefined,
    );
  }
  const own = shown.get(key);
  return own !== undefined && own.function === at && own.pageSize === pageSize;
}
