// SPDX-License-Identifier: GPL-2.0-only

import { PageTable } from '../../hardware/page-table.js';
import { KernelImage } from '../../kernel/kernel-image.js';
import { pfnToPage } from '../../kernel/kernel.js';
import { LOG_LINE } from '../../kernel/log.js';
import { restoreKernel, saveKernel, type SavedKernel } from '../../kernel/saved-kernel.js';
import { pfnToSectionNr, subsectionMapIndex } from '../../mm/sparse.js';
import type { VmemAltmap } from '../../mm/vmem-altmap.js';
import { runStep, startRun, type Run, type StepReturn } from '../../scenario/runner.js';
import { AddressText, type AddressRange } from '../../scenario/state.js';
import { bystandersOf } from '../checked-run.js';
import { INVARIANTS, type Complaint, type Invariant, type StepView } from '../invariants.js';
import { outside, readMemmap, takeSnapshot, type Snapshot } from '../snapshot.js';
import {
  ABSENT,
  altmapsOf,
  markAltmaps,
  placeOf,
  type Action,
  type Alphabet,
  type Places,
  type Range,
} from './alphabet.js';
import { cellsOf, type Cell } from './cells.js';
import { Scan, Scanner } from './scan.js';
import { Screen, UNDAMAGED, type Damage } from './screen.js';

/** Plays single steps from one state, and says of each what is wrong after it that was not before. */

/** An action, and which allocation fails in it, counted from 1; 0 for none. */
export interface Move {
  readonly action: Action;
  readonly failing: number;
}

/** Something that an invariant says after a step and did not say before it. */
export interface Fresh {
  readonly invariant: string;
  readonly text: string;
}

/** The outcome of one step. */
export interface Outcome {
  /** The kernel did not survive: there is nothing to go on from. */
  readonly stopped: boolean;
  readonly fresh: readonly Fresh[];
  readonly places: Places;
  /** Calls of the page allocator that the step made. */
  readonly allocations: number;
}

const NO_CRASH = INVARIANTS.filter(({ name }) => name === 'no-crash');
const NOTHING: readonly Fresh[] = [];
const NO_BYSTANDERS: StepView['bystanders'] = { before: [], after: [] };

export class Stepper {
  readonly run: Run;
  readonly altmaps: readonly VmemAltmap[];
  /** The state that steps begin from. */
  readonly before: Scan;
  /** The state after the last step. */
  readonly after: Scan;
  private readonly cells: readonly Cell[];
  private readonly scanner: Scanner;
  private readonly screen: Screen;
  /** Whether the screen knows all that the invariants ask. */
  private readonly isScreened: boolean;
  private readonly usedAltmaps: Uint8Array;
  private readonly image = new KernelImage();
  private readonly failing: Set<number>;
  private readonly text: AddressText;
  private places: Places;
  private damage: Damage = UNDAMAGED;
  private isAtStart = true;

  constructor(readonly alphabet: Alphabet) {
    const { scenario, ranges } = alphabet;
    // Calls are counted from 1: none fails until a number is put in.
    this.failing = new Set([0]);
    this.run = startRun({ ...scenario, machine: { ...scenario.machine, failAllocations: this.failing } });
    const { kernel } = this.run;
    this.altmaps = [...this.run.altmaps.values()];
    this.text = new AddressText(scenario.machine.config.vmemmapBase);
    this.cells = cellsOf(kernel, ranges);
    this.scanner = new Scanner(kernel, this.altmaps, this.cells, () => undefined);
    this.screen = new Screen(kernel, this.altmaps, this.cells);
    this.isScreened = kernel.arch.mmu instanceof PageTable;
    this.usedAltmaps = new Uint8Array(this.altmaps.length);
    this.before = new Scan(this.cells);
    this.after = new Scan(this.cells);
    this.places = new Uint8Array(ranges.length);
    this.stay();
  }

  /** Saves the state after the last step. */
  save(): SavedKernel {
    return saveKernel(this.run.kernel, this.altmaps);
  }

  /** Goes to a state, for steps from there. */
  enter(saved: SavedKernel, places: Places): void {
    restoreKernel(this.run.kernel, this.altmaps, saved);
    this.run.stopped = undefined;
    this.places = places;
    this.stay();
  }

  /** Takes the state after the last step as the one that the next steps begin from. */
  goOn(places: Places): void {
    this.places = places;
    this.stay();
  }

  /** Plays one step from the state that was entered. The kernel is in the state behind it then. */
  play(move: Move): Outcome {
    const { run, screen } = this;
    const { step } = move.action;
    this.goBack();
    const { ret, complaints, allocations } = this.runMove(move);
    const places = this.placesAfter(move.action, this.places);
    this.scanner.scan(places, this.after);
    const isFine =
      this.isScreened &&
      complaints.length === 0 &&
      !screen.isSuspicious(this.before, this.after, ret, this.memmapOf(step as Range)) &&
      this.hasOldDamage(places);
    const fresh = isFine ? NOTHING : this.examine(move, places);
    return { stopped: run.stopped !== undefined, fresh, places, allocations };
  }

