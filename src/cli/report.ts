// SPDX-License-Identifier: GPL-2.0-only

import { EXPLORE_SCHEMA } from '../report/explore.js';
import { z } from 'zod';
import { reportDocument } from '../page/build.js';
import { fillPage } from '../page/fill.js';
import { machinePlots } from '../page/plots.js';
import { statesPlot, type DrawnPlot } from '../report/plots/plots.js';
import { InputError, parseWith, readJson } from '../scenario/load.js';
import { findCpu } from './cpu.js';
import { EXIT_FINDING, EXIT_OK, writeResult } from './output.js';
import { packageVersion } from './package-root.js';
import { pageTemplate } from './page-template.js';
import { bugRequests, scenarioRequests } from './report-requests.js';
import { findBug } from './repro.js';
import { readScenario } from './scenario-file.js';

export interface ReportOptions {
  kernel?: string[];
  bug?: string[];
  cpu?: string;
  explored?: string;
  cycles: boolean;
  plots: boolean;
  json?: true;
  output?: string;
}

/** What is needed of a result of `vmemmap explore --json`; both versions have it. */
const exploredSchema = z.object({
  schema: z.enum(['vmemmap/explore/v1', EXPLORE_SCHEMA], {
    error: `must be "vmemmap/explore/v1" or "${EXPLORE_SCHEMA}", what \`vmemmap explore --json\` prints`,
  }),
  statesByDepth: z.array(z.int().min(0)).min(1, 'must have a depth'),
});

const exploredPlot = (file: string): DrawnPlot =>
  statesPlot(parseWith(exploredSchema, readJson(file), file).statesByDepth);

/** `vmemmap report`. Returns the exit code. */
export function report(files: readonly string[], options: ReportOptions): number {
  const { kernel: kernels = [], bug: bugs = [] } = options;
  if (files.length === 0 && bugs.length === 0) throw new InputError('report takes scenario files, or --bug and a name');
  const cpu = options.cpu === undefined ? undefined : findCpu(options.cpu, '--cpu').profile;
  const requests = [
    ...files.flatMap((file) => scenarioRequests(readScenario(file), file, kernels, cpu)),
    ...bugs.flatMap((name) => bugRequests(findBug(name), kernels, cpu)),
  ].map((request) => ({ ...request, withoutCycles: !options.cycles }));
  const plots = [
    ...(options.explored === undefined ? [] : [exploredPlot(options.explored)]),
    ...(options.plots ? machinePlots(requests.map(({ scenario }) => scenario)) : []),
  ];
  const document = reportDocument(requests, packageVersion(), plots);
  writeResult(options.json ? JSON.stringify(document, null, 2) : fillPage(pageTemplate(), document), options.output);
  return document.runs.some(({ findings }) => findings.length > 0) ? EXIT_FINDING : EXIT_OK;
}
