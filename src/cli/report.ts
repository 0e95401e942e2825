// SPDX-License-Identifier: GPL-2.0-only

import { reportDocument } from '../page/build.js';
import { fillPage } from '../page/fill.js';
import { InputError } from '../scenario/load.js';
import { findCpu } from './named-cpu.js';
import { readExplored } from './explored-file.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { endProgress, progress } from './progress.js';
import { packageVersion } from './package-root.js';
import { pageTemplate } from './page-template.js';
import { bugRequests } from '../page/bug-requests.js';
import { scenarioRequests } from './report-requests.js';
import { findBug } from './named-bug.js';
import { readScenario } from './scenario-file.js';

export interface ReportOptions {
  kernel?: string[];
  bug?: string[];
  explored?: string[];
  cpu?: string;
  cycles: boolean;
  json?: true;
  output?: string;
}

/** `vmemmap report`. Returns the exit code. */
export function report(files: readonly string[], options: ReportOptions): number {
  const { kernel: kernels = [], bug: bugs = [], explored = [] } = options;
  if (files.length + bugs.length + explored.length === 0) {
    throw new InputError('report takes scenario files, --bug and a name, or --explored and a file');
  }
  const cpu = options.cpu === undefined ? undefined : findCpu(options.cpu, '--cpu').profile;
  const requests = [
    ...files.flatMap((file) => scenarioRequests(readScenario(file), file, kernels, cpu)),
    ...explored.flatMap((file) =>
      readExplored(file).flatMap((scenario) => scenarioRequests(scenario, scenario.name, kernels, cpu)),
    ),
    ...bugs.flatMap((name) => bugRequests(findBug(name), kernels, cpu)),
  ].map((request) => ({ ...request, withoutCycles: !options.cycles }));
  if (requests.length === 0) {
    endProgress();
    process.stdout.write('the exploration found nothing, so there is nothing to show\n');
    return EXIT_OK;
  }
  const document = reportDocument(requests, packageVersion(), ({ name, scenario }) =>
    progress(`${name} on ${scenario.machine.release.name}`),
  );
  progress('');
  writeResult(options.json ? outputText(document) : fillPage(pageTemplate(), document), options.output);
  return document.runs.some(({ findings }) => findings.length > 0) ? EXIT_FINDING : EXIT_OK;
}
