// SPDX-License-Identifier: GPL-2.0-only

import type { PfnRange } from '../kernel/pfn-range.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { isMishap } from '../kernel/log.js';
import { mappedRange } from '../mm/memremap.js';
import {
  altmapsOf,
  blockAltmaps,
  captureRun,
  runStep,
  startRun,
  type Run,
  type StepReturn,
  type StepResult,
} from '../scenario/runner.js';
import type { Scenario, Step } from '../scenario/scenario.js';
import { activeMemmap, type AddressRange, AddressText } from '../kernel/vmemmap-view.js';
import { sentenceOf, type Complaint } from './complaint.js';
import { bystanderRanges, INVARIANTS } from './invariants.js';
import { oneOfEachCause } from './one-cause.js';
import type { Check, StepView } from './step-view.js';
import { outside } from '../hardware/ranges.js';
import { common, readMemmap, takeSnapshot, type Piece, type Snapshot } from './snapshot.js';
import { watchTranslations } from './translation-watch.js';

/** Runs a scenario and asks every invariant after every step. */

/** Something that a kernel should not have done, at the step that brought it. */
export type Finding = Complaint & {
  /** Index of the step, from 0. */
  readonly step: number;
  /** Name of the invariant, or of the expectation that the caller had. */
  readonly invariant: string;
  /** The complaint in words. */
  readonly text: string;
  /** How many complaints it stands for, where they are of one cause. */
  readonly count?: number;
};

/** What a scenario did: the state after each step, and every statement that a step broke. */
export interface CheckedRun {
  readonly scenario: Scenario;
  readonly results: readonly StepResult[];
  readonly findings: readonly Finding[];
}

/** What is asked of a run, and who is told on the way. */
export interface CheckOptions {
  /** What is asked after each step; every invariant if not given. */
  checks?: readonly Check[];
  /**
   * Told after each step, for callers that want to look at the machine itself.
   * @param given memmap that the step was about
   */
  onStep?: (run: Run, step: number, given: AddressRange | undefined) => void;
}

/** Ranges that altmaps have to serve: those added with them that are still there. */
class AltmapUsers {
  private users: ({ altmap: string } & PfnRange)[] = [];

  /** @param range the pages that the step was about */
  follow(kernel: Kernel, step: Step, ret: StepReturn, range: PfnRange | undefined): void {
    if (range === undefined || ret === 'BUG') return;
    const isAdd = step.op === 'add-pages' || step.op === 'memremap-pages';
    if (isAdd && step.altmap !== null) {
      // Of an add that fails the sections before the one that failed stay, and go on using the altmap.
      const { altmap } = step;
      const parts = ret === 0 ? [range] : activeParts(kernel, range);
      this.users.push(...parts.map((part) => ({ altmap, ...part })));
    }
    const isRemove = step.op === 'remove-pages' || step.op === 'memunmap-pages' || step.op === 'remove-memory';
    if (isRemove) this.users = this.users.flatMap((user) => without(user, range));
  }

  names(): ReadonlySet<string> {
    return new Set(this.users.map(({ altmap }) => altmap));
  }
}

const without = <T extends PfnRange>(range: T, hole: PfnRange): T[] =>
  outside([{ start: range.pfn, end: range.pfn + range.nrPages }], {
    start: hole.pfn,
    end: hole.pfn + hole.nrPages,
  }).map(({ start, end }) => ({ ...range, pfn: start, nrPages: end - start }));

/** The range of the device that a step names. */
function deviceRange({ kernel, memory, devices }: Run, step: Exclude<Step, PfnRange>): PfnRange | undefined {
  const { pageSize } = kernel;
  if ('start' in step) return { pfn: step.start / pageSize, nrPages: step.size / pageSize };
  const namespace = devices.namespaces.get(step.device)?.namespace;
  if (namespace === undefined) return memory.devices.get(step.device);
  return { pfn: namespace.start / pageSize, nrPages: namespace.size / pageSize };
}

/** The pages that a step is about: before subsections, of whole sections. */
function pagesOf(run: Run, step: Step): PfnRange | undefined {
  const range = 'pfn' in step ? step : deviceRange(run, step);
  if (range === undefined) return undefined;
  return step.op === 'use' ? { pfn: range.pfn, nrPages: range.nrPages } : mappedRange(run.kernel, range);
}

/** The parts of a range that are active. */
const activeParts = (kernel: Kernel, range: PfnRange): PfnRange[] =>
  common(activeMemmap(kernel), [memmapOf(kernel, range)]).map(({ start, end }) => ({
    pfn: (start - kernel.vmemmap) / kernel.structPageSize,
    nrPages: (end - start) / kernel.structPageSize,
  }));

