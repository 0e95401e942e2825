// SPDX-License-Identifier: GPL-2.0-only

import { BUGS, type Bug } from '../catalogue/bugs/index.js';
import { checkBug, type BugVerdict } from '../catalogue/repro.js';
import type { Release } from '../history/releases.js';
import type { ScenarioInput } from '../scenario/schema.js';
import type { TestResult, Trial } from './test-result.js';

/** Which entries of the catalogue a kernel has: what it should not have by its release is a bug that came back. */

export const catalogueTests = (trial: Trial): TestResult[] =>
  BUGS.filter((bug) => isAsked(bug, trial)).flatMap((bug) => {
    trial.onProgress?.(bug.name);
    const asked = checkBug(bug, [trial.kernel]).filter(({ structPageSize }) => isAskedSize(structPageSize, trial));
    return asked.map((verdict) => ({
      name: `${bug.id} ${bug.name}, struct page ${verdict.structPageSize}`,
      ...judged(bug, verdict, trial),
    }));
  });

const isAsked = ({ scenario: { machine } }: Bug, { filter }: Trial): boolean =>
  (filter.arch ?? machine.arch) === machine.arch && (filter.mmu ?? machine.mmu) === machine.mmu;

const isAskedSize = (structPageSize: number, { filter }: Trial): boolean =>
  (filter.structPageSize ?? structPageSize) === structPageSize;

function judged(bug: Bug, verdict: BugVerdict, { against, kernel }: Trial): Omit<TestResult, 'name'> {
  const { actual, expected, structPageSize } = verdict;
  const text = verdict.text ?? '';
  if (actual === null) return { outcome: 'skipped', text, entries: [] };
  if (!actual && !expected) return { outcome: 'passed', text: 'it is not there', entries: [] };
  if (!actual) return { outcome: 'gone', text: `it is not there, and ${kernel.mainline} has it`, entries: [bug] };
  const isBefore =
    expected ||
    (against !== undefined &&
      checkBug(bug, [against]).some((before) => before.structPageSize === structPageSize && before.actual === true));
  return {
    outcome: isBefore ? 'known' : 'failed',
    text,
    entries: [bug],
    scenario: scenarioOf(bug, structPageSize, kernel),
  };
}

const scenarioOf = ({ name, title, scenario }: Bug, structPageSize: number, kernel: Release): ScenarioInput => ({
  ...scenario,
  name,
  title,
  machine: { ...scenario.machine, structPageSize, kernel: kernel.name },
});
