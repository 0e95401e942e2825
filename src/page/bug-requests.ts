// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from '../catalogue/bugs/bug.js';
import { bugOn, bugScenario, ownStructPageSize, tellingReleases } from '../catalogue/repro.js';
import type { CpuProfile } from '../cycles/profile.js';
import { InputError } from '../scenario/input.js';
import { findKernelRelease } from '../scenario/names.js';
import type { RunRequest } from './run-report.js';

/**
 * An entry of the catalogue on some kernels, or on the newest release that has it and on one that has not.
 * @throws InputError where a kernel cannot run it
 */
export function bugRequests(bug: Bug, kernels: readonly string[], cpu?: CpuProfile): RunRequest[] {
  const { bad, good } = tellingReleases(bug);
  const telling = good === undefined ? [bad] : [bad, good];
  const releases = kernels.length === 0 ? telling : kernels.map((kernel) => findKernelRelease(kernel, '--kernel'));
  return releases.map((release) => {
    const scenario = bugOn(bug, release);
    if (typeof scenario === 'string') {
      throw new InputError(`${bug.name} cannot run on ${release.name}: ${scenario}`);
    }
    const file = bugScenario(bug, ownStructPageSize(bug));
    return { scenario, file, name: bug.name, command: `vmemmap repro ${bug.name} --kernel ${release.name}`, bug, cpu };
  });
}
