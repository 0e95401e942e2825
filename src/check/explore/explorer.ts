// SPDX-License-Identifier: GPL-2.0-only

import { pfnToPage } from '../../kernel/kernel.js';
import { LOG_LINE } from '../../kernel/log.js';
import type { SavedKernel } from '../../kernel/saved-kernel.js';
import type { VmemAltmap } from '../../mm/vmem-altmap.js';
import { blockAltmaps, runStep, startRun, type Run } from '../../scenario/runner.js';
import { restoreRun, saveRun } from '../../scenario/saved-run.js';
import { AddressText, type AddressRange } from '../../scenario/state.js';
import { bystandersOf } from '../checked-run.js';
import { INVARIANTS, type StepView } from '../invariants.js';
import { outside, readMemmap, type Snapshot } from '../snapshot.js';
import {
  ABSENT,
  altmapsOf,
  createAlphabet,
  firstPlaces,
  isActive,
  isPossible,
  mayRunOut,
  placeOf,
  readBlocks,
  type Action,
  type Alphabet,
  type AlphabetOptions,
  type Places,
  type Range,
} from './alphabet.js';
import { FingerprintSet, FingerprintTaker } from './fingerprint.js';
import { ViolationBook, type Move, type Violation } from './violations.js';

/**
 * Every sequence of adds, removes, uses, of blocks set online and offline, up to a depth, breadth first, on canonical states: all invariants after every
 * step, and for each kind of violation the shortest sequence that shows it.
 */

export interface ExploreOptions extends AlphabetOptions {
  /** Steps of the longest sequence. */
  depth: number;
  /** One allocation of an add fails, in turn. */
  fail: boolean;
  /** Ends when so many states were visited. */
  maxStates?: number;
  /** Seeds random walks beyond the depth, {@link WALK_LENGTH} times as long; they never end by themselves. */
  seed?: number;
}

/** How far an exploration is. */
export interface Exploration {
  readonly alphabet: Alphabet;
  /** Different states that were met. */
  states: number;
  /** Steps that were run. */
  steps: number;
  /** Steps of the sequences that are being tried. */
  depth: number;
  /** States whose successors are not known yet. */
  frontier: number;
  /** Every state up to the depth was visited. */
  complete: boolean;
  /** Random walks that were made. */
  walks: number;
  /** Bytes that the fingerprints, and the ways to the states, take. */
  visitedBytes: number;
  /** Bytes of the saved states that wait for their turn. */
  frontierBytes: number;
  readonly violations: readonly Violation[];
}

/** A state to go on from. */
interface Node {
  readonly saved: SavedKernel;
  readonly places: Places;
  /** Number of the state. */
  readonly id: number;
  /** What was wrong already, as invariants say it. */
  readonly known: ReadonlySet<string>;
}

/** States between two looks at the clock or the keyboard. */
const BATCH = 64;
/** Allocations of an add that fail in turn: the first and the last of them, and others evenly between. */
const FAILING_ALLOCATIONS = 12;
/** A random walk is so many times as long as the depth. */
const WALK_LENGTH = 4;
const NO_CRASH = INVARIANTS.filter(({ name }) => name === 'no-crash');
const NOTHING_KNOWN: ReadonlySet<string> = new Set();
const NO_PARENT = -1;

/** The outcome of one step. */
interface Outcome {
  readonly stopped: boolean;
  /** What is wrong now. */
  readonly known: ReadonlySet<string>;
  /** What is wrong now and was not before. */
  readonly fresh: readonly { invariant: string; text: string }[];
  readonly places: Places;
  readonly after: Snapshot;
  readonly isNew: boolean;
  /** Calls of the page allocator that the step made. */
  readonly allocations: number;
}

/** Plays single steps on one machine that goes from saved state to saved state. */
export class Stepper {
  readonly run: Run;
  readonly altmaps: readonly VmemAltmap[];
  private readonly failing: Set<number>;
  private readonly taker: FingerprintTaker;
  private readonly text: AddressText;

  constructor(readonly alphabet: Alphabet) {
    const { scenario } = alphabet;
    // Calls are counted from 1: none fails until a number is put in.
    this.failing = new Set([0]);
    this.run = startRun({ ...scenario, machine: { ...scenario.machine, failAllocations: this.failing } });
    this.altmaps = [...this.run.altmaps.values()];
    this.taker = new FingerprintTaker(this.run, alphabet.ranges.slice(0, alphabet.blocks));
    this.text = new AddressText(scenario.machine.config.vmemmapBase);
  }

