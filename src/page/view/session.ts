// SPDX-License-Identifier: GPL-2.0-only

import { alignEvents, type Row } from '../../events/align.js';
import type { KernelEvent, Moment, Recording, Stretch } from '../../events/event.js';
import { Timeline, type MachineState } from '../../events/replay.js';
import type { ComparisonReport, FindingReport, ReportDocument, RunReport, StepReport } from '../document.js';

/** What is looked at: one or two runs of a scenario, at one moment. */

/** A place in the list of events: a step and a row of it, both from 0; row -1 is before the step's first event. */
export interface Position {
  readonly step: number;
  readonly row: number;
}

export const START: Position = { step: 0, row: -1 };
export const samePlace = (a: Position, b: Position): boolean => a.step === b.step && a.row === b.row;
const comesAfter = (a: Position, b: Position): boolean => a.step > b.step || (a.step === b.step && a.row > b.row);

/** A run with its moments. */
export interface Lane {
  readonly run: RunReport;
  readonly timeline: Timeline;
  /** What its addresses are further than those of the first lane: releases differ in where the vmemmap begins. */
  readonly shift: number;
}

/** A finding and the lane that has it. */
export interface Fault {
  readonly finding: FindingReport;
  readonly lane: number;
  readonly position: Position;
}

/** What was worked out of a recording, or of two: a session that knows more of the same runs has it at once. */
const timelines = new WeakMap<Recording, Timeline>();
const rowsOf = new WeakMap<Recording, { readonly other: Recording | undefined; readonly rows: Row[][] }>();

function timelineOf(recording: Recording): Timeline {
  const timeline = timelines.get(recording) ?? new Timeline(recording);
  timelines.set(recording, timeline);
  return timeline;
}

/** The events of one or two runs as one list, step by step. */
function alignedRows([first, second]: readonly RunReport[]): Row[][] {
  if (first === undefined) return [];
  const known = rowsOf.get(first.recording);
  if (known !== undefined && known.other === second?.recording) return known.rows;
  const doing = ({ recording, vmemmap }: RunReport, step: number) => ({ events: recording.steps[step] ?? [], vmemmap });
  const rows = Array.from({ length: Math.max(first.steps.length, second?.steps.length ?? 0) }, (_, step) =>
    alignEvents(doing(first, step), second && doing(second, step)),
  );
  rowsOf.set(first.recording, { other: second?.recording, rows });
  return rows;
}

/** The runs that are shown, on one list of events. */
export class Session {
  readonly lanes: readonly Lane[];
  /** Rows by step. */
  readonly rows: readonly (readonly Row[])[];
  /** Steps by their titles, also those that no kernel reached. */
  readonly titles: readonly string[];
  readonly faults: readonly Fault[];
  /** Event of a lane that is the last one up to a row, by step and lane: -1 where it is none of the step's. */
  private readonly upTo: readonly (readonly (readonly number[])[])[];

  /**
   * @param runs one or two runs of one scenario
   * @param awaited kernels that the scenario is still running on
   * @param refused why others cannot run it
   */
  constructor(
    runs: readonly RunReport[],
    readonly comparison: ComparisonReport | undefined,
    readonly awaited: readonly string[] = [],
    readonly refused: readonly string[] = [],
  ) {
    const base = runs[0]?.vmemmap ?? 0;
    this.lanes = runs.map((run) => ({ run, timeline: timelineOf(run.recording), shift: run.vmemmap - base }));
    this.rows = alignedRows(runs);
    this.upTo = this.rows.map((rows) =>
      this.lanes.map((_, lane) => {
        let last = -1;
        return rows.map(({ at }) => (last = at[lane] ?? last));
      }),
    );
    const longest = runs.reduce((a, b) => (b.steps.length > a.steps.length ? b : a), runs[0]!);
    this.titles = [...longest.steps.map(({ title }) => title), ...longest.notReached];
    this.faults = this.lanes
      .flatMap(({ run }, lane) =>
        run.findings.map((finding): Fault => {
          return { finding, lane, position: this.positionOf(lane, [finding.step, finding.event]) };
        }),
      )
      .sort((a, b) =>
        comesAfter(a.position, b.position) ? 1 : comesAfter(b.position, a.position) ? -1 : a.lane - b.lane,
      );
  }

  get steps(): number {
    return this.rows.length;
  }

  get first(): RunReport {
    return this.lanes[0]!.run;
  }

  /** The place of a lane's moment in the common list. */
  positionOf(lane: number, [step, event]: Moment): Position {
    const row = event < 0 ? -1 : (this.rows[step]?.findIndex(({ at }) => at[lane] === event) ?? -1);
    return { step, row };
  }

  /** A lane's moment at a place of the list. */
  momentAt(lane: number, { step, row }: Position): Moment {
    if (row < 0) return [step, -1];
    const rows = this.rows[step];
    if (rows === undefined) return [step, Infinity];
    return [step, row >= rows.length - 1 ? Infinity : (this.upTo[step]![lane]![row] ?? -1)];
  }

  /** The machine of a lane at a place of the list. */
  stateAt(lane: number, position: Position): MachineState {
    return this.lanes[lane]!.timeline.at(this.momentAt(lane, position));
  }

  /** A lane's event at a place of the list; undefined where it has none there. */
  eventAt(lane: number, { step, row }: Position): KernelEvent | undefined {
    const at = this.rows[step]?.[row]?.at[lane];
    return at == null ? undefined : this.lanes[lane]!.run.recording.steps[step]?.[at];
  }

