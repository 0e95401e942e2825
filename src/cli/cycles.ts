// SPDX-License-Identifier: GPL-2.0-only

import { functionTotals } from '../cycles/call-tree.js';
import { clockRun, profileFor, type StepCycles } from '../bench/clocked-run.js';
import { elsewhereFields, isElsewhere } from '../bench/elsewhere.js';
import { causesText, elsewhereText, timesPlain } from '../report/bench-text.js';
import { chromeTrace } from '../report/chrome-trace.js';
import { foldedLines } from '../report/folded.js';
import { funcgraphText } from '../report/funcgraph.js';
import { grouped, tableLines, type Column } from '../report/table.js';
import { clockSettings, onlyFormat, type CallFormats, type ClockOptions } from './clock-options.js';
import { EXIT_OK } from './exit-codes.js';
import { outputText, writeResult } from './output.js';
import { progress } from './progress.js';
import { loadScenario } from './scenario-file.js';

export interface CyclesOptions extends ClockOptions, CallFormats {
  kernel?: string;
  json?: true;
  output?: string;
}

const COLUMNS: readonly Column<StepCycles>[] = [
  { title: 'step', text: ({ step }) => String(step), right: true },
  { title: 'op', text: ({ op }) => op },
  { title: 'cycles', text: ({ cycles }) => grouped(cycles), right: true },
  { title: 'µs', text: ({ microseconds }) => microseconds.toFixed(2), right: true },
  { title: 'spent on', text: ({ causes }) => causesText(causes) },
];

const TIMES_PLAIN: Column<StepCycles> = { title: 'times plain', text: timesPlain, right: true };

/** What costs time in the code of a tree and comes as no event. */
const NOT_TOLD = ['walks and reads of entries', 'zeroing of new tables', 'locks', 'calls of functions'];

/** `vmemmap cycles`. Returns the exit code. */
export function cycles(file: string, options: CyclesOptions): number {
  const { json, folded, trace, funcgraph } = options;
  const format = onlyFormat({ json, folded, trace, funcgraph });
  const settings = clockSettings(options);
  const scenario = loadScenario(file, options.kernel);
  const isTree = scenario.machine.release.tree !== undefined;
  const profile = profileFor(scenario, settings.cpu);
  const recordsCalls = format === 'trace' || format === 'funcgraph';
  const { cpus, together, hypervisor, nested, node } = settings;
  const plain = { profile, cpus, together, hypervisor, recordsCalls };
  const onStep = (i: number): void => progress(`${file}: step ${i + 1} of ${scenario.steps.length}`);
  const { processor, steps } = clockRun(scenario, { ...plain, nested, node }, onStep);
  const isPlain = !isElsewhere(settings);
  if (!isPlain) {
    for (const [i, { cycles }] of clockRun(scenario, plain, onStep).steps.entries()) steps[i]!.plainCycles = cycles;
  }
  progress('');
  const machine = {
    name: scenario.name,
    calls: processor.calls.calls,
    microseconds: (count: number) => processor.microseconds(count),
  };
  const text = {
    text: () =>
      [
        `${profile.title}, ${processor.cpus} CPUs; times at ${profile.clock.value} GHz`,
        ...(isPlain ? [] : [elsewhereText(settings)]),
        ...tableLines(isPlain ? COLUMNS : [...COLUMNS, TIMES_PLAIN], steps),
        ...(isTree ? [`not told by a tree’s code, and not in it: ${NOT_TOLD.join(', ')}`] : []),
      ].join('\n'),
    json: () =>
      outputText({
        schema: 'vmemmap/cycles/v1',
        name: scenario.name,
        cpu: profile.name,
        cpus: processor.cpus,
        clockGHz: profile.clock.value,
        hypervisor: processor.hypervisor,
        ...elsewhereFields(settings),
        notTold: isTree ? NOT_TOLD : [],
        steps,
        functions: functionTotals(processor.calls.root),
      }),
    folded: () => foldedLines(processor.calls.root, [scenario.name]).join('\n'),
    trace: () => chromeTrace([machine]),
    funcgraph: () => funcgraphText([machine]),
  }[format ?? 'text'];
  writeResult(text(), options.output);
  return EXIT_OK;
}
