// SPDX-License-Identifier: GPL-2.0-only

import { SUITES, type Case, type Suite } from '../bench/cases.js';
import { compareResults, oldResultSchema, type SuiteResult } from '../bench/compare.js';
import {
  clockCase,
  playCase,
  playCaseWithRange,
  playClocked,
  type BenchResult,
  type Overrides,
} from '../bench/play.js';
import { selectedSuites, type Selection } from '../bench/select.js';
import { benchCsv, benchText, comparisonText, wallText } from '../report/bench-text.js';
import { chromeTrace, type TracedMachine } from '../report/chrome-trace.js';
import { foldedLines } from '../report/folded.js';
import { funcgraphText } from '../report/funcgraph.js';
import { allowedAre } from '../scenario/did-you-mean.js';
import { InputError, readWith } from '../scenario/load.js';
import { findArchitecture } from '../scenario/names.js';
import { clockSettings, onlyFormat, type CallFormats, type ClockOptions } from './clock-options.js';
import { EXIT_FINDING, EXIT_OK } from './exit-codes.js';
import { namedKernel } from './named-kernel.js';
import { outputText, writeResult } from './output.js';
import { progress } from './progress.js';
import { validation } from './validation.js';

export interface BenchOptions extends ClockOptions, CallFormats {
  arch?: string;
  kernel?: string;
  filter?: string;
  compare?: string;
  threshold: string;
  json?: true;
  csv?: true;
  wall?: true;
  validation?: true;
  measured?: string;
  range?: true;
  svg?: true;
  dir?: string;
  output?: string;
}

function selection(names: readonly string[], options: BenchOptions): Selection {
  for (const name of names) {
    if (SUITES.some((suite) => suite.name === name)) continue;
    throw new InputError(
      `the suite is "${name}"; ${allowedAre(
        name,
        SUITES.map((suite) => suite.name),
      )}`,
    );
  }
  if (options.arch !== undefined) findArchitecture(options.arch, '--arch');
  if (options.kernel !== undefined) namedKernel(options.kernel);
  const { arch, filter, kernel } = options;
  return { suites: names, arch, filter, kernel, ...clockSettings(options) };
}

/** Suites that are wanted. @throws InputError when there is none */
function wanted(chosen: Selection): Suite[] {
  const suites = selectedSuites(chosen);
  if (suites.length > 0) return suites;
  throw new InputError('no case is left by --arch, --cpu, --kernel and --filter together');
}

const playAll = (
  suites: readonly Suite[],
  overrides: Overrides,
  play: (c: Case, overrides: Overrides) => BenchResult,
): SuiteResult[] =>
  suites.map(({ name, title, cases }) => ({
    name,
    title,
    rows: cases.map((c) => {
      progress(`${name}: ${c.name}`);
      return play(c, overrides);
    }),
  }));

/** Every case with its calls. */
const traced = (suites: readonly Suite[], overrides: Overrides): (TracedMachine & { folded: string[] })[] =>
  suites.flatMap(({ name, cases }) =>
    cases.map((c) => {
      const clocked = clockCase(c, overrides, true);
      playClocked(c, clocked);
      const { processor } = clocked.model;
      const { calls } = processor.calls;
      return {
        name: `${name}: ${c.name}`,
        calls,
        microseconds: (cycles) => processor.microseconds(cycles),
        folded: foldedLines(processor.calls.root, [name, c.name]),
      };
    }),
  );

const CALL_TEXT: Readonly<Record<keyof CallFormats, (suites: readonly Suite[], overrides: Overrides) => string>> = {
  folded: (suites, overrides) =>
    traced(suites, overrides)
      .flatMap(({ folded }) => folded)
      .join('\n'),
  trace: (suites, overrides) => chromeTrace(traced(suites, overrides)),
  funcgraph: (suites, overrides) => funcgraphText(traced(suites, overrides)),
};

async function wall(suites: readonly Suite[], chosen: Selection, options: BenchOptions): Promise<number> {
  const { measureWall } = await import('../bench/wall.js');
  const measured = suites.map(({ name, title, cases }) => ({
    name,
    title,
    rows: cases.map((c) => {
      progress(`${name}: ${c.name}`);
      return measureWall(c, chosen);
    }),
  }));
  progress('');
  const text = options.json ? outputText({ schema: 'vmemmap/bench-wall/v1', suites: measured }) : wallText(measured);
  writeResult(text, options.output);
  return EXIT_OK;
}

function thresholdOf(text: string): number {
  const percent = Number(text);
  if (Number.isFinite(percent) && percent >= 0) return percent;
  throw new InputError(`--threshold is ${text}; allowed are percents from 0 on`);
}

/** `vmemmap bench`. Returns the exit code. */
export async function bench(names: readonly string[], options: BenchOptions): Promise<number> {
  const { json: asJson, csv, wall: asWall, folded, trace, funcgraph } = options;
  const calls = onlyFormat({ folded, trace, funcgraph });
  onlyFormat({ json: asJson, csv, folded, trace, funcgraph });
  onlyFormat({ wall: asWall, csv, folded, trace, funcgraph });
  if (options.validation) {
    onlyFormat({ validation: true, nested: options.nested !== undefined });
    onlyFormat({ validation: true, 'node-distance': options.nodeDistance !== undefined });
    return validation(options);
  }
  const chosen = selection(names, options);
  if (options.svg !== undefined || options.dir !== undefined) {
    if (options.svg === undefined) throw new InputError('--dir is for the plots of --svg, which is not given');
    if (options.dir === undefined) throw new InputError('--svg is given and --dir is not; plots need a folder');
    return (await import('./bench-plots.js')).benchPlots(options.dir, chosen);
  }
  const suites = wanted(chosen);
  if (asWall) return wall(suites, chosen, options);
  if (calls !== undefined) {
    writeResult(CALL_TEXT[calls](suites, chosen), options.output);
    return EXIT_OK;
  }
  const threshold = thresholdOf(options.threshold);
  const old = options.compare === undefined ? undefined : readWith(oldResultSchema, options.compare);
  const results = playAll(suites, chosen, options.range ? playCaseWithRange : playCase);
  progress('');
  if (old === undefined) {
    const text = asJson
      ? outputText({ schema: 'vmemmap/bench/v1', suites: results })
      : csv
        ? benchCsv(results)
        : benchText(results);
    writeResult(text, options.output);
    return EXIT_OK;
  }
  const rows = compareResults(old, results, threshold);
  writeResult(
    asJson
      ? outputText({ schema: 'vmemmap/bench-comparison/v1', thresholdPercent: threshold, rows })
      : comparisonText(rows),
    options.output,
  );
  return rows.some(({ regressed }) => regressed) ? EXIT_FINDING : EXIT_OK;
}
