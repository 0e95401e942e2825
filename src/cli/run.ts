// SPDX-License-Identifier: GPL-2.0-only

import { AddressText } from '../kernel/vmemmap-view.js';
import { recordScenario } from '../events/record.js';
import { eventLines } from '../report/events.js';
import { findingJson } from '../report/finding.js';
import { runChecked } from '../check/checked-run.js';
import { countAllocations, sweepFailures, type FailedAllocation } from '../check/failure-sweep.js';
import { historiesOf } from '../check/ledger.js';
import { failedAllocationLines, runReportText } from '../report/text.js';
import type { Scenario } from '../scenario/scenario.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { progress, writeResult } from './output.js';
import { loadScenario } from './scenario-file.js';
import { stepIndex } from './step-option.js';

export interface RunOptions {
  json?: true;
  step?: string;
  output?: string;
  kernel?: string;
  failEach?: true;
  events?: true;
}

/** `vmemmap run`. Returns the exit code. */
export function run(file: string, options: RunOptions): number {
  const scenario = loadScenario(file, options.kernel);
  if (options.events) return events(scenario, options);
  return options.failEach ? failEach(scenario, options) : runOnce(scenario, options);
}

function machineJson({ machine }: Scenario): object {
  const { release, config } = machine;
  return { ...config, kernel: release.name, vmemmapBase: `0x${config.vmemmapBase.toString(16)}` };
}

function runOnce(scenario: Scenario, options: RunOptions): number {
  const only = stepIndex(options.step, scenario.steps.length);
  const { results, findings } = runChecked(scenario);
  const histories = historiesOf(scenario, findings);
  if (options.json) {
    const text = new AddressText(scenario.machine.config.vmemmapBase);
    const result = {
      schema: 'vmemmap/run/v1',
      name: scenario.name,
      machine: machineJson(scenario),
      steps: only === undefined ? results : results.slice(only, only + 1),
      findings: findings.map((finding) => ({
        ...findingJson(finding, text),
        frames: (finding.frames ?? []).map((pfn) => ({ pfn, history: histories.get(pfn) ?? [] })),
      })),
    };
    writeResult(JSON.stringify(result, null, 2), options.output);
  } else {
    writeResult(runReportText(scenario, results, findings, histories, only), options.output);
  }
  return findings.length > 0 ? EXIT_FINDING : EXIT_OK;
}

/** `vmemmap run --events`. */
function events(scenario: Scenario, options: RunOptions): number {
  const only = stepIndex(options.step, scenario.steps.length);
  const { recording, geometry } = recordScenario(scenario);
  writeResult(
    options.json
      ? JSON.stringify({ schema: 'vmemmap/events/v1', machine: machineJson(scenario), ...recording }, null, 2)
      : eventLines(scenario, recording, geometry, only).join('\n'),
    options.output,
  );
  return EXIT_OK;
}

/** `vmemmap run --fail-each`. */
function failEach(scenario: Scenario, options: RunOptions): number {
  const allocations = countAllocations(scenario);
  const bad: FailedAllocation[] = [];
  for (const failed of sweepFailures(scenario)) {
    progress(`${failed.allocation}/${allocations} allocations`);
    if (failed.findings.length > 0) bad.push(failed);
  }
  progress('');
  if (options.json) {
    const text = new AddressText(scenario.machine.config.vmemmapBase);
    const result = {
      schema: 'vmemmap/fail-each/v1',
      name: scenario.name,
      machine: machineJson(scenario),
      allocations,
      failures: bad.map((failed) => ({
        ...failed,
        findings: failed.findings.map((finding) => findingJson(finding, text)),
      })),
    };
    writeResult(JSON.stringify(result, null, 2), options.output);
  } else {
    const verdict = `${allocations - bad.length} of ${allocations} failing allocations leave no finding`;
    writeResult([...bad.flatMap(failedAllocationLines), verdict].join('\n'), options.output);
  }
  return bad.length > 0 ? EXIT_FINDING : EXIT_OK;
}