  save(): SavedKernel {
    return saveRun(this.run);
  }

  restore(saved: SavedKernel): void {
    restoreRun(this.run, saved);
  }

  /** Fingerprint and snapshot of the machine as it is. */
  picture(places: Places): ReturnType<FingerprintTaker['take']> {
    return this.taker.take(places);
  }

  /**
   * Plays one step.
   * @param before the machine before it
   * @param failing which allocation of the step fails, counted from 1; 0 for none
   */
  step(
    { action, failing }: Move,
    before: Snapshot,
    places: Places,
    known: ReadonlySet<string>,
    visited: FingerprintSet,
  ): Outcome {
    const { run } = this;
    const { kernel } = run;
    const { step } = action;
    const given = this.memmapOf(action.pages);
    const read = readMemmap(kernel, outside(before.active, given));
    const calls = kernel.allocator.calls;
    if (failing > 0) this.failing.add(calls + failing);
    const ret = runStep(run, step);
    if (failing > 0) this.failing.delete(calls + failing);
    const allocations = kernel.allocator.calls - calls;
    const complaints = kernel.log.take().filter((line) => !line.startsWith(LOG_LINE));
    const next = this.placesAfter(action, places);
    const picture = this.taker.take(next);
    const after = picture.snapshot;
    const altmapsInUse = altmapsOf(this.alphabet, next);
    for (const { name } of blockAltmaps(run)) altmapsInUse.add(name);
    // Altmaps of ranges that overlap have pages in common: those that nobody uses have no books to check.
    const hasBooks = ({ name, alloc }: VmemAltmap): boolean =>
      alloc !== 0 || altmapsInUse.has(name) || ('altmap' in step && step.altmap === name);
    const view: StepView = {
      step,
      kernel,
      memory: run.memory,
      text: this.text,
      ret,
      given,
      before,
      after: { ...after, altmaps: after.altmaps.filter(hasBooks) },
      bystanders: bystandersOf(kernel, before, after, given, read),
      complaints,
      altmapsInUse,
      stopped: run.stopped,
    };
    const fresh: { invariant: string; text: string }[] = [];
    let now: Set<string> | undefined;
    const stopped = ret === 'BUG';
    // What a kernel leaves behind that stopped on the way is no violation besides.
    for (const invariant of stopped ? NO_CRASH : this.alphabet.checks) {
      for (const { text } of invariant.check(view)) {
        const key = `${invariant.name} ${text}`;
        (now ??= new Set()).add(key);
        if (!known.has(key)) fresh.push({ invariant: invariant.name, text });
      }
    }
    const isNew = !stopped && visited.add(picture);
    return { stopped, known: now ?? NOTHING_KNOWN, fresh, places: next, after, isNew, allocations };
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
      readBlocks(this.alphabet, this.run.memory, next);
      return next;
    }
    const { ranges } = this.alphabet;
    for (const r of action.ranges) next[r] = isActive(this.run.kernel, ranges[r]!) ? placeOf(action.altmap) : ABSENT;
    readBlocks(this.alphabet, this.run.memory, next);
    return next;
  }
}

/** How each state was first reached: its parent, and the move from there. */
class Ways {
  length = 0;
  private parents = new Int32Array(1024);
  private moves = new Int32Array(1024);

  push(parent: number, move: number): number {
    if (this.length === this.parents.length) {
      this.parents = doubled(this.parents);
      this.moves = doubled(this.moves);
    }
    this.parents[this.length] = parent;
    this.moves[this.length] = move;
    return this.length++;
  }

  /** Moves from the first state to this one. */
  to(id: number): number[] {
    const moves: number[] = [];
    for (let at = id; this.parents[at] !== NO_PARENT; at = this.parents[at]!) moves.push(this.moves[at]!);
    return moves.reverse();
  }

  get bytes(): number {
    return this.parents.byteLength + this.moves.byteLength;
  }
}

function doubled(old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(old.length * 2);
  wider.set(old);
  return wider;
}

/** Which allocations of an add fail, of so many that it makes. */
function failures(allocations: number): number[] {
  if (allocations <= FAILING_ALLOCATIONS) return Array.from({ length: allocations }, (_, i) => i + 1);
  const apart = (allocations - 1) / (FAILING_ALLOCATIONS - 1);
  return Array.from({ length: FAILING_ALLOCATIONS }, (_, i) => 1 + Math.round(i * apart));
}

/** Actions of one alphabet are fewer: a move in one number is `failing * ACTIONS + action`. */
const ACTIONS = 2 ** 12;

