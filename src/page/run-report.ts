// SPDX-License-Identifier: GPL-2.0-only

import type { Bug } from '../catalogue/bugs/bug.js';
import type { Finding } from '../check/checked-run.js';
import { CHECKS } from '../check/expectations.js';
import { INVARIANTS } from '../check/invariants.js';
import { type Check } from '../check/step-view.js';
import { symptomOf } from '../catalogue/repro.js';
import { clockRun, streamedBytes, type StepCycles } from '../bench/clocked-run.js';
import type { CpuProfile } from '../cycles/profile.js';
import type { Stretch } from '../events/event.js';
import { Interned } from '../events/interned.js';
import { size } from '../events/words.js';
import { LEVELS, type Table } from '../hardware/page-table.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { altmapsOf, type Run } from '../scenario/runner.js';
import { type StepResult } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import type { ScenarioFile } from '../scenario/schema.js';
import { vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';
import { writtenScenario } from '../scenario/written.js';
import { stepText, zoneLines } from '../report/text.js';
import { counterOf } from './counters.js';
import type { FieldReport, FindingReport, RunReport, StateReport, StepReport, TableReport } from './document.js';
import { knownBug, knownReport } from './known.js';
import { physicalReport } from './physical.js';
import { recordRun } from './recorded-run.js';
import { stepTitle } from './titles.js';

/** One scenario on one kernel, as the page shows it. */

/** A run that is wanted. */
export interface RunRequest {
  readonly scenario: Scenario;
  /** The scenario as it was read. */
  readonly file: ScenarioFile;
  /** What the reader calls it: its file, or an entry of the catalogue. */
  readonly name: string;
  /** The command that runs it. */
  readonly command: string;
  /** The catalogue's entry whose scenario it is. */
  readonly bug?: Bug | undefined;
  /** Expectations that are asked beside the invariants, by their names. */
  readonly expect?: readonly string[] | undefined;
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
  const remark = `The cycles are left out: the steps write and scan ${size(bytes)} of memmap, which takes long with the clock on; vmemmap cycles tells them.`;
  return { cpu: undefined, steps: [], remarks: [remark] };
}

/** What is asked after each step: every invariant, what the catalogue's entry breaks, and what else is wanted. */
export const checksFor = ({ bug, expect = [] }: Pick<RunRequest, 'bug' | 'expect'>): Check[] =>
  CHECKS.filter(
    ({ name }) =>
      INVARIANTS.some((invariant) => invariant.name === name) || name === bug?.symptom.breaks || expect.includes(name),
  );

function tableReport({ platform, pageSize }: Kernel, { level, start, pa }: Table): TableReport {
  const here = platform.table?.table(level);
  const span = here === undefined ? 0 : here.span * (here.mask + 1);
  return { level: LEVELS[level], start, span, frame: pa / pageSize };
}

/** Memmap of sections that are online, neighbours as one. */
function onlineMemmap(kernel: Kernel): Stretch[] {
  const { sections, pagesPerSection } = kernel;
  const online: Stretch[] = [];
  for (const nr of sections.active()) {
    if (!sections.isOnline(nr)) continue;
    const start = pfnToPage(kernel, nr * pagesPerSection);
    const end = pfnToPage(kernel, (nr + 1) * pagesPerSection);
    const last = online[online.length - 1];
    if (last?.[1] === start) last[1] = end;
    else online.push([start, end]);
  }
  return online;
}

/** What the page shows of a state beside its events. */
function stateReport(run: Run, tables: Interned<TableReport>): Omit<StateReport, 'physical'> {
  const { kernel } = run;
  return {
    tables: walkVmemmap(kernel, vmemmapWindow(kernel)).tables.map((table) => tables.place(tableReport(kernel, table))),
    online: onlineMemmap(kernel),
    altmaps: altmapsOf(run).map(({ name, basePfn, reserve, free, alloc, align }) => {
      return { name, basePfn, reserve, free, alloc, align };
    }),
  };
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

const fieldsOf = ({ platform }: Kernel): FieldReport[] =>
  (platform.leafFields ?? []).map(({ name, mask, says, levels }) => ({
    name,
    mask: mask.toString(16),
    says,
    ...(levels === undefined ? {} : { levels: levels.map((level) => LEVELS[level]) }),
  }));

/** One finding for all that the same event does to the same bytes; what matters most leads. */
function toldOnce(findings: readonly Omit<FindingReport, 'id'>[]): Omit<FindingReport, 'id'>[] {
  const told = new Map<string, Omit<FindingReport, 'id'>>();
  for (const finding of findings) {
    const { step, event, blamed, invariant, sentence, text, books, known } = finding;
    const key = JSON.stringify([step, event, blamed, books, blamed.length === 0 ? invariant : '']);
    const first = told.get(key);
    if (first === undefined) told.set(key, finding);
    else {
      first.also.push({ invariant, sentence, text });
      first.known ??= known;
    }
  }
  return [...told.values()];
}

/**
 * A run in two turns: first all that the kernel does in it, which is what one sees, then what costs runs of its own, the cycles of
 * each step and which entries of the catalogue its findings are.
 * @param anchor makes the anchor of a finding by its place in the run
 * @throws InputError when the run has more to tell than a page can show
 */
export function* runInTurns(
  request: RunRequest,
  anchor: (finding: number) => string,
): Generator<RunReport, RunReport, void> {
  const { scenario, bug } = request;
  const { config, release } = scenario.machine;
  const tables = new Interned<TableReport>();
  const states: Omit<StateReport, 'physical'>[] = [];
  const { run, checked, timeline, geometry, given, told } = recordRun(scenario, checksFor(request), (moment) =>
    states.push(stateReport(moment, tables)),
  );
  const { results, findings } = checked;
  const ofRelease = release.remark === undefined ? [] : [`${release.remark}.`];
  const { blockPages } = run.memory;
  const [boot, ...after] = states;
  const stepReport = (state: (typeof states)[number], i: number): StepReport => ({
    ...state,
    physical: physicalReport(results[i]!, blockPages, config.pageSize),
    op: scenario.steps[i]!.op,
    title: stepTitle(scenario.steps[i]!, scenario),
    text: stepText(scenario.steps[i]!, config.pageSize),
    ret: results[i]!.ret,
    given: given[i]!,
    counters: counted(results[i]!.counters, results[i - 1]?.counters ?? {}),
    lines: linesOf(results[i]!),
    cycles: null,
    nrMemmapPages: results[i]!.vmstat?.nrMemmapPages ?? null,
  });
  const sentenceOf = (invariant: string): string => CHECKS.find(({ name }) => name === invariant)?.sentence ?? '';
  const symptom = bug && symptomOf(bug, checked);
  const findingReport = (finding: Finding, entry: Bug | undefined): Omit<FindingReport, 'id'> => {
    const { headline, cause, blamed, event, chain, function: by, books } = told.get(finding)!;
    return {
      step: finding.step,
      invariant: finding.invariant,
      sentence: sentenceOf(finding.invariant),
      text: finding.text,
      headline,
      cause,
      blamed: [...blamed],
      event,
      chain: [...chain],
      frames: [...(finding.frames ?? [])],
      also: [],
      function: by,
      books,
      counter: counterOf(finding),
      command: bug === undefined ? `${request.command} --step ${finding.step + 1}` : request.command,
      known: entry === undefined ? null : knownReport(entry),
    };
  };
  const findingReports = (entryOf: (finding: Finding) => Bug | undefined): FindingReport[] =>
    toldOnce(findings.map((finding) => findingReport(finding, finding === symptom ? bug : entryOf(finding)))).map(
      (finding, i) => ({ ...finding, id: anchor(i) }),
    );
  const seen: RunReport = {
    ...geometry,
    name: request.name,
    title: scenario.title ?? scenario.name,
    arch: config.arch,
    kernel: release.name,
    proposal: release.proposal?.title ?? null,
    command: request.command,
    scenario: writtenScenario(request.file),
    cpu: null,
    remarks: ofRelease,
    recording: timeline.recording,
    tables: tables.values,
    fields: fieldsOf(run.kernel),
    boot: { ...boot!, physical: null },
    steps: after.map(stepReport),
    notReached: scenario.steps.slice(after.length).map((step) => stepTitle(step, scenario)),
    findings: findingReports(() => undefined),
  };
  yield seen;
  const { cpu, steps: clocked, remarks } = cyclesOfRun(request);
  return {
    ...seen,
    cpu: cpu?.title ?? null,
    remarks: [...ofRelease, ...remarks],
    steps: seen.steps.map((step, i) => ({ ...step, cycles: cyclesOf(clocked[i]) })),
    findings: findingReports((finding) => knownBug(scenario, finding, told.get(finding)!)),
  };
}
