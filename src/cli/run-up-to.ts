// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/input.js';
import { runStep, startRun, type Run } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { clearProgress, progress } from './progress.js';

/** A machine as it is after a step. */

/**
 * Runs the steps up to one of them.
 * @param last index of the last step to run, from 0; all if undefined
 * @throws InputError where a step before the named one stopped the kernel
 */
export function runUpTo(scenario: Scenario, last: number | undefined): Run {
  const run = startRun(scenario);
  const steps = scenario.steps.slice(0, last === undefined ? undefined : last + 1);
  for (const [index, step] of steps.entries()) {
    progress(`step ${index + 1} of ${steps.length}`);
    if (runStep(run, step) !== 'BUG') continue;
    if (last !== undefined && index < last) {
      throw new InputError(`--step is ${last + 1}; step ${index + 1} stopped the kernel (${run.stopped})`);
    }
    clearProgress();
    process.stderr.write(`vmemmap: step ${index + 1} stopped the kernel (${run.stopped}); this is what it left\n`);
    break;
  }
  progress('');
  return run;
}