/**
 * Explores. Goes on where it stopped each time it is asked, so that a caller may look at the clock or give up.
 * @throws ScenarioError when there is no such machine
 */
export function* explore(options: ExploreOptions): Generator<Exploration, Exploration> {
  const alphabet = createAlphabet(options);
  const stepper = new Stepper(alphabet);
  const book = new ViolationBook(alphabet);
  const visited = new FingerprintSet();
  const ways = new Ways();
  const state: Exploration = {
    alphabet,
    states: 1,
    steps: 0,
    depth: 0,
    frontier: 1,
    complete: false,
    walks: 0,
    get visitedBytes() {
      return visited.bytes + ways.bytes;
    },
    frontierBytes: 0,
    violations: book.violations,
  };
  const toMove = (move: number): Move => ({
    action: alphabet.actions[move % ACTIONS]!,
    failing: Math.floor(move / ACTIONS),
  });
  const places = firstPlaces(alphabet, stepper.run.kernel);
  visited.add(stepper.picture(places));
  const root: Node = { saved: stepper.save(), places, id: ways.push(NO_PARENT, 0), known: NOTHING_KNOWN };

  let frontier: Node[] = [root];
  for (let depth = 1; depth <= options.depth && frontier.length > 0; depth++) {
    state.depth = depth;
    const next: Node[] = [];
    let nextBytes = 0;
    for (const [i, node] of frontier.entries()) {
      state.frontier = frontier.length - i + next.length;
      if (i % BATCH === BATCH - 1) yield state;
      stepper.restore(node.saved);
      const before = stepper.picture(node.places).snapshot;
      let isFresh = true;
      const play = (move: number): Outcome => {
        if (!isFresh) stepper.restore(node.saved);
        isFresh = false;
        state.steps++;
        const outcome = stepper.step(toMove(move), before, node.places, node.known, visited);
        for (const fresh of outcome.fresh) book.note(fresh, () => [...ways.to(node.id), move].map(toMove));
        if (outcome.isNew) {
          const id = ways.push(node.id, move);
          state.states++;
          if (depth < options.depth) {
            const saved = stepper.save();
            nextBytes += saved.state.byteLength;
            next.push({ saved, places: outcome.places, id, known: outcome.known });
          }
        }
        return outcome;
      };
      for (const [a, action] of alphabet.actions.entries()) {
        if (!isPossible(alphabet, node.places, action)) continue;
        const { allocations } = play(a);
        if (!options.fail || !mayRunOut(action)) continue;
        for (const failing of failures(allocations)) play(failing * ACTIONS + a);
      }
      if (options.maxStates !== undefined && state.states >= options.maxStates) return state;
    }
    frontier = next;
    state.frontierBytes = Math.max(state.frontierBytes, nextBytes);
  }
  state.frontier = frontier.length;
  state.complete = true;
  if (options.seed !== undefined) yield* walk(stepper, book, root, state, options, options.seed);
  return state;
}

/** Explores to the end. */
export function exploreAll(options: ExploreOptions): Exploration {
  for (const exploration = explore(options); ;) {
    const { done, value } = exploration.next();
    if (done === true) return value;
  }
}

/** Random sequences, longer than the depth, until the caller has enough. */
function* walk(
  stepper: Stepper,
  book: ViolationBook,
  root: Node,
  state: Exploration,
  options: ExploreOptions,
  seed: number,
): Generator<Exploration, never> {
  const { alphabet } = stepper;
  const random = randomOf(seed);
  for (;;) {
    const visited = new FingerprintSet();
    const moves: Move[] = [];
    stepper.restore(root.saved);
    let { places, known } = root;
    let before = stepper.picture(places).snapshot;
    for (let length = options.depth * WALK_LENGTH; length > 0; length--) {
      const possible = alphabet.actions.filter((action) => isPossible(alphabet, places, action));
      const action = possible[Math.floor(random() * possible.length)]!;
      const failing = options.fail && mayRunOut(action) ? Math.floor(random() * FAILING_ALLOCATIONS) : 0;
      const move = { action, failing };
      moves.push(move);
      state.steps++;
      const outcome = stepper.step(move, before, places, known, visited);
      for (const fresh of outcome.fresh) book.note(fresh, () => [...moves]);
      if (outcome.stopped) break;
      before = outcome.after;
      ({ places, known } = outcome);
    }
    state.walks++;
    yield state;
  }
}

/** Numbers from 0 to below 1 that a seed decides: mulberry32 (Tommy Ettinger, public domain). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
