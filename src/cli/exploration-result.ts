// SPDX-License-Identifier: GPL-2.0-only

import { join } from 'node:path';
import { ExplorationFileError, readExploration } from '../explore/exploration-file.js';
import type { Exploration, ExploreOptions } from '../explore/explorer.js';
import type { Search } from '../explore/search.js';
import type { Violation } from '../explore/violations.js';
import { exploreCases, exploreJson, exploreText, type Effort } from '../report/explore.js';
import { InputError } from '../scenario/input.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { jsonText, makeFolder, outputText, writeNamed, writeResult } from './output.js';
import { testReport, type TestFormatOptions } from './test-format.js';

/** Explorations that were saved, and what is written of one that is over. */

/** @throws InputError where the file is no saved exploration */
export function readSaved(path: string): Search {
  try {
    return readExploration(path);
  } catch (error) {
    if (error instanceof ExplorationFileError) throw new InputError(error.message);
    throw error;
  }
}

/** Writes what was found, and returns the exit code. */
export function writeExplorationResult(
  exploration: Exploration,
  options: ExploreOptions,
  command: { readonly json?: true; readonly output?: string; readonly dir?: string } & TestFormatOptions,
  effort?: Effort,
): number {
  const violations = [...exploration.violations, ...(effort?.walked ?? [])];
  const text = command.json
    ? outputText(exploreJson(exploration, options, effort))
    : exploreText(exploration, options, effort);
  const report = testReport(command, () => exploreCases(exploration, options, effort));
  writeResult(report ?? text, command.output);
  if (command.dir !== undefined) writeScenarios(command.dir, violations);
  return violations.length > 0 ? EXIT_FINDING : EXIT_OK;
}

function writeScenarios(folder: string, violations: readonly Violation[]): void {
  makeFolder(folder);
  for (const { scenario } of violations) {
    writeNamed(join(folder, `${scenario.name ?? 'explored'}.json`), jsonText(scenario));
  }
}
