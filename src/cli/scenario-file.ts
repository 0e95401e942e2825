// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import type { Release } from '../history/releases.js';
import { fileTitle, parseJson, readText } from '../scenario/load.js';
import { checkWith, InputError, placed, type Mistake } from '../scenario/input.js';
import { pathOf, positionsIn } from '../scenario/positions.js';
import { resolveScenario, type Scenario, type TraitWatch } from '../scenario/scenario.js';
import { refuseSlips } from '../scenario/slips.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { findArchitecture, findKernelRelease } from '../scenario/names.js';
import { scenarioSchema, type ScenarioFile } from '../scenario/schema.js';
import { noteRemark } from './output.js';

/** Scenario files as commands take them, with the file's name before every complaint. */

/** What is wrong with the names of a machine whose scenario has other mistakes already: those that have none say it when they run. */
function misnamed(value: unknown): Mistake[] {
  const { data } = z
    .object({ machine: z.object({ arch: z.unknown().optional(), kernel: z.unknown().optional() }) })
    .safeParse(value);
  const names: readonly [unknown, (name: string) => unknown][] = [
    [data?.machine.arch, (name) => findArchitecture(name)],
    [data?.machine.kernel, (name) => findKernelRelease(name)],
  ];
  return names.flatMap(([name, find]) => {
    if (typeof name !== 'string') return [];
    try {
      find(name);
      return [];
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      return [{ sentence: error.message, path: pathOf(error.message) }];
    }
  });
}

/** @throws InputError with every mistake of the file */
export function readScenario(file: string): ScenarioFile {
  const text = readText(file);
  const title = fileTitle(file);
  const value = parseJson(text, title);
  const checked = checkWith(scenarioSchema, value);
  if ('data' in checked) return checked.data;
  const [first, ...others] = placed([...checked.mistakes, ...misnamed(value)], title, text);
  throw new InputError(first!, others);
}

/**
 * A scenario that can run.
 * @param parsed what {@link readScenario} returns
 * @param title where it is from, for complaints
 * @param release the release to run it on in place of the one that it names
 * @param text of the file that it is from, for the places of complaints
 * @param watch sees what its kernel asks for
 * @throws ScenarioError
 */
export function runnable(
  parsed: ScenarioFile,
  title: string,
  release?: Release,
  text?: () => string,
  watch?: TraitWatch,
): Scenario {
  try {
    const scenario = resolveScenario(parsed, release && { release }, watch);
    refuseSlips(scenario);
    noteRemark(scenario.machine.release);
    return scenario;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const mistakes = [error.message, ...error.others].map((sentence) => ({ sentence, path: pathOf(sentence) }));
    const [first, ...others] = placed(mistakes, title, text?.());
    throw new ScenarioError(first!, others);
  }
}

/** {@link runnable} of a file that {@link readScenario} has read. */
export const runnableFile = (parsed: ScenarioFile, file: string, release?: Release, watch?: TraitWatch): Scenario =>
  runnable(parsed, fileTitle(file), release, () => readText(file), watch);

/**
 * A scenario that can run, from a file.
 * @param kernel the release to run it on in place of the one that it names
 * @param option how the command line calls that
 * @param watch sees what its kernel asks for
 * @throws InputError, ScenarioError
 */
export function loadScenario(file: string, kernel?: string, option = '--kernel', watch?: TraitWatch): Scenario {
  const parsed = readScenario(file);
  return runnableFile(parsed, file, kernel === undefined ? undefined : findKernelRelease(kernel, option), watch);
}

/** Where in its file a step of a scenario stands; a file that cannot be read as JSON has no lines. */
export const stepPlace = (file: string, index: number): { file: string; line: number } => ({
  file: fileTitle(file),
  line: positionsIn(readText(file))(['steps', index], false).line,
});
