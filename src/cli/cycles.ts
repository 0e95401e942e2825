// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../../arch/index.js';
import { functionTotals } from '../cycles/call-tree.js';
import { CAUSES, type Cause } from '../cycles/causes.js';
import { cycleModel } from '../cycles/cycle-model.js';
import type { Processor } from '../cycles/processor.js';
import type { CpuProfile } from '../cycles/profile.js';
import { observe } from '../kernel/kernel.js';
import { causesText } from '../report/bench-text.js';
import { chromeTrace } from '../report/chrome-trace.js';
import { foldedLines } from '../report/folded.js';
import { funcgraphText } from '../report/funcgraph.js';
import { grouped, tableLines, type Column } from '../report/table.js';
import { InputError } from '../scenario/load.js';
import { runStep, startRun, type StepReturn } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { clockSettings, onlyFormat, type CallFormats, type ClockOptions } from './clock-options.js';
import { EXIT_OK, writeResult } from './output.js';
import { loadScenario } from './scenario-file.js';

export interface CyclesOptions extends ClockOptions, CallFormats {
  json?: true;
  output?: string;
}

interface StepCycles {
  step: number;
  op: string;
  ret: StepReturn;
  cycles: number;
  microseconds: number;
  causes: Partial<Record<Cause, number>>;
}

const COLUMNS: readonly Column<StepCycles>[] = [
  { title: 'step', text: ({ step }) => String(step), right: true },
  { title: 'op', text: ({ op }) => op },
  { title: 'cycles', text: ({ cycles }) => grouped(cycles), right: true },
  { title: 'µs', text: ({ microseconds }) => microseconds.toFixed(2), right: true },
  { title: 'spent on', text: ({ causes }) => causesText(causes) },
];

/** The CPU to model: the one that is named, if it is of the scenario's architecture, or the first of those. */
function profileFor(scenario: Scenario, named: CpuProfile | undefined): CpuProfile {
  const { architecture } = scenario.machine;
  const { cpus } = ARCHITECTURES.find(({ name }) => name === architecture.name) ?? architecture;
  const profile = named ?? cpus[0];
  if (profile !== undefined && cpus.includes(profile)) return profile;
  throw new InputError(
    `--cpu is "${profile?.name ?? 'missing'}"; allowed on ${architecture.name} are ${cpus.map(({ name }) => name).join(', ')}`,
  );
}

/** Runs the steps with the clock on. One that stops the kernel is the last. */
function clockSteps(scenario: Scenario, processor: Processor, run: (index: number) => StepReturn): StepCycles[] {
  const { clock } = processor;
  const steps: StepCycles[] = [];
  for (const [i, { op }] of scenario.steps.entries()) {
    const start = clock.cycles;
    const before = clock.byCause.slice();
    processor.enter(op);
    const ret = run(i);
    processor.calls.unwind(clock.cycles);
    const causes: StepCycles['causes'] = {};
    for (const [j, cause] of CAUSES.entries()) {
      const cycles = Math.round(clock.byCause[j]! - before[j]!);
      if (cycles !== 0) causes[cause] = cycles;
    }
    const cycles = Math.round(clock.cycles - start);
    const microseconds = Number(processor.microseconds(cycles).toFixed(3));
    steps.push({ step: i + 1, op, ret, cycles, microseconds, causes });
    if (ret === 'BUG') break;
  }
  return steps;
}

/** `vmemmap cycles`. Returns the exit code. */
export function cycles(file: string, options: CyclesOptions): number {
  const { json, folded, trace, funcgraph } = options;
  const format = onlyFormat({ json, folded, trace, funcgraph });
  const settings = clockSettings(options);
  const scenario = loadScenario(file);
  const profile = profileFor(scenario, settings.cpu);
  const run = startRun(scenario);
  const recordsCalls = format === 'trace' || format === 'funcgraph';
  const { cpus, hypervisor } = settings;
  const { processor, observer } = cycleModel(run.kernel, { profile, cpus, hypervisor, recordsCalls });
  observe(run.kernel, observer);
  const steps = clockSteps(scenario, processor, (i) => runStep(run, scenario.steps[i]!));
  const machine = {
    name: scenario.name,
    calls: processor.calls.calls,
    microseconds: (count: number) => processor.microseconds(count),
  };
  const text = {
    text: () =>
      [
        `${profile.title}, ${processor.cpus} CPUs; times at ${profile.clock.value} GHz`,
        ...tableLines(COLUMNS, steps),
      ].join('\n'),
    json: () =>
      JSON.stringify(
        {
          schema: 'vmemmap/cycles/v1',
          name: scenario.name,
          cpu: profile.name,
          cpus: processor.cpus,
          clockGHz: profile.clock.value,
          hypervisor: processor.hypervisor,
          steps,
          functions: functionTotals(processor.calls.root),
        },
        null,
        2,
      ),
    folded: () => foldedLines(processor.calls.root, [scenario.name]).join('\n'),
    trace: () => chromeTrace([machine]),
    funcgraph: () => funcgraphText([machine]),
  }[format ?? 'text'];
  writeResult(text(), options.output);
  return EXIT_OK;
}
