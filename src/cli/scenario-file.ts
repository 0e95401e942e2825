// SPDX-License-Identifier: GPL-2.0-only

import type { Release } from '../history/releases.js';
import { parseWith, readJson } from '../scenario/load.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { refuseSlips } from '../scenario/slips.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { findKernelRelease } from '../scenario/names.js';
import { scenarioSchema, type ScenarioFile } from '../scenario/schema.js';
import { noteRemark } from './output.js';

/** Scenario files as commands take them, with the file's name before every complaint. */

/** @throws InputError */
export const readScenario = (file: string): ScenarioFile => parseWith(scenarioSchema, readJson(file), file);

/**
 * A scenario that can run.
 * @param parsed what {@link readScenario} returns
 * @param file its name, for complaints
 * @param release the release to run it on in place of the one that it names
 * @throws ScenarioError
 */
export function runnable(parsed: ScenarioFile, file: string, release?: Release): Scenario {
  try {
    const scenario = resolveScenario(parsed, release && { release });
    refuseSlips(scenario);
    noteRemark(scenario.machine.release);
    return scenario;
  } catch (error) {
    if (error instanceof ScenarioError) throw new ScenarioError(`${file}: ${error.message}`);
    throw error;
  }
}

/**
 * A scenario that can run, from a file.
 * @param kernel the release to run it on in place of the one that it names
 * @param option how the command line calls that
 * @throws InputError, ScenarioError
 */
export function loadScenario(file: string, kernel?: string, option = '--kernel'): Scenario {
  const parsed = readScenario(file);
  return runnable(parsed, file, kernel === undefined ? undefined : findKernelRelease(kernel, option));
}
