// SPDX-License-Identifier: GPL-2.0-only

import { recipeFor } from '../guest/recipe.js';
import { recipeText } from '../guest/text.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { jsonText, outputText, writeNamed, writeResult } from './output.js';
import { loadScenario, readScenario } from './scenario-file.js';

export interface QemuOptions {
  kernel?: string;
  scenario?: string;
  json?: true;
  output?: string;
}

/** `vmemmap qemu`. Returns the exit code: 1 if a finding of the scenario does not show on the guest. */
export function qemu(file: string, options: QemuOptions): number {
  const scenario = loadScenario(file, options.kernel);
  const recipe = orSay(file, () => recipeFor(readScenario(file), scenario));
  const text = options.json
    ? outputText({ schema: 'vmemmap/qemu/v1', name: scenario.name, ...recipe })
    : recipeText(recipe);
  writeResult(text, options.output);
  if (options.scenario !== undefined) writeNamed(options.scenario, jsonText(recipe.scenario));
  return recipe.findings.some(({ onGuest }) => onGuest === undefined) ? EXIT_FINDING : EXIT_OK;
}

/** Puts the file's name before a complaint. */
function orSay<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ScenarioError) throw new ScenarioError(`${file}: ${error.message}`);
    throw error;
  }
}
