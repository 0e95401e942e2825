// SPDX-License-Identifier: GPL-2.0-only

import { findingsOf } from '../check/findings.js';
import { runReportText } from '../report/text.js';
import { InputError, parseWith, readJson } from '../scenario/load.js';
import { runScenario } from '../scenario/runner.js';
import { refuseSlips, resolveScenario, ScenarioError, type Scenario } from '../scenario/scenario.js';
import { scenarioSchema } from '../scenario/schema.js';
import { EXIT_FINDING, EXIT_OK, writeResult } from './output.js';

/** A scenario from a file, with the file's name before every complaint. */
function loadScenario(file: string): Scenario {
  const parsed = parseWith(scenarioSchema, readJson(file), file);
  try {
    const scenario = resolveScenario(parsed);
    refuseSlips(scenario);
    return scenario;
  } catch (error) {
    if (error instanceof ScenarioError) throw new ScenarioError(`${file}: ${error.message}`);
    throw error;
  }
}

/** The step that --step names, from 0; undefined for all. */
function stepIndex(text: string | undefined, steps: number): number | undefined {
  if (text === undefined) return undefined;
  const step = Number(text);
  if (Number.isInteger(step) && step >= 1 && step <= steps) return step - 1;
  throw new InputError(`--step is ${text}; allowed are 1 to ${steps}`);
}

/** `vmemmap run`. Returns the exit code. */
export function run(file: string, options: { json?: true; step?: string; output?: string }): number {
  const scenario = loadScenario(file);
  const only = stepIndex(options.step, scenario.steps.length);
  const results = runScenario(scenario);
  const findings = findingsOf(results);
  const steps = only === undefined ? results : results.slice(only, only + 1);
  if (options.json) {
    const { release, config } = scenario.machine;
    const machine = { ...config, kernel: release.name, vmemmapBase: `0x${config.vmemmapBase.toString(16)}` };
    writeResult(
      JSON.stringify({ schema: 'vmemmap/run/v1', name: scenario.name, machine, steps, findings }, null, 2),
      options.output,
    );
  } else {
    writeResult(runReportText(scenario, results, findings, only), options.output);
  }
  return findings.length > 0 ? EXIT_FINDING : EXIT_OK;
}
