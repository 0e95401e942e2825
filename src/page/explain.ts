// SPDX-License-Identifier: GPL-2.0-only

import { BUGS, type Bug } from '../catalogue/bugs/index.js';
import type { CheckedRun, Finding } from '../check/checked-run.js';
import { bugOn, playBug, saysPresent, symptomOf } from '../catalogue/repro.js';
import type { Scenario } from '../scenario/scenario.js';
import { type AddressRange, AddressText } from '../kernel/vmemmap-view.js';
import type { LeafRun } from './document.js';
import { causeOfFinding, type Cause } from './why.js';
import { subjectOf, watch, type Testimony } from './witness.js';

/** Runs a scenario, and says of each finding how it came about and whether the catalogue knows it. */

/** What the machine looked like when a finding came up. */
export interface Scene {
  readonly given: AddressRange | null;
  leafAt(place: AddressRange): LeafRun | undefined;
}

export interface Explained {
  readonly checked: CheckedRun;
  readonly testimony: Testimony;
  readonly causes: ReadonlyMap<Finding, Cause>;
}

/** @param sceneOf the machine after a step, from 0 */
export function explain(checked: CheckedRun, stopped: string | undefined, sceneOf: (step: number) => Scene): Explained {
  const { scenario, findings, places } = checked;
  const subjects = findings.map((finding) => subjectOf(finding, places));
  const testimony = watch(scenario, subjects);
  const { vmemmapBase, pageSize } = scenario.machine.config;
  const text = new AddressText(vmemmapBase);
  const causes = findings.map((finding, i): [Finding, Cause] => {
    const scene = sceneOf(finding.step);
    const subject = subjects[i]!;
    const leaf = subject.place && scene.leafAt(subject.place);
    const { given } = scene;
    return [finding, causeOfFinding({ finding, subject, testimony, given, leaf, stopped, text, pageSize })];
  });
  return { checked, testimony, causes: new Map(causes) };
}

const NO_SCENE: Scene = { given: null, leafAt: () => undefined };

/** A cause without the numbers in its words; undefined where no event tells of one. */
function kindOf(cause: Cause | undefined): string | undefined {
  const [first] = cause?.why ?? [];
  return cause?.function === undefined ? undefined : `${cause.function} ${first?.replace(NUMBERS, '#') ?? ''}`;
}

const NUMBERS = /\b[0-9a-f]*[0-9][0-9a-f]*\b/g;

/** What an entry of the catalogue comes from, on the scenario's release and with its own steps. */
function ownKind(bug: Bug, scenario: Scenario): string | undefined {
  const own = bugOn(bug, scenario.machine.release);
  if (typeof own === 'string') return undefined;
  const checked = playBug(bug, own);
  const symptom = symptomOf(bug, checked);
  return symptom && kindOf(explain(checked, undefined, () => NO_SCENE).causes.get(symptom));
}

/** The entry of the catalogue that breaks the same invariant in the same words, on this release, from the same cause. */
export function knownBug(scenario: Scenario, finding: Finding, cause: Cause | undefined): Bug | undefined {
  const { release, architecture } = scenario.machine;
  const kind = kindOf(cause);
  if (kind === undefined) return undefined;
  return BUGS.find(
    (bug) =>
      bug.scenario.machine.arch === architecture.name &&
      bug.symptom.breaks === finding.invariant &&
      (bug.symptom.says?.test(finding.text) ?? true) &&
      saysPresent(bug, release) &&
      ownKind(bug, scenario) === kind,
  );
}
