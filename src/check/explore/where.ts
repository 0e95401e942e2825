// SPDX-License-Identifier: GPL-2.0-only

import { RELEASES, type Release } from '../../kernel/releases.js';
import { resolveScenario, ScenarioError, type Scenario } from '../../scenario/scenario.js';
import { scenarioSchema } from '../../scenario/schema.js';
import { BUGS, type Bug } from '../bugs/index.js';
import { CHECKS } from '../expectations.js';
import { runChecked } from '../checked-run.js';
import { bugOn, playBug, saysPresent, symptomOf } from '../repro.js';
import { patternOf } from './expand.js';
import { faultOf, type Violation } from './violations.js';

/** Where else a violation is found: on which releases, and in which entry of the catalogue. */

/** Releases on which the same sequence shows the same in its last step, oldest first. */
export function releasesWith({ invariant, text, scenario, length }: Violation): Release[] {
  const file = scenarioSchema.parse(scenario);
  const pattern = patternOf(text);
  return RELEASES.filter((release) => {
    let played: Scenario;
    try {
      played = resolveScenario(file, { release });
    } catch (error) {
      if (error instanceof ScenarioError) return false;
      throw error;
    }
    return runChecked(played, { checks: CHECKS }).findings.some(
      (finding) =>
        finding.step === length - 1 && finding.invariant === invariant && patternOf(finding.text) === pattern,
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
 * the same architecture and release.
 */
export function entriesLike({ invariant, function: at, scenario }: Violation): Bug[] {
  const { machine } = resolveScenario(scenarioSchema.parse(scenario));
  return BUGS.filter((bug) => {
    if (bug.symptom.breaks !== invariant || bug.scenario.machine.arch !== machine.architecture.name) return false;
    if (!saysPresent(bug, machine.release)) return false;
    const played = bugOn(bug, machine.release);
    if (typeof played === 'string') return false;
    const finding = symptomOf(bug, playBug(bug, played));
    return finding !== undefined && faultOf(played, finding)?.function === at;
  });
}
