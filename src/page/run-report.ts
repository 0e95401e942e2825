// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from '../catalogue/bugs/index.js';
import { checkRun, type Finding } from '../check/checked-run.js';
import { CHECKS } from '../check/expectations.js';
import { INVARIANTS } from '../check/invariants.js';
import type { Check } from '../check/step-view.js';
import { frameHistories } from '../check/ledger.js';
import { symptomOf } from '../catalogue/repro.js';
import { clockRun, streamedBytes, type StepCycles } from '../bench/clocked-run.js';
import type { CpuProfile } from '../cycles/profile.js';
import { LEVELS, type Table } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import { InputError } from '../scenario/load.js';
import { altmapsOf, startRun, type Run, type StepResult } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { memmapHoles } from '../scenario/state.js';
import { activeMemmap, type AddressRange, vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';
import { stepText, zoneLines } from '../report/text.js';
import type {
  DecisionReport,
  FieldReport,
  FindingReport,
  FrameReport,
  KnownBug,
  LeafRun,
  RunReport,
  StepReport,
  Stretch,
  TableReport,
} from './document.js';
import { explain, knownBug, type Scene } from './explain.js';
import { Interned } from './intern.js';
import { leafRuns } from './leaves.js';
import type { Cause } from './why.js';

/** One scenario on one kernel, as the page shows it. */

/** Runs of leaves that a page can show and a reader can follow. */
const MAX_LEAF_RUNS = 20_000;
const LOW_52_BITS = 2n ** 52n - 1n;

/** A run that is wanted. */
export interface RunRequest {
  readonly scenario: Scenario;
  /** What the reader calls it: its file, or an entry of the catalogue. */
  readonly name: string;
  /** The command that runs it. */
  readonly command: string;
  /** The catalogue's entry whose scenario it is. */
  readonly bug?: Bug | undefined;
  /** CPU whose cycles are told, if it is one of the architecture's; the architecture's first if not given. */
  readonly cpu?: CpuProfile | undefined;
  /** Leaves the cycles out. */
  readonly withoutCycles?: boolean | undefined;
}

/** Bytes of memmap that are written and scanned with the clock on: some seconds. Beyond it the cycles are left out. */
const MAX_CLOCKED_BYTES = 2 ** 31;

/** The cycles of each step, and on which CPU; none where they are not wanted, not known or would take minutes. */
function cyclesOfRun({ scenario, cpu: named, withoutCycles }: RunRequest): {
  cpu: CpuProfile | undefined;
  steps: readonly StepCycles[];
  remarks: string[];
} {
  const { cpus } = scenario.machine.architecture;
  const cpu = cpus.find((profile) => profile === named) ?? cpus[0];
  if (cpu === undefined || withoutCycles === true) return { cpu: undefined, steps: [], remarks: [] };
  const bytes = streamedBytes(scenario);
  if (bytes <= MAX_CLOCKED_BYTES) return { cpu, steps: clockRun(scenario, { profile: cpu }).steps, remarks: [] };
  const remark = `The cycles are left out: the steps write and scan ${sizeAbout(bytes)} of memmap, which takes long with the clock on; vmemmap cycles tells them.`;
  return { cpu: undefined, steps: [], remarks: [remark] };
}

const GIB = 2 ** 30;
const sizeAbout = (bytes: number): string => `${Math.round(bytes / GIB)} GiB`;

/** What is asked after each step: every invariant, and what the catalogue's entry breaks. */
export const checksFor = (bug: Bug | undefined): Check[] =>
  CHECKS.filter((check) => INVARIANTS.some(({ name }) => name === check.name) || check.name === bug?.symptom.breaks);

const stretch = ({ start, end }: AddressRange): Stretch => [start, end];

/** Gathers the states of a run. */
class States {
  readonly leaves = new Interned<LeafRun>();
  readonly tables = new Interned<TableReport>();
  readonly all: Omit<StepReport, 'text' | 'ret' | 'counters' | 'lines' | 'cycles'>[] = [];

  /** @param given memmap that the step was about */
  take(run: Run, given: AddressRange | undefined): void {
    const { kernel } = run;
    const altmaps = altmapsOf(run);
    const walk = walkVmemmap(kernel, vmemmapWindow(kernel));
    const active = activeMemmap(kernel);
    const unusedStart = kernel.code.unusedStart();
    this.all.push({
      given: given === undefined ? null : stretch(given),
      active: active.map(stretch),
      leaves: leafRuns(kernel, walk.leaves, altmaps).map((leaf) => this.leaves.place(leaf)),
      tables: walk.tables.map((table) => this.tables.place(tableReport(kernel, table))),
      holes: memmapHoles(walk.leaves, active).map(stretch),
      altmaps: altmaps.map(({ name, basePfn, reserve, free, alloc, align }) => {
        return { name, basePfn, reserve, free, alloc, align };
      }),
      ramPages: kernel.allocator.pagesOut,
      unusedStart: unusedStart === 0 ? null : unusedStart,
    });
    if (this.leaves.values.length > MAX_LEAF_RUNS) {
      throw new InputError(
        `the report would show ${this.leaves.values.length} runs of leaves; allowed are ${MAX_LEAF_RUNS}; add less memory`,
      );
    }
  }

  /** The scene after a step, from 0; the boot stands before the first. */
  scene(step: number): Scene {
    const { given, leaves } = this.all[step + 1]!;
    return {
      given: given === null ? null : { start: given[0], end: given[1] },
      leafAt: (place) =>
        leaves
          .map((at) => this.leaves.values[at]!)
          .find(({ start, size, count }) => place.start >= start && place.start < start + size * count),
    };
  }
}

function tableReport({ platform, pageSize }: Kernel, { level, start, pa }: Table): TableReport {
  const here = platform.table?.table(level);
  const span = here === undefined ? 0 : here.span * (here.mask + 1);
  return { level: LEVELS[level], start, span, frame: pa / pageSize };
}

/** The difference of two counts since the beginning. */
const counted = (now: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(now)
      .map(([name, count]): [string, number] => [name, count - (before[name] ?? 0)])
      .filter(([, count]) => count !== 0),
  );

/** Books and words of a state that are lines of text. */
function linesOf(result: StepResult): Record<string, string[]> {
  const { violations, log = [], blocks = [], zones = {}, iomem = [], hptes = [] } = result;
  const lines = { violations, log, 'memory blocks': blocks, zones: zoneLines(zones), iomem, hptes };
  return Object.fromEntries(Object.entries(lines).filter(([, found]) => found.length > 0));
}

const cyclesOf = (step: StepCycles | undefined): StepReport['cycles'] =>
  step === undefined ? null : { total: step.cycles, microseconds: step.microseconds, causes: { ...step.causes } };

const known = ({ id, name, title, explanation, fix }: Bug): KnownBug => ({ id, name, title, explanation, fix });

const fieldsOf = ({ platform }: Kernel): FieldReport[] =>
  (platform.leafFields ?? []).map(({ name, mask, says, levels }) => ({
    name,
    mask: mask.toString(16),
    says,
    ...(levels === undefined ? {} : { levels: levels.map((level) => LEVELS[level]) }),
  }));

/** @param anchor makes the anchor of a finding by its place in the run */
export function runReport(request: RunRequest, anchor: (finding: number) => string): RunReport {
  const { scenario, bug } = request;
  const { config, release } = scenario.machine;
  const states = new States();
  const run = startRun(scenario);
  const { kernel } = run;
  states.take(run, undefined);
  const checked = checkRun(run, { checks: checksFor(bug), onStep: (_run, _step, given) => states.take(run, given) });
  const { results, findings, places } = checked;
  const { testimony, causes } = explain(checked, run.stopped, (step) => states.scene(step));
  const { cpu, steps: clocked, remarks } = cyclesOfRun(request);

  const stacks = new Interned<string[]>();
  const frames = framesOf(request, states, findings, (stack) => stacks.place(stack));
  const decisions = new Interned<DecisionReport>();
  const settled = testimony.settled.map(({ step, by, decision, start, end }): RunReport['settled'][number] => {
    const { because, so } = decision;
    return [step, decisions.place({ by, because, so }), start, end];
  });
  const [boot, ...after] = states.all;
  const report = (state: States['all'][number], i: number): StepReport => ({
    ...state,
    text: stepText(scenario.steps[i]!, config.pageSize),
    ret: results[i]!.ret,
    counters: counted(results[i]!.counters, results[i - 1]?.counters ?? {}),
    lines: linesOf(results[i]!),
    cycles: cyclesOf(clocked[i]),
  });
  const symptom = bug && symptomOf(bug, checked);
  const findingReport = (finding: Finding, i: number): FindingReport => {
    const cause: Cause | undefined = causes.get(finding);
    const place = places.get(finding);
    const entry = finding === symptom ? bug : knownBug(scenario, finding, cause);
    return {
      id: anchor(i),
      step: finding.step,
      invariant: finding.invariant,
      sentence: CHECKS.find(({ name }) => name === finding.invariant)?.sentence ?? '',
      text: finding.text,
      place: place === undefined ? null : stretch(place),
      frames: [...(finding.frames ?? [])],
      function: cause?.function ?? null,
      stack: [...(cause?.stack ?? [])],
      why: [...(cause?.why ?? [])],
      command: bug === undefined ? `${request.command} --step ${finding.step + 1}` : request.command,
      known: entry === undefined ? null : known(entry),
    };
  };
  return {
    name: request.name,
    title: scenario.title ?? scenario.name,
    arch: config.arch,
    kernel: release.name,
    proposal: release.proposal?.title ?? null,
    pageSize: config.pageSize,
    structPageSize: config.structPageSize,
    sectionSize: 2 ** config.sectionSizeBits,
    top: (config.vmemmapBase >> 52n).toString(16).padStart(3, '0'),
    vmemmap: Number(config.vmemmapBase & LOW_52_BITS),
    sectionBytes: kernel.pagesPerSection * kernel.structPageSize,
    cpu: cpu?.title ?? null,
    remarks,
    stacks: stacks.values,
    decisions: decisions.values,
    settled,
    leaves: states.leaves.values,
    tables: states.tables.values,
    fields: fieldsOf(kernel),
    frames,
    boot: { ...boot!, text: 'boot', ret: null, counters: {}, lines: {}, cycles: null },
    steps: after.map(report),
    findings: findings.map(findingReport),
  };
}

/** What happened to the first frame of each run of leaves, and to those that findings are about. */
function framesOf(
  { scenario }: RunRequest,
  { leaves }: States,
  findings: readonly Finding[],
  place: (stack: string[]) => number,
): Record<string, FrameReport[]> {
  const pfns = new Set([
    ...leaves.values.map(({ frame }) => Math.floor(frame)),
    ...findings.flatMap((finding) => finding.frames ?? []),
  ]);
  const histories = frameHistories(scenario, pfns);
  return Object.fromEntries(
    [...histories].flatMap(([pfn, events]): [string, FrameReport[]][] => {
      if (events.length === 0) return [];
      return [
        [
          pfn.toString(16),
          events.map(({ stack, step, what, nrPages, times }) => ({
            step,
            what,
            nrPages,
            stack: place(stack),
            ...(times === undefined ? {} : { times }),
          })),
        ],
      ];
    }),
  );
}
