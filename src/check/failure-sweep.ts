// SPDX-License-Identifier: GPL-2.0-only

import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER } from '../kernel/observer.js';
import { runStep, startRun } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { checkRun, runChecked, type Finding } from './checked-run.js';
import { kernelStack, withPlace } from './kernel-stack.js';

/** Makes every allocation of a scenario fail, one run each, and asks the invariants what that left behind. */

/** A run in which one allocation failed. */
export interface FailedAllocation {
  /** Which call of the page allocator failed, counted from 1. */
  allocation: number;
  /** Index of the step in which it failed, from 0. */
  step: number;
  /** Order of the request. */
  order: number;
  /** Kernel functions that were running, outermost first. */
  stack: string[];
  /** What the step returned. */
  ret: number | null | 'BUG';
  /** What is wrong now and is not when nothing fails. */
  findings: Finding[];
}

/** Calls of the page allocator that a scenario makes when none fails but those that it says itself. */
export function countAllocations(scenario: Scenario): number {
  const run = startRun(scenario);
  for (const step of scenario.steps) if (runStep(run, step) === 'BUG') break;
  return run.kernel.allocator.calls;
}

/** Runs the scenario once for every allocation, with this one failing. */
export function* sweepFailures(scenario: Scenario): Generator<FailedAllocation> {
  const key = ({ step, invariant, text }: Finding): string => `${step} ${invariant} ${text}`;
  const usual = new Set(runChecked(scenario).findings.map(key));
  const allocations = countAllocations(scenario);
  for (let allocation = 1; allocation <= allocations; allocation++) {
    if (scenario.machine.failAllocations.has(allocation)) continue;
    yield failOne(scenario, allocation, (finding) => !usual.has(key(finding)));
  }
}

function failOne(scenario: Scenario, allocation: number, isNew: (finding: Finding) => boolean): FailedAllocation {
  const { failAllocations } = scenario.machine;
  const machine = { ...scenario.machine, failAllocations: new Set([...failAllocations, allocation]) };
  const run = startRun({ ...scenario, machine }, true);
  let step = 0;
  let failed = { step, order: 0, stack: [] as string[] };
  observe(run.kernel, {
    ...DEAF_OBSERVER,
    allocPages: (order, _nid, pfn) => {
      if (pfn !== NO_PAGE || run.kernel.allocator.calls !== allocation) return;
      failed = { step, order, stack: withPlace(machine, kernelStack(machine)) };
    },
  });
  const { findings, results } = checkRun(run, { onStep: (_run, index) => (step = index + 1) });
  return {
    allocation,
    ...failed,
    ret: results[failed.step]?.ret ?? null,
    findings: findings.filter(
      (finding) =>
        finding.step >= failed.step && isNew(finding) && !isWarningOfAbsence(scenario.steps, failed.step, finding),
    ),
  };
}

/** Whether a finding is the kernel's warning that a later step removes what the failed step could not add. */
function isWarningOfAbsence(steps: Scenario['steps'], failedStep: number, { step, invariant }: Finding): boolean {
  const failed = steps[failedStep]!;
  const later = steps[step]!;
  if (invariant !== 'no-warning' || step === failedStep || !('pfn' in failed) || !('pfn' in later)) return false;
  return later.pfn < failed.pfn + failed.nrPages && failed.pfn < later.pfn + later.nrPages;
}
