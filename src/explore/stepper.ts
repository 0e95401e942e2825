// SPDX-License-Identifier: GPL-2.0-only

import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { isMishap, type Mishap } from '../kernel/log.js';
import type { SavedKernel } from '../kernel/saved-kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import {
  altmapsOf as allAltmapsOf,
  blockAltmaps,
  runStep,
  startRun,
  type Run,
  type StepReturn,
} from '../scenario/runner.js';
import { restoreRun, saveRun } from '../scenario/saved-run.js';
import { activeMemmap, type AddressRange } from '../kernel/vmemmap-view.js';
import { bystandersOf, keptThrough } from '../check/checked-run.js';
import type { ExpectationName } from '../check/expectations.js';
import { INVARIANTS } from '../check/invariants.js';
import { sortOf, type Complaint } from '../check/complaint.js';
import type { Check, StepView } from '../check/step-view.js';
import { outside } from '../hardware/ranges.js';
import { readMemmap, takeSnapshot, type Snapshot } from '../check/snapshot.js';
import { watchTranslations, type Sights, type TranslationWatch } from '../check/translation-watch.js';
import {
  ABSENT,
  altmapsOf,
  firstPlaces,
  isActive,
  markAltmaps,
  placeOf,
  readBlocks,
  type Action,
  type Alphabet,
  type Places,
  type Range,
} from './alphabet.js';
import { cellsOf, type Cell } from './cells.js';
import { FailingCalls } from './failing-calls.js';
import type { SavedState } from './frontier.js';
import type { Fingerprint } from './hash.js';
import type { Move } from './moves.js';
import { RunImage } from './run-image.js';
import { Scan, Scanner } from './scan.js';
import { isUndamaged, Screen, UNDAMAGED, type Damage } from './screen.js';

/** Plays single steps from one state, and says of each what is wrong after it that was not before. */

/** Something that an invariant says after a step and did not say before it. */
export interface Fresh {
  readonly invariant: string;
  /** See {@link sortOf}. */
  readonly sort: string;
}

/** What came of running a step. */
interface Played {
  readonly ret: StepReturn;
  readonly mishaps: readonly Mishap[];
  readonly allocations: number;
  /** What other processors could see of it, where somebody asks. */
  readonly sights: Sights | undefined;
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

/** What asks about steps before the one at work: which tables went back that an IOMMU may walk. */
const FOLLOWS_IOMMU: ExpectationName = 'flush-before-reuse';

const NO_CRASH = INVARIANTS.filter(({ name }) => name === 'no-crash');
const NOTHING: readonly Fresh[] = [];
const NO_MISHAPS: readonly Mishap[] = [];
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
  /** What is asked of {@link watch}, which is there if something is. */
  private readonly watching: readonly NonNullable<Check['sees']>[];
  private readonly watch: TranslationWatch | undefined;
  private readonly usedAltmaps: Uint8Array;
  /** The state that steps begin from. */
  private readonly image: RunImage;
  /** A saved state that several states are reached from, and what the caller keeps of it. */
  private readonly origin: RunImage;
  private originPlaces: Places;
  private readonly failing = new FailingCalls();
  /** Fingerprint of the state at the start. */
  private readonly boot: Fingerprint;
  /** What the caller keeps of the state that steps begin from. */
  places: Places;
  private damage: Damage = UNDAMAGED;
  private isAtStart = true;

  constructor(readonly alphabet: Alphabet) {
    const { scenario, ranges } = alphabet;
    this.run = startRun({ ...scenario, machine: { ...scenario.machine, failAllocations: this.failing } });
    const { kernel } = this.run;
    this.watching = alphabet.checks.flatMap(({ sees }) => sees ?? []);
    if (alphabet.checks.some(({ name }) => name === FOLLOWS_IOMMU)) this.run.iommuTables = new Set();
    this.altmaps = [...this.run.altmaps.values()];
    this.image = new RunImage(this.run, this.altmaps);
    this.origin = new RunImage(this.run, this.altmaps);
    this.cells = cellsOf(kernel, [...ranges, ...bootSections(kernel)]);
    this.scanner = new Scanner(this.run, this.cells, ranges.slice(0, alphabet.blocks));
    this.screen = new Screen(kernel, this.altmaps, this.cells);
    const isScreened = ({ name, sees }: Check): boolean =>
      sees !== undefined || INVARIANTS.some((invariant) => invariant.name === name);
    this.isScreened = kernel.platform.table !== undefined && alphabet.checks.every(isScreened);
    this.watch = this.watching.length > 0 ? watchTranslations(kernel, this.run.iommuTables) : undefined;
    this.usedAltmaps = new Uint8Array(this.altmaps.length);
    this.before = new Scan(this.cells);
    this.after = new Scan(this.cells);
    this.places = firstPlaces(alphabet, kernel);
    this.originPlaces = this.places;
    this.stay();
    this.boot = { hi: this.before.hi, lo: this.before.lo };
  }

