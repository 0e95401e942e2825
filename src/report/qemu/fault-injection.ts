// SPDX-License-Identifier: GPL-2.0-only

import { runStep, startRun } from '../../scenario/runner.js';
import { ScenarioError, type Scenario } from '../../scenario/scenario.js';
import type { Command } from './commands.js';

/**
 * Failing allocations on a guest: fail_page_alloc, told to look only at calls below the function that populates memmap
 * (Documentation/fault-injection/fault-injection.rst).
 */

/** Allocations that fail in one step. */
export interface FailingStep {
  /** Index of the step, from 0. */
  readonly step: number;
  /** Which of the step's calls is the first that fails, from 1. */
  readonly first: number;
  /** How many fail, one after the other. */
  readonly count: number;
}

/** Options without which a guest's kernel cannot do it. */
export const FAULT_INJECTION_OPTIONS = [
  'CONFIG_FAULT_INJECTION',
  'CONFIG_FAIL_PAGE_ALLOC',
  'CONFIG_FAULT_INJECTION_DEBUG_FS',
  'CONFIG_FAULT_INJECTION_STACKTRACE_FILTER',
] as const;

const FOLDER = '/sys/kernel/debug/fail_page_alloc';

/** Calls of the page allocator before each step, and after the last. */
function callsBySteps(scenario: Scenario): number[] {
  const run = startRun(scenario);
  // Booting takes pages, too.
  const calls = [run.kernel.allocator.calls];
  for (const step of scenario.steps) {
    const ret = runStep(run, step);
    calls.push(run.kernel.allocator.calls);
    if (ret === 'BUG') break;
  }
  return calls;
}

/**
 * In which steps a scenario's allocations fail.
 * @throws ScenarioError where fail_page_alloc cannot single them out
 */
export function failingSteps(scenario: Scenario): FailingStep[] {
  const failing = [...scenario.machine.failAllocations].sort((a, b) => a - b);
  if (failing.length === 0) return [];
  const calls = callsBySteps(scenario);
  const steps: FailingStep[] = [];
  for (const call of failing) {
    const step = calls.findIndex((_, i) => calls[i]! < call && call <= (calls[i + 1] ?? 0));
    if (step < 0) continue;
    const nth = call - calls[step]!;
    const last = steps[steps.length - 1];
    if (last?.step === step && last.first === 1 && last.first + last.count === nth) {
      steps[steps.length - 1] = { ...last, count: last.count + 1 };
    } else if (last?.step === step) {
      throw new ScenarioError(
        `failAllocations makes calls ${last.first} and ${nth} of steps[${step}] fail; fail_page_alloc fails one call, or the first ones of a step`,
      );
    } else steps.push({ step, first: nth, count: 1 });
  }
  return steps;
}

/**
 * The calls that fail when the same steps are modelled in other words.
 * @param scenario what models the guest
 * @param firstOf index of the first of its steps that stands for a step of the original
 */
export function failAllocationsOnGuest(
  scenario: Scenario,
  failing: readonly FailingStep[],
  firstOf: (step: number) => number,
): number[] {
  const calls: number[] = [];
  for (const { step, first, count } of failing) {
    const machine = { ...scenario.machine, failAllocations: new Set(calls) };
    const before = callsBySteps({ ...scenario, machine })[firstOf(step)] ?? 0;
    for (let i = 0; i < count; i++) calls.push(before + first + i);
  }
  return calls;
}

const guest = (line: string): Command => ({ where: 'guest', line });

/** Before the step. @param populate the kernel function below which calls are counted */
export function armCommands({ first, count }: FailingStep, populate: string): Command[] {
  const settings: Readonly<Record<string, string | number>> = {
    'ignore-gfp-wait': 'N',
    'min-order': 0,
    interval: first,
    times: count,
    probability: 100,
  };
  return [
    guest(`set -- $(awk '$3 == "${populate}" { print "0x" $1; getline; print "0x" $1 }' /proc/kallsyms)`),
    guest(`echo "$1" > ${FOLDER}/require-start; echo "$2" > ${FOLDER}/require-end`),
    guest(
      Object.entries(settings)
        .map(([name, value]) => `echo ${value} > ${FOLDER}/${name}`)
        .join('; '),
    ),
  ];
}

/** After the step. */
export const disarmCommands = (): Command[] => [guest(`echo 0 > ${FOLDER}/probability; cat ${FOLDER}/times`)];
