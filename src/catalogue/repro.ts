// SPDX-License-Identifier: GPL-2.0-only

import { isThere, isWithin, type Release, RELEASES } from '../history/releases.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { CodeError } from '../kernel/memmap-code.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { type ScenarioFile, scenarioSchema } from '../scenario/schema.js';
import type { Bug, Symptom } from './bugs/bug.js';
import { type CheckedRun, type Finding, runChecked } from '../check/checked-run.js';
import { CHECKS } from '../check/expectations.js';

/** Plays entries of the catalogue on releases, and compares with what the entry says. */

/** What an entry says of a release. */
export function saysPresent(bug: Bug, release: Release): boolean {
  const began = bug.present.some(({ from, until }) => isWithin(release.mainline, from, until));
  return isThere(release, began, bug);
}

/** The entry's scenario as a file, for one of its struct page sizes. */
export const bugScenario = (bug: Bug, structPageSize: number): ScenarioFile =>
  scenarioSchema.parse({
    ...bug.scenario,
    name: bug.name,
    title: bug.title,
    machine: { ...bug.scenario.machine, structPageSize },
  });

/** The struct page size that the entry's scenario is written for, bytes. */
export const ownStructPageSize = (bug: Bug): number => bug.scenario.machine.structPageSize ?? bug.structPageSizes[0]!;

/** The entry's scenario on a release, or why that cannot run it. */
export function bugOn(bug: Bug, release: Release, structPageSize = ownStructPageSize(bug)): Scenario | string {
  try {
    return resolveScenario(bugScenario(bug, structPageSize), { release });
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

/** The finding that shows the bug, if the run has it. */
export function symptomOf(bug: Bug, { findings }: CheckedRun): Finding | undefined {
  return findings.find((finding) => finding.step === bug.symptom.step && shows(bug.symptom, finding));
}

/** Whether a finding, of whichever step, is what a symptom says. */
export function shows({ breaks, complains }: Symptom, finding: Finding): boolean {
  const facts = Object.entries(complains ?? {}) as [keyof Finding, unknown][];
  return finding.invariant === breaks && facts.every(([field, value]) => finding[field] === value);
}

/** Runs an entry's scenario with what its symptom asks for. */
export const playBug = (bug: Bug, scenario: Scenario): CheckedRun =>
  runChecked(scenario, { checks: CHECKS.filter(({ name }) => name === bug.symptom.breaks) });

/** What became of an entry on one release, with one struct page size. */
export interface BugVerdict {
  release: string;
  structPageSize: number;
  /** What the entry says. */
  expected: boolean;
  /** What the emulator shows; null where the release cannot run the scenario. */
  actual: boolean | null;
  /** The finding that shows the bug, or why it could not be run. */
  text: string | null;
  ok: boolean;
}

/** Plays an entry on releases, with every struct page size that it names. */
export function checkBug(bug: Bug, releases: readonly Release[] = RELEASES): BugVerdict[] {
  return releases.flatMap((release) =>
    bug.structPageSizes.map((structPageSize): BugVerdict => {
      const expected = saysPresent(bug, release);
      const scenario = bugOn(bug, release, structPageSize);
      const common = { release: release.name, structPageSize, expected };
      if (typeof scenario === 'string') return { ...common, actual: null, text: scenario, ok: !expected };
      try {
        const finding = symptomOf(bug, playBug(bug, scenario));
        const actual = finding !== undefined;
        return { ...common, actual, text: finding?.text ?? null, ok: actual === expected };
      } catch (error) {
        // A tree of which no code runs for the entry's architecture.
        if (error instanceof CodeError) return { ...common, actual: null, text: error.message, ok: true };
        throw error;
      }
    }),
  );
}

/**
 * Two mainline releases that show an entry best: the newest that has it, and beside it the first that has it no more or, where
 * nothing has ended it, the last before it began. Undefined where all have it. Stable releases stand in where no
 * mainline release has it.
 */
export function tellingReleases(bug: Bug): { bad: Release; good: Release | undefined } {
  const able = RELEASES.filter((release) => typeof bugOn(bug, release) !== 'string');
  const mainline = able.filter(({ patch }) => patch === 0);
  const runs = mainline.some((release) => saysPresent(bug, release)) ? mainline : able;
  const bad = runs.findLast((release) => saysPresent(bug, release));
  if (bad === undefined) throw new RangeError(`no release has ${bug.name}`);
  const at = runs.indexOf(bad);
  const good =
    runs.slice(at).find((release) => !saysPresent(bug, release)) ??
    runs.slice(0, at).findLast((release) => !saysPresent(bug, release));
  return { bad, good };
}