  stepOf(lane: number, step: number): StepReport | undefined {
    return this.lanes[lane]!.run.steps[step];
  }

  isAtEnd({ step, row }: Position): boolean {
    return row >= (this.rows[step]?.length ?? 0) - 1;
  }

  /** Where a reader begins: at the finding that a catalogue entry is about, at the first, or at the end. */
  opening(): Position {
    const own = this.faults.find((fault) => this.isOwn(fault));
    return (own ?? this.faults[0])?.position ?? this.endOf(this.steps - 1);
  }

  /** Where a click shows what it did: at the finding of the last step, or at its end. */
  afterLastStep(): Position {
    if (this.steps === 0) return START;
    const last = this.faults.find(({ position }) => position.step === this.steps - 1);
    return last?.position ?? this.endOf(this.steps - 1);
  }

  /** A place that may lie outside of the list, within it. */
  nearest(step: number, row: number): Position {
    const end = this.endOf(step);
    return { step: end.step, row: Math.max(-1, Math.min(end.row, row)) };
  }

  /** The place of another session of the same first run. */
  placeOf(other: Session, position: Position): Position {
    const [step, event] = other.momentAt(0, position);
    return event === Infinity ? this.endOf(step) : this.positionOf(0, [step, event]);
  }

  endOf(step: number): Position {
    const at = Math.max(0, Math.min(step, this.steps - 1));
    return { step: at, row: (this.rows[at]?.length ?? 0) - 1 };
  }

  next({ step, row }: Position): Position {
    if (row < (this.rows[step]?.length ?? 0) - 1) return { step, row: row + 1 };
    if (step >= this.steps - 1) return { step, row };
    return { step: step + 1, row: this.rows[step + 1]!.length > 0 ? 0 : -1 };
  }

  previous({ step, row }: Position): Position {
    if (row > 0) return { step, row: row - 1 };
    return step > 0 ? this.endOf(step - 1) : START;
  }

  /** The next finding of any kernel, round; undefined where there is none. */
  nextFault(position: Position): Fault | undefined {
    return this.faults.find((fault) => comesAfter(fault.position, position)) ?? this.faults[0];
  }

  /** The next row in which the kernels do different things; undefined where there is none. */
  nextDifference({ step, row }: Position): Position | undefined {
    for (let s = step; s < this.steps; s++) {
      const from = s === step ? row + 1 : 0;
      const found = this.rows[s]!.findIndex(({ differs }, i) => i >= from && differs);
      if (found >= 0) return { step: s, row: found };
    }
    return undefined;
  }

  /** Whether a finding is the one that the entry of the catalogue is about. */
  private isOwn({ finding, lane }: Fault): boolean {
    return finding.known?.name === this.lanes[lane]!.run.name;
  }

  /** The finding that the verdict is about: the one here, or of this step, or the last before, or the first of all. */
  focus(position: Position): Fault | undefined {
    const here = this.faults.filter((fault) => fault.position.step === position.step);
    return (
      here.find((fault) => samePlace(fault.position, position) && this.isOwn(fault)) ??
      here.find((fault) => samePlace(fault.position, position)) ??
      here.findLast((fault) => !comesAfter(fault.position, position)) ??
      here[0] ??
      this.faults.findLast((fault) => !comesAfter(fault.position, position)) ??
      this.faults[0]
    );
  }
}

/** Runs of one scenario, as one subject of a document. */
export interface Subject {
  readonly name: string;
  readonly title: string;
  /** Places in {@link ReportDocument.runs}. */
  readonly runs: readonly number[];
}

/** What a document is about: runs that have a name and steps in common are one subject. */
export function subjectsOf({ runs }: ReportDocument): Subject[] {
  const subjects = new Map<string, { name: string; title: string; runs: number[] }>();
  for (const [at, run] of runs.entries()) {
    const key = JSON.stringify([
      run.name,
      run.arch,
      run.structPageSize,
      run.pageSize,
      [...run.steps.map(({ text }) => text), ...run.notReached].length,
    ]);
    const subject = subjects.get(key) ?? { name: run.name, title: run.title, runs: [] };
    subject.runs.push(at);
    subjects.set(key, subject);
  }
  return [...subjects.values()];
}

/** What is known of the kernels of which there is no run. */
export interface Missing {
  readonly awaited: readonly string[];
  readonly refused: readonly string[];
}

export const NOTHING_MISSING: Missing = { awaited: [], refused: [] };

/** A session of two runs of a document, or one. @param runs places in {@link ReportDocument.runs} */
export function sessionOf(document: ReportDocument, runs: readonly number[], { awaited, refused }: Missing): Session {
  const comparison = document.comparisons.find(({ runs: [from, to] }) => from === runs[0] && to === runs[1]);
  return new Session(
    runs.map((at) => document.runs[at]!),
    comparison,
    awaited,
    refused,
  );
}

/** What is shown of runs, with what was found out about them since: the recordings stay those that are shown. */
export function completed(shown: ReportDocument, { runs, comparisons }: ReportDocument): ReportDocument {
  return {
    ...shown,
    comparisons,
    runs: shown.runs.map((run, i) => {
      const { cpu, remarks, steps, findings } = runs[i]!;
      return {
        ...run,
        cpu,
        remarks,
        findings,
        steps: run.steps.map((step, at) => ({ ...step, cycles: steps[at]!.cycles })),
      };
    }),
  };
}

export const overlaps = ([start, end]: Stretch, [from, to]: Stretch): boolean => start < to && end > from;