  /**
   * Plays the step again and asks every invariant. Slow, and the truth: what the screen says is measured by it.
   * @returns what is wrong now and was not before
   */
  examine(move: Move, places: Places): readonly Fresh[] {
    const { run } = this;
    const { kernel } = run;
    const { step } = move.action;
    this.goBack();
    const given = this.memmapOf(step as Range);
    const before = takeSnapshot(kernel, this.altmaps);
    const known = new Set<string>();
    const view = this.viewOf(move.action, before, before, this.places);
    const idle: StepView = { ...view, ret: null, given: undefined, complaints: [], bystanders: NO_BYSTANDERS };
    for (const { invariant, complaint } of complaintsOf(INVARIANTS, idle)) known.add(keyOf(invariant, complaint));
    const read = readMemmap(kernel, outside(before.active, given));

    const { ret, complaints } = this.runMove(move);
    const after = takeSnapshot(kernel, this.altmaps);
    const played: StepView = {
      ...this.viewOf(move.action, before, after, places),
      ret,
      given,
      complaints,
      bystanders: bystandersOf(kernel, before, after, given, read),
      stopped: run.stopped,
    };
    // What a kernel leaves behind that stopped on the way is no violation besides.
    const asked = run.stopped === undefined ? INVARIANTS : NO_CRASH;
    return [...complaintsOf(asked, played)]
      .filter(({ invariant, complaint }) => !known.has(keyOf(invariant, complaint)))
      .map(({ invariant, complaint: { text } }) => ({ invariant, text }));
  }

  /** The state that steps begin from as the scan saw it, as long as no step was played. */
  snapshot(): Snapshot {
    return this.scanner.snapshot(this.before);
  }

  private stay(): void {
    this.image.capture(this.run.kernel, this.altmaps);
    this.scanner.scan(this.places, this.before);
    markAltmaps(this.places, this.usedAltmaps);
    this.damage = this.screen.damage(this.before, this.usedAltmaps);
    this.isAtStart = true;
  }

  private goBack(): void {
    if (!this.isAtStart) {
      this.image.load(this.run.kernel, this.altmaps);
      this.run.stopped = undefined;
    }
    this.isAtStart = false;
  }

  private runMove({ action, failing }: Move): { ret: StepReturn; complaints: string[]; allocations: number } {
    const { kernel } = this.run;
    const { allocator, log } = kernel;
    const { calls } = allocator;
    if (failing > 0) this.failing.add(calls + failing);
    const ret = runStep(this.run, action.step);
    if (failing > 0) this.failing.delete(calls + failing);
    const complaints = log.take().filter((line) => !line.startsWith(LOG_LINE));
    return { ret, complaints, allocations: allocator.calls - calls };
  }

  private hasOldDamage(places: Places): boolean {
    markAltmaps(places, this.usedAltmaps);
    const { hi, lo } = this.screen.damage(this.after, this.usedAltmaps);
    if (hi === 0 && lo === 0) return true;
    return hi === this.damage.hi && lo === this.damage.lo;
  }

  /** A step as the invariants see it, before it is known what came of it. */
  private viewOf({ step }: Action, before: Snapshot, after: Snapshot, places: Places): StepView {
    const altmapsInUse = altmapsOf(this.alphabet, places);
    // Altmaps of ranges that overlap have pages in common: those that nobody uses have no books to check.
    const hasBooks = ({ name, alloc }: Readonly<VmemAltmap>): boolean =>
      alloc !== 0 || altmapsInUse.has(name) || ('altmap' in step && step.altmap === name);
    return {
      step,
      kernel: this.run.kernel,
      memory: this.run.memory,
      text: this.text,
      ret: null,
      given: undefined,
      before,
      after: { ...after, altmaps: after.altmaps.filter(hasBooks) },
      bystanders: NO_BYSTANDERS,
      complaints: [],
      altmapsInUse,
      stopped: undefined,
    };
  }

  private memmapOf({ pfn, nrPages }: Range): AddressRange {
    const { kernel } = this.run;
    return { start: pfnToPage(kernel, pfn), end: pfnToPage(kernel, pfn + nrPages) };
  }

  /** Of an add that fails the sections before the one that failed stay. */
  private placesAfter(action: Action, places: Places): Places {
    if (action.op === 'use') return places;
    const next = places.slice();
    if (action.op !== 'add') {
      next[action.range] = ABSENT;
      return next;
    }
    const { ranges } = this.alphabet;
    for (const r of action.ranges) next[r] = this.isActive(ranges[r]!) ? placeOf(action.altmap) : ABSENT;
    return next;
  }

  private isActive({ pfn, nrPages }: Range): boolean {
    const { kernel } = this.run;
    const from = subsectionMapIndex(kernel, pfn);
    return kernel.sections.areSet(
      pfnToSectionNr(kernel, pfn),
      from,
      from + Math.ceil(nrPages / kernel.pagesPerSubsection),
    );
  }
}

function* complaintsOf(
  invariants: readonly Invariant[],
  view: StepView,
): Generator<{ invariant: string; complaint: Complaint }> {
  for (const invariant of invariants) {
    for (const complaint of invariant.check(view)) yield { invariant: invariant.name, complaint };
  }
}

/** What a complaint is about, whichever frames of system memory a state happens to use. */
function keyOf(invariant: string, { text, frames = [] }: Complaint): string {
  return frames.reduce((key, frame) => key.replaceAll(frame.toString(16), 'frame'), `${invariant} ${text}`);
}
