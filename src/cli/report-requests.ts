// SPDX-License-Identifier: GPL-2.0-only

import type { CpuProfile } from '../cycles/profile.js';
import type { RunRequest } from '../page/run-report.js';
import { findKernelRelease } from '../scenario/names.js';
import type { ScenarioFile } from '../scenario/schema.js';
import { runnableFile } from './scenario-file.js';

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
    return { scenario: runnableFile(parsed, file, release), file: parsed, name: file, command, cpu };
  });
}

/** A file's name as a shell takes it. */
const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