  /** Saves the state after the last step. */
  save(): SavedKernel {
    return saveRun(this.run);
  }

  /** Saves the state that steps begin from. The kernel is in it then. */
  saveStart(): SavedKernel {
    this.goBack();
    this.isAtStart = true;
    return this.save();
  }

  /**
   * Goes to a state, for steps from there.
   * @param move leads there from the state that is saved, if that is another; it does not stop the kernel
   * @param isOrigin {@link enterSibling} comes next
   */
  enter({ saved, places }: SavedState, move?: Move, isOrigin = false): void {
    restoreRun(this.run, saved);
    if (isOrigin) {
      this.origin.capture();
      this.originPlaces = places;
    }
    this.goOnBehind(move, places);
  }

  /** The same from the saved state that was the last origin, which is there in less time than from its words. */
  enterSibling(move?: Move): void {
    this.origin.load();
    this.goOnBehind(move, this.originPlaces);
  }

  /** Takes the state after the last step as the one that the next steps begin from. */
  goOn(places: Places): void {
    this.places = places;
    this.stay();
  }

  /** Plays one step from the state that was entered. The kernel is in the state behind it then. */
  play(move: Move): Outcome {
    const { run, screen } = this;
    this.goBack();
    const { fills } = run.kernel.ram;
    const { ret, mishaps, allocations, sights } = this.runMove(move);
    if (fills === run.kernel.ram.fills && this.isUsedAgain(move, ret, mishaps)) {
      this.after.hi = this.before.hi;
      this.after.lo = this.before.lo;
      this.isAtStart = true;
      if (this.sawNothing(sights)) return { stopped: false, fresh: NOTHING, places: this.places, allocations };
    }
    const places = placesBehind(this.alphabet, run, move.action, this.places);
    this.scanner.scan(places, this.after, this.before);
    const isFine =
      this.isScreened &&
      mishaps.length === 0 &&
      this.sawNothing(sights) &&
      !screen.isSuspicious(this.before, this.after, ret, this.memmapOf(move.action.pages)) &&
      this.hasOldDamage(places);
    const fresh = isFine ? NOTHING : this.examine(move, places, this.isScreened && isUndamaged(this.damage));
    return { stopped: run.stopped !== undefined, fresh, places, allocations };
  }

  /**
   * Plays the step again and asks every invariant. Slow, and the truth: what the screen says is measured by it.
   * @param wasFine nothing was wrong before the step, which is asked too if that is not known
   * @returns what is wrong now and was not before
   */
  examine(move: Move, places: Places, wasFine = false): readonly Fresh[] {
    const { run } = this;
    const { kernel } = run;
    const { checks } = this.alphabet;
    this.goBack();
    const given = this.memmapOf(move.action.pages);
    const before = takeSnapshot(kernel, allAltmapsOf(run));
    const known = new Set<string>();
    const view = this.viewOf(move.action, before, before, this.places);
    const idle: StepView = { ...view, ret: null, given: undefined, mishaps: [], bystanders: NO_BYSTANDERS };
    // What is wrong before any step is told of the first one, as runChecked() does.
    const isBoot = this.before.hi === this.boot.hi && this.before.lo === this.boot.lo;
    if (!isBoot && !wasFine) {
      for (const { invariant, complaint } of complaintsOf(checks, idle)) known.add(keyOf(invariant, complaint));
    }
    const read = readMemmap(kernel, outside(before.active, given));

    const { ret, mishaps, sights } = this.runMove(move);
    const after = takeSnapshot(kernel, allAltmapsOf(run));
    const played: StepView = {
      ...this.viewOf(move.action, before, after, places),
      ret,
      given,
      mishaps,
      bystanders: bystandersOf(kernel, before, after, given, read),
      stoppedBy: run.stoppedBy,
      ...(sights !== undefined && { sights }),
    };
    // After a BUG() only no-crash is asked: the half-done state is not judged.
    const asked = run.stopped === undefined ? checks : NO_CRASH;
    return [...complaintsOf(asked, played)]
      .filter(({ invariant, complaint }) => !known.has(keyOf(invariant, complaint)))
      .map(({ invariant, complaint }) => ({ invariant, sort: sortOf(complaint) }));
  }

  /** The state that steps begin from as the scan saw it, as long as no step was played. */
  snapshot(): Snapshot {
    return this.scanner.snapshot(this.before);
  }

