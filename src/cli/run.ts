// SPDX-License-Identifier: GPL-2.0-only

import { AddressText } from '../kernel/vmemmap-view.js';
import { recordScenario } from '../events/record.js';
import { eventLines } from '../report/events.js';
import { findingJson } from '../report/finding.js';
import { machineJson } from '../report/machine.js';
import type { OutputOf } from '../report/output-schemas/index.js';
import { runChecked, type Finding } from '../check/checked-run.js';
import { countAllocations, sweepFailures, type FailedAllocation } from '../check/failure-sweep.js';
import { historiesOf } from '../check/ledger.js';
import type { TestCase } from '../report/test-case.js';
import { failedAllocationLines, runReportText, stepText } from '../report/text.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { InputError } from '../scenario/load.js';
import type { Scenario, Step } from '../scenario/scenario.js';
import { EXIT_FINDING, EXIT_OK, EXIT_USAGE } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { progress } from './progress.js';
import { stepPlace } from './scenario-file.js';
import { stepIndex } from './step-option.js';
import { tellMistake } from './mistake.js';
import { testReport, type TestFormatOptions } from './test-format.js';
import { loadWatched, noteUnproved, unprovedNames, type WatchedScenario } from './unproved.js';
import { watchFiles } from './watch.js';

const CLEAR_SCREEN = '\x1b[2J\x1b[H';

export interface RunOptions extends TestFormatOptions {
  json?: true;
  step?: string;
  output?: string;
  kernel?: string;
  failEach?: true;
  events?: true;
  watch?: true;
}

/** A scenario with the file that it is from. */
interface Named extends WatchedScenario {
  readonly file: string;
}

/** What is printed of one scenario. */
type RunOutput = OutputOf<'run' | 'fail-each' | 'events'>;

/** What a command makes of one scenario. */
interface Ran {
  /** For programs, with its schema's name. */
  readonly json: RunOutput;
  readonly text: string;
  readonly cases: readonly TestCase[];
  readonly hasFindings: boolean;
}

/** `vmemmap run`. Returns the exit code. */
export async function run(files: readonly string[], options: RunOptions): Promise<number> {
  if (!options.watch) return runFiles(files, options);
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  let code = EXIT_OK;
  await watchFiles(files, () => void (code = runAgain(files, options)), interrupted.signal);
  return code;
}

/** A run of files that somebody is writing: a mistake in one is told, and ends nothing. */
function runAgain(files: readonly string[], options: RunOptions): number {
  if (process.stdout.isTTY) process.stdout.write(CLEAR_SCREEN);
  try {
    return runFiles(files, options);
  } catch (error) {
    if (!(error instanceof InputError || error instanceof ScenarioError)) throw error;
    tellMistake(error);
    return EXIT_USAGE;
  }
}

/** {@link run} once. All files are read before the first is run. */
export function runFiles(files: readonly string[], options: RunOptions): number {
  const named = files.map((file): Named => ({ file, ...loadWatched(file, options.kernel) }));
  const runOne = options.events ? events : options.failEach ? failEach : runOnce;
  const ran = named.map((each) => runOne(each, options));
  progress('');
  const [only] = ran;
  const report = testReport(options, () => ran.flatMap(({ cases }) => cases));
  const all = ran.map(({ json }, i) => ({ ...json, file: files[i]! }));
  const json: RunOutput | OutputOf<'runs'> = ran.length === 1 ? only!.json : { schema: 'vmemmap/runs/v1', runs: all };
  const text = options.json ? outputText(json) : ran.map((each) => each.text).join('\n\n');
  writeResult(report ?? text, options.output);
  named.forEach(noteUnproved);
  return ran.some(({ hasFindings }) => hasFindings) ? EXIT_FINDING : EXIT_OK;
}

function runOnce({ file, scenario, asked }: Named, options: RunOptions): Ran {
  const only = stepIndex(options.step, scenario.steps.length);
  let done = 0;
  const onStep = (): void => progress(`${file}: step ${++done} of ${scenario.steps.length}`);
  const { results, findings } = runChecked(scenario, { onStep });
  const histories = historiesOf(scenario, findings);
  const text = new AddressText(scenario.machine.config.vmemmapBase);
  return {
    json: {
      schema: 'vmemmap/run/v1',
      name: scenario.name,
      machine: machineJson(scenario),
      steps: only === undefined ? results : results.slice(only, only + 1),
      findings: findings.map((finding) => ({
        ...findingJson(finding, text),
        frames: (finding.frames ?? []).map((pfn) => ({ pfn, history: histories.get(pfn) ?? [] })),
      })),
      ...(asked.size > 0 && { unproved: unprovedNames(asked) }),
    },
    text: runReportText(scenario, results, findings, histories, only),
    cases: scenario.steps.map((step, i) => stepCase(file, scenario, step, i, findings)),
    hasFindings: findings.length > 0,
  };
}

/** A step as a case: its findings are what failed. */
function stepCase(file: string, scenario: Scenario, step: Step, index: number, findings: readonly Finding[]): TestCase {
  const own = findings.filter((finding) => finding.step === index);
  return {
    suite: scenario.name,
    name: `step ${index + 1} ${stepText(step, scenario.machine.config.pageSize)}`,
    place: stepPlace(file, index),
    ...(own.length > 0 && { failure: own.map(({ invariant, text }) => `${invariant}: ${text}`).join('\n') }),
  };
}

/** `vmemmap run --events`: what the kernel did, and no verdict. */
function events({ file, scenario }: Named, options: RunOptions): Ran {
  const only = stepIndex(options.step, scenario.steps.length);
  progress(`${file}: events`);
  const { recording, geometry } = recordScenario(scenario);
  return {
    json: { schema: 'vmemmap/events/v1', name: scenario.name, machine: machineJson(scenario), ...recording },
    text: eventLines(scenario, recording, geometry, only).join('\n'),
    cases: [],
    hasFindings: false,
  };
}

/** `vmemmap run --fail-each`. */
function failEach({ file, scenario }: Named): Ran {
  const allocations = countAllocations(scenario);
  const bad: FailedAllocation[] = [];
  for (const failed of sweepFailures(scenario)) {
    progress(`${file}: ${failed.allocation} of ${allocations} allocations`);
    if (failed.findings.length > 0) bad.push(failed);
  }
  const text = new AddressText(scenario.machine.config.vmemmapBase);
  const verdict = `${allocations - bad.length} of ${allocations} failing allocations leave no finding`;
  const suite = `${scenario.name}, each allocation failing`;
  return {
    json: {
      schema: 'vmemmap/fail-each/v1',
      name: scenario.name,
      machine: machineJson(scenario),
      allocations,
      failures: bad.map((failed) => ({
        ...failed,
        findings: failed.findings.map((finding) => findingJson(finding, text)),
      })),
    },
    text: [...bad.flatMap(failedAllocationLines), verdict].join('\n'),
    cases:
      bad.length === 0
        ? [{ suite, name: `${allocations} allocations` }]
        : bad.map((failed) => ({
            suite,
            name: `allocation ${failed.allocation}`,
            failure: failedAllocationLines(failed).join('\n'),
            place: stepPlace(file, failed.step),
          })),
    hasFindings: bad.length > 0,
  };
}
