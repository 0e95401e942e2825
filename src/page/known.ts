// SPDX-License-Identifier: GPL-2.0-only

import { BUGS } from '../catalogue/bugs/index.js';
import { type Bug } from '../catalogue/bugs/bug.js';
import type { Finding } from '../check/checked-run.js';
import { CHECKS } from '../check/expectations.js';
import { bugOn, saysPresent, shows, symptomOf } from '../catalogue/repro.js';
import type { Release } from '../history/releases.js';
import type { Scenario } from '../scenario/scenario.js';
import { RELEASES } from '../history/releases.js';
import { recordRun } from './recorded-run.js';
import type { KnownBug } from './document.js';
import type { Told } from './told/evidence.js';

/** Whether the catalogue has an entry for a finding: one that breaks the same statement, on the same release, from the same cause. */

const NUMBERS = /\b(?:0x)?[0-9a-f]*[0-9][0-9a-f]*\b/g;

/** A cause without the numbers in its words; undefined where no event tells of one. */
function kindOf(told: Told | undefined): string | undefined {
  return told === undefined || told.function === null
    ? undefined
    : `${told.function} ${told.cause.replace(NUMBERS, '#')}`;
}

/** What entries come from on releases, as far as somebody asked. */
const kinds = new Map<string, string | undefined>();

/** What an entry of the catalogue comes from, on a release and with its own steps. */
function ownKind(bug: Bug, release: Release): string | undefined {
  const key = `${bug.name} ${release.name}`;
  if (!kinds.has(key)) {
    const own = bugOn(bug, release);
    if (typeof own === 'string') kinds.set(key, undefined);
    else {
      const { checked, told } = recordRun(
        own,
        CHECKS.filter(({ name }) => name === bug.symptom.breaks),
      );
      const symptom = symptomOf(bug, checked);
      kinds.set(key, symptom && kindOf(told.get(symptom)));
    }
  }
  return kinds.get(key);
}

/** The entry of the catalogue that breaks the same invariant in the same words, on this release, from the same cause. */
export function knownBug(scenario: Scenario, finding: Finding, told: Told): Bug | undefined {
  const { release, architecture } = scenario.machine;
  const kind = kindOf(told);
  if (kind === undefined) return undefined;
  return BUGS.find(
    (bug) =>
      bug.scenario.machine.arch === architecture.name &&
      shows(bug.symptom, finding) &&
      saysPresent(bug, release) &&
      ownKind(bug, release) === kind,
  );
}

/** An entry as the page names it. */
export function knownReport(bug: Bug): KnownBug {
  const { id, name, title, explanation, fix } = bug;
  const last = RELEASES.findLastIndex((release) => saysPresent(bug, release));
  const next = RELEASES.slice(last + 1).find((release) => !saysPresent(bug, release));
  return { id, name, title, explanation, fix, endedBy: next?.name ?? null };
}