  private goOnBehind(move: Move | undefined, places: Places): void {
    if (move !== undefined) this.runMove(move);
    this.goOn(move === undefined ? places : placesBehind(this.alphabet, this.run, move.action, places));
  }

  private stay(): void {
    this.image.capture();
    this.scanner.scan(this.places, this.before);
    markAltmaps(this.places, this.usedAltmaps);
    this.damage = this.screen.damage(this.before, this.usedAltmaps, this.run);
    this.isAtStart = true;
  }

  private goBack(): void {
    if (!this.isAtStart) this.image.load();
    this.isAtStart = false;
  }

  /** Whether a step was to fill memmap and no more: where that changed no byte, the state is the one before. */
  private isUsedAgain({ action }: Move, ret: StepReturn, mishaps: readonly Mishap[]): boolean {
    return action.op === 'use' && ret === null && mishaps.length === 0 && this.isScreened;
  }

  private sawNothing(sights: Sights | undefined): boolean {
    return sights === undefined || this.watching.every((sees) => sees(sights).length === 0);
  }

  private runMove(move: Move): Played {
    const { action } = move;
    const { kernel } = this.run;
    const { allocator, log } = kernel;
    const { calls } = allocator;
    this.failing.begin(move, calls);
    this.watch?.begin(keptThrough(action.step, activeMemmap(kernel), this.memmapOf(action.pages)));
    const ret = runStep(this.run, action.step);
    const sights = this.watch?.end();
    this.failing.end(allocator.calls);
    const said = log.take();
    return {
      ret,
      mishaps: said.length === 0 ? NO_MISHAPS : said.filter(isMishap),
      allocations: allocator.calls - calls,
      sights,
    };
  }

  private hasOldDamage(places: Places): boolean {
    markAltmaps(places, this.usedAltmaps);
    const damage = this.screen.damage(this.after, this.usedAltmaps, this.run);
    return isUndamaged(damage) || (damage.hi === this.damage.hi && damage.lo === this.damage.lo);
  }

  /** A step as the invariants see it, before it is known what came of it. */
  private viewOf({ step }: Action, before: Snapshot, after: Snapshot, places: Places): StepView {
    const altmapsInUse = altmapsOf(this.alphabet, places);
    for (const { name } of blockAltmaps(this.run)) altmapsInUse.add(name);
    // Altmaps of ranges that overlap have pages in common: those that nobody uses have no books to check.
    const hasBooks = ({ name, alloc }: Readonly<VmemAltmap>): boolean =>
      alloc !== 0 || altmapsInUse.has(name) || ('altmap' in step && step.altmap === name);
    return {
      step,
      kernel: this.run.kernel,
      memory: this.run.memory,
      ret: null,
      given: undefined,
      before,
      after: { ...after, altmaps: after.altmaps.filter(hasBooks) },
      bystanders: NO_BYSTANDERS,
      mishaps: [],
      altmapsInUse,
      stoppedBy: undefined,
    };
  }

  private memmapOf({ pfn, nrPages }: Range): AddressRange {
    const { kernel } = this.run;
    return { start: pfnToPage(kernel, pfn), end: pfnToPage(kernel, pfn + nrPages) };
  }
}

/** What is there after an action. Of an add that fails the sections before the one that failed stay. */
export function placesBehind(alphabet: Alphabet, run: Run, action: Action, places: Places): Places {
  if (action.op === 'use') return places;
  const next = places.slice();
  if (action.op === 'add') {
    for (const r of action.ranges)
      next[r] = isActive(run.kernel, alphabet.ranges[r]!) ? placeOf(action.altmap) : ABSENT;
  } else if (action.op !== 'besides') {
    next[action.range] = ABSENT;
  }
  readBlocks(alphabet, run.memory, next);
  return next;
}

/** Memory that is there since boot, section by section. */
const bootSections = ({ sections, pagesPerSection }: Kernel): Range[] =>
  sections.active().map((sectionNr) => ({ pfn: sectionNr * pagesPerSection, nrPages: pagesPerSection }));

function* complaintsOf(
  invariants: readonly Check[],
  view: StepView,
): Generator<{ invariant: string; complaint: Complaint }> {
  for (const invariant of invariants) {
    for (const complaint of invariant.check(view)) yield { invariant: invariant.name, complaint };
  }
}

/** What a complaint is about, whichever frames of system memory a state happens to use. */
function keyOf(invariant: string, { frames = [], ...facts }: Complaint): string {
  const isFrame = (value: unknown): boolean => typeof value === 'number' && frames.includes(value);
  return `${invariant} ${JSON.stringify(facts, (_field, value: unknown) => (isFrame(value) ? 'frame' : value))}`;
}
