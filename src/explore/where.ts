// SPDX-License-Identifier: GPL-2.0-only

import { RELEASES, type Release } from '../history/releases.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { scenarioSchema } from '../scenario/schema.js';
import { BUGS, type Bug } from '../catalogue/bugs/index.js';
import { CHECKS } from '../check/expectations.js';
import { runChecked } from '../check/checked-run.js';
import { sortOf } from '../check/complaint.js';
import { bugOn, playBug, saysPresent, symptomOf } from '../catalogue/repro.js';
import { faultOf, type Violation } from './violations.js';

/** Where else a violation is found: on which releases, and in which entry of the catalogue. */

/** Releases on which the same sequence shows the same in its last step, oldest first. */
export function releasesWith({ invariant, finding: seen, scenario, length }: Violation): Release[] {
  const file = scenarioSchema.parse(scenario);
  const sort = sortOf(seen);
  return RELEASES.filter((release) => {
    let played: Scenario;
    try {
      played = resolveScenario(file, { release });
    } catch (error) {
      if (error instanceof ScenarioError) return false;
      throw error;
    }
    return runChecked(played, { checks: CHECKS }).findings.some(
      (finding) => finding.step === length - 1 && finding.invariant === invariant && sortOf(finding) === sort,
    );
  });
}

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
export function entriesBefore({ scenario, length }: Violation): Bug[] {
  const resolved = resolveScenario(scenarioSchema.parse(scenario));
  const { findings } = runChecked(resolved, { checks: CHECKS });
  const entries = findings
    .filter(({ step }) => step < length)
    .flatMap((finding) => {
      const fault = faultOf(resolved, finding);
      return fault === undefined ? [] : entriesOfKind(resolved.machine, finding.invariant, fault.function);
    });
  return BUGS.filter((bug) => entries.includes(bug));
}

function entriesOfKind({ architecture, config, release }: Scenario['machine'], invariant: string, at: string): Bug[] {
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
function isShownBy(bug: Bug, release: Release, pageSize: number, at: string): boolean {
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
  return own?.function === at && own.pageSize === pageSize;
}
