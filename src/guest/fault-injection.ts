// SPDX-License-Identifier: GPL-2.0-only

import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER } from '../kernel/observer.js';
import { runStep, startRun } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import type { Command } from './commands.js';

/**
 * Failing allocations on a guest: fail_page_alloc, told to look only at calls below the function that populates memmap
 * (Documentation/fault-injection/fault-injection.rst).
 */

/** Allocations that a guest's kernel is made to fail in one step. */
export interface FailingStep {
  /** Index of the scenario's step, from 0. */
  readonly step: number;
  /** Which of the step's calls is the first that fails, from 1. */
  readonly first: number;
  /** How many fail, one after the other. */
  readonly count: number;
}

export interface GuestFailures {
  readonly steps: readonly FailingStep[];
  /** The same calls, counted through the whole scenario that models the guest. */
  readonly failAllocations: readonly number[];
}

/** Options without which a guest's kernel cannot do it. */
export const FAULT_INJECTION_OPTIONS = [
  'CONFIG_FAULT_INJECTION',
  'CONFIG_FAIL_PAGE_ALLOC',
  'CONFIG_FAULT_INJECTION_DEBUG_FS',
  'CONFIG_FAULT_INJECTION_STACKTRACE_FILTER',
] as const;

const FOLDER = '/sys/kernel/debug/fail_page_alloc';

/** A call of the page allocator. */
interface Call {
  /** Which of all calls it is, from 1; booting makes some, too. */
  readonly number: number;
  readonly order: number;
}

/** The calls of each step. */
function callsByStep(scenario: Scenario): Call[][] {
  const run = startRun(scenario);
  const steps: Call[][] = [];
  let calls: Call[] = [];
  observe(run.kernel, {
    ...DEAF_OBSERVER,
    allocPages: (order) => calls.push({ number: run.kernel.allocator.calls, order }),
  });
  for (const step of scenario.steps) {
    calls = [];
    steps.push(calls);
    if (runStep(run, step) === 'BUG') break;
  }
  return steps;
}

/**
 * The calls of a guest that are to fail: of the same step, and the same among those of its order. The tables that a guest
 * has from its boot take away calls of order 0, so the number alone would not do.
 * @param scenario whose failAllocations are meant
 * @param guest what models the guest
 * @param stepsFor indices of the guest's steps that stand for a step of the scenario
 * @throws ScenarioError where the guest makes no such call, or fail_page_alloc cannot single the calls out
 */
export function failuresOnGuest(
  scenario: Scenario,
  guest: Scenario,
  stepsFor: (step: number) => readonly number[],
): GuestFailures {
  const failing = [...scenario.machine.failAllocations].sort((a, b) => a - b);
  if (failing.length === 0) return { steps: [], failAllocations: [] };
  const steps: FailingStep[] = [];
  const failAllocations: number[] = [];
  callsByStep(scenario).forEach((calls, step) => {
    for (const { number, order } of calls) {
      if (!failing.includes(number)) continue;
      const nth = calls.filter((call) => call.order === order && call.number <= number).length;
      const machine = { ...guest.machine, failAllocations: new Set(failAllocations) };
      const byStep = callsByStep({ ...guest, machine });
      const there = stepsFor(step).flatMap((i) => byStep[i] ?? []);
      const same = there.filter((call) => call.order === order)[nth - 1];
      if (same === undefined) {
        throw new ScenarioError(
          `failAllocations has ${number}, call ${nth} of order ${order} in steps[${step}]; a guest, which has some tables from its boot, makes ${there.filter((call) => call.order === order).length} of that order there`,
        );
      }
      failAllocations.push(same.number);
      note(steps, step, there.indexOf(same) + 1);
    }
  });
  return { steps, failAllocations };
}

/** Adds a call to those that fail. @param nth which of the step's calls, from 1 */
function note(steps: FailingStep[], step: number, nth: number): void {
  const last = steps[steps.length - 1];
  if (last?.step !== step) {
    steps.push({ step, first: nth, count: 1 });
    return;
  }
  if (last.first !== 1 || last.count + 1 !== nth) {
    throw new ScenarioError(
      `failAllocations makes calls ${last.first} and ${nth} of steps[${step}] fail; fail_page_alloc fails one call, or the first ones of a step`,
    );
  }
  steps[steps.length - 1] = { ...last, count: last.count + 1 };
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
    guest(`start=$(awk '$3 == "${populate}" { print "0x" $1 }' /proc/kallsyms)`),
    guest(`end=$(awk 'found { print "0x" $1; exit } $3 == "${populate}" { found = 1 }' /proc/kallsyms)`),
    guest(`echo "$start" > ${FOLDER}/require-start; echo "$end" > ${FOLDER}/require-end`),
    ...Object.entries(settings).map(([name, value]) => guest(`echo ${value} > ${FOLDER}/${name}`)),
  ];
}

/** After the step: 0 is printed where all that was to fail has failed. */
export const disarmCommands = (): Command[] => [guest(`echo 0 > ${FOLDER}/probability; cat ${FOLDER}/times`)];