const memmapOf = (kernel: Kernel, { pfn, nrPages }: PfnRange): AddressRange => ({
  start: pfnToPage(kernel, pfn),
  end: pfnToPage(kernel, pfn + nrPages),
});

/** Steps that take memmap away. */
const TAKES_AWAY: ReadonlySet<Step['op']> = new Set<Step['op']>([
  'remove-pages',
  'memunmap-pages',
  'remove-memory',
  'offline-and-remove-memory',
  'destroy-namespace',
  'kmem',
  'kmem-release',
  'virtio-mem',
]);

/** Active memmap that a step is not to take away. @param given memmap that it is about */
export const keptThrough = (
  { op }: Step,
  active: readonly AddressRange[],
  given: AddressRange | undefined,
): readonly AddressRange[] => (given !== undefined && TAKES_AWAY.has(op) ? outside(active, given) : active);

/** Pieces that lie within one of the ranges. */
const within = (pieces: readonly Piece[], ranges: readonly AddressRange[]): Piece[] =>
  pieces.filter((piece) => ranges.some(({ start, end }) => piece.start >= start && piece.end <= end));

/**
 * Active memmap that a step was not given, before and after it.
 * @param read what was active before the step and not given to it, as it was read then
 */
export function bystandersOf(
  kernel: Kernel,
  before: Snapshot,
  after: Snapshot,
  given: AddressRange | undefined,
  read: readonly Piece[],
): StepView['bystanders'] {
  const watched = given === undefined ? [...before.active] : outside(before.active, given);
  const ranges = bystanderRanges(before.active, after.active, given);
  const same = JSON.stringify(watched) === JSON.stringify(ranges);
  return { before: same ? read : within(read, ranges), after: readMemmap(kernel, ranges) };
}

/**
 * Runs a whole scenario with all invariants, or other checks.
 * @returns the state after each step, and what was found. A leak or hole that an earlier step left is not told again.
 */
export function runChecked(scenario: Scenario, options: CheckOptions = {}): CheckedRun {
  return checkRun(startRun(scenario), options);
}

/** {@link runChecked} for a machine that is there already. */
export function checkRun(run: Run, { checks = INVARIANTS, onStep }: CheckOptions = {}): CheckedRun {
  const { scenario, kernel } = run;
  const text = new AddressText(scenario.machine.config.vmemmapBase);
  const users = new AltmapUsers();
  const results: StepResult[] = [];
  const findings: Finding[] = [];
  const watch = checks.some(({ sees }) => sees !== undefined) ? watchTranslations(kernel) : undefined;
  let known = new Set<string>();
  let before = takeSnapshot(kernel, altmapsOf(run));
  for (const [index, step] of scenario.steps.entries()) {
    const pages = pagesOf(run, step);
    const given = pages === undefined ? undefined : memmapOf(kernel, pages);
    const read = readMemmap(kernel, given === undefined ? before.active : outside(before.active, given));
    watch?.begin(keptThrough(step, before.active, given));
    const ret = runStep(run, step);
    const sights = watch?.end();
    users.follow(kernel, step, ret, pages);
    const mishaps = kernel.log.entries.filter(isMishap);
    const result = captureRun(run, ret);
    results.push(result);
    const after = takeSnapshot(kernel, altmapsOf(run));
    const view: StepView = {
      step,
      kernel,
      memory: run.memory,
      ret,
      given,
      before,
      after,
      bystanders: bystandersOf(kernel, before, after, given, read),
      mishaps,
      altmapsInUse: new Set([...users.names(), ...blockAltmaps(run).map(({ name }) => name)]),
      stoppedBy: run.stoppedBy,
      ...(sights !== undefined && { sights }),
    };
    const now = new Set<string>();
    for (const check of checks) {
      const fresh = check
        .check(view)
        .map((complaint) => ({ complaint, sentence: sentenceOf(complaint, text) }))
        .filter(({ sentence }) => {
          const key = `${check.name} ${sentence}`;
          now.add(key);
          return !known.has(key);
        });
      for (const { complaint, sentence, count } of oneOfEachCause(fresh)) {
        const counted = count === undefined ? {} : { count };
        findings.push({ step: index, invariant: check.name, text: sentence, ...complaint, ...counted });
      }
    }
    known = now;
    onStep?.(run, index, given);
    if (ret === 'BUG') break;
    before = after;
  }
  return { scenario, results, findings };
}
