// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../scenario/names.js';
import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER } from '../kernel/observer.js';
import { InputError } from '../scenario/input.js';
import { runStep, startRun, type StepReturn } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { CAUSES, type Cause } from '../cycles/causes.js';
import { cycleModel, type CycleModelOptions } from '../cycles/cycle-model.js';
import type { Processor } from '../cycles/processor.js';
import { registeredName, type CpuProfile } from '../cycles/profile.js';

/** A scenario with the clock on. */

/** What a step took. */
export interface StepCycles {
  /** Counted from 1. */
  step: number;
  op: string;
  ret: StepReturn;
  cycles: number;
  /** The same on the CPU's own node and on bare metal, where either was changed. */
  plainCycles?: number;
  microseconds: number;
  /** Cycles by what they were spent on; causes without any are left out. */
  causes: Partial<Record<Cause, number>>;
}

/**
 * The CPU to model: the one that is named, or the first of the scenario's architecture.
 * @throws InputError where the CPU is of another architecture
 */
export function profileFor(scenario: Scenario, named: CpuProfile | undefined): CpuProfile {
  const { architecture } = scenario.machine;
  const { cpus } = ARCHITECTURES.find(({ name }) => name === architecture.name) ?? architecture;
  const profile = named ?? cpus[0];
  if (profile !== undefined && cpus.some(({ name }) => name === registeredName(profile))) return profile;
  throw new InputError(
    `--cpu is "${profile?.name ?? 'missing'}"; allowed on ${architecture.name} are ${cpus.map(({ name }) => name).join(', ')}`,
  );
}

/**
 * Bytes of memmap that the steps write and scan, which is what takes long with the clock on: every cache line of them
 * goes through the model's caches.
 */
export function streamedBytes(scenario: Scenario): number {
  const run = startRun(scenario);
  let streamed = 0;
  observe(run.kernel, {
    ...DEAF_OBSERVER,
    memset: (_address, _byte, bytes) => (streamed += bytes),
    scan: (_address, _byte, bytes) => (streamed += bytes),
    initialise: (_address, bytes) => (streamed += bytes),
  });
  for (const step of scenario.steps) if (runStep(run, step) === 'BUG') break;
  return streamed;
}

/**
 * Runs all steps with the clock on. One that stops the kernel is the last.
 * @param onStep hears of each step before it runs, by its index
 */
export function clockRun(
  scenario: Scenario,
  options: CycleModelOptions,
  onStep?: (index: number) => void,
): { readonly processor: Processor; readonly steps: readonly StepCycles[] } {
  const run = startRun(scenario);
  const { processor, observer } = cycleModel(run.kernel, options);
  observe(run.kernel, observer);
  const { clock } = processor;
  const steps: StepCycles[] = [];
  for (const [i, step] of scenario.steps.entries()) {
    onStep?.(i);
    const start = clock.cycles;
    const before = clock.byCause.slice();
    processor.enter(step.op);
    const ret = runStep(run, step);
    processor.calls.unwind(clock.cycles);
    const causes: StepCycles['causes'] = {};
    for (const [j, cause] of CAUSES.entries()) {
      const cycles = Math.round(clock.byCause[j]! - before[j]!);
      if (cycles !== 0) causes[cause] = cycles;
    }
    const cycles = Math.round(clock.cycles - start);
    const microseconds = Number(processor.microseconds(cycles).toFixed(3));
    steps.push({ step: i + 1, op: step.op, ret, cycles, microseconds, causes });
    if (ret === 'BUG') break;
  }
  return { processor, steps };
}
