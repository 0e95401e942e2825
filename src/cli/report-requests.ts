// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from '../catalogue/bugs/index.js';
import { bugOn, tellingReleases } from '../catalogue/repro.js';
import type { CpuProfile } from '../cycles/profile.js';
import type { RunRequest } from '../page/run-report.js';
import { InputError } from '../scenario/load.js';
import { findKernelRelease } from '../scenario/names.js';
import type { ScenarioFile } from '../scenario/schema.js';
import { runnable } from './scenario-file.js';

/** Which runs a report shows. */

/**
 * A scenario on each of some kernels, or on the one that it names.
 * @throws ScenarioError
 */
export function scenarioRequests(
  parsed: ScenarioFile,
  file: string,
  kernels: readonly string[],
  cpu?: CpuProfile,
): RunRequest[] {
  const chosen = kernels.length === 0 ? [undefined] : kernels;
  return chosen.map((kernel) => {
    const release = kernel === undefined ? undefined : findKernelRelease(kernel, '--kernel');
    const option = kernel === undefined ? '' : ` --kernel ${kernel}`;
    const command = `vmemmap run ${quoted(file)}${option}`;
    return { scenario: runnable(parsed, file, release), name: file, command, cpu };
  });
}

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
    return { scenario, name: bug.name, command: `vmemmap repro ${bug.name} --kernel ${release.name}`, bug, cpu };
  });
}

/** A file's name as a shell takes it. */
const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
