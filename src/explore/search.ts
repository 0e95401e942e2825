// SPDX-License-Identifier: GPL-2.0-only

import { createAlphabet, firstPlaces, type Alphabet, type AlphabetOptions } from './alphabet.js';
import { BYTES_PER_KIB, CONTROL, CONTROL_WORDS, expand, LOOKS, STOP, type LevelJob, type LevelPart } from './expand.js';
import { FrontierWriter, nodeAt, NODE_WORDS, NO_MOVE } from './frontier.js';
import { Stepper } from './stepper.js';
import { NO_PARENT, VisitedStates } from './visited.js';
import { toTheEnd } from '../scenario/turns.js';

/**
 * The levels of an exploration, one after the other: all states that n moves reach, each by the shortest way that comes
 * first. What is found does not depend on how many threads look for it, nor on which of them is faster.
 */

/** What is searched: a world, how deep, and which checks. */
export interface ExploreOptions extends AlphabetOptions {
  /** Steps of the longest sequence. */
  depth: number;
  /** Allocations of an add fail, each in turn, alone and with all behind it. */
  fail: boolean;
  /** Goes on with one part of many, as soon as there is enough to share out. */
  shard?: Shard | undefined;
}

/** What ends an exploration before its depth. */
export interface Limits {
  /** States that are visited. */
  readonly maxStates?: number | undefined;
  /** Bytes that visited and waiting states take. */
  readonly maxMemory?: number | undefined;
}

/** One of several machines that explore together, each for itself. */
export interface Shard {
  /** From 1 to {@link count}. */
  readonly index: number;
  readonly count: number;
}

/** Nodes for each shard that a level must have to be shared out. */
const NODES_PER_SHARD = 32;

/** Why an exploration ended before its depth. */
export type Ending = 'states' | 'memory' | 'asked';

/** A look by the moves that lead to it, as explorations of other machines know it. */
export interface Sighting {
  readonly invariant: string;
  readonly sort: string;
  /** Fingerprint of the state before the last move, bits 0-31 and 32-63. */
  readonly lo: number;
  readonly hi: number;
  /** Numbers of the moves. */
  readonly moves: readonly number[];
}

/** What a search has to go on with: all that {@link Search} keeps. */
export interface SearchState {
  visited: VisitedStates;
  /** Moves to the states that are looked for. */
  depth: number;
  steps: number;
  /** How many states there were when the level was done, level by level, from the state at the start. */
  levelEnds: number[];
  /** What was seen in the levels that are done. */
  sightings: Sighting[];
  isShared: boolean;
  /** The level that is being expanded, and from which node on. */
  nodes: Int32Array;
  chunks: readonly SharedArrayBuffer[];
  next: number;
  /** What was found of the level behind it. */
  parts: LevelPart[];
}

export class Search {
  readonly alphabet: Alphabet;
  readonly state: SearchState;
  /** Why it ended before its depth. */
  ended: Ending | undefined;
  /** Somebody wants it to end. */
  isAsked = false;
  private readonly control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
  /** Bytes of states saved for the next level, and of the level at work. */
  private savedBytes = 0;
  private frontierBytes = 0;

  /**
   * @param limits of this sitting
   * @param state of a search that ended before; a search begins anew without it
   * @param ended why it did, where it is not to go on
   */
  constructor(
    readonly options: ExploreOptions,
    private readonly limits: Limits = {},
    state?: SearchState,
    ended?: Ending,
  ) {
    this.ended = ended;
    this.alphabet = createAlphabet(options);
    this.state = state ?? startOf(this.alphabet);
    this.frontierBytes = this.state.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    this.control[CONTROL.next] = this.state.next;
  }

  /** Nodes of the current level that are not expanded yet. */
  get waiting(): number {
    return this.state.nodes.length / NODE_WORDS - this.next;
  }

  /** Index of the first node of the current level that is not expanded yet. */
  get next(): number {
    return Math.min(this.state.nodes.length / NODE_WORDS, Atomics.load(this.control, CONTROL.next));
  }

  /** What was seen so far, the earliest of each kind first. */
  get sightings(): Sighting[] {
    const { visited, parts, sightings } = this.state;
    return firstSightings([...sightings, ...sightingsOf(visited, parts)]);
  }

  /** States that so many moves reach and no fewer. */
  get statesByDepth(): number[] {
    const { levelEnds, visited } = this.state;
    const ends = visited.size > levelEnds[levelEnds.length - 1]! ? [...levelEnds, visited.size] : levelEnds;
    return ends.map((end, depth) => end - (ends[depth - 1] ?? 0));
  }

  /** Steps that were run, those of the level at work included. */
  get steps(): number {
    return this.state.steps + Atomics.load(this.control, CONTROL.steps);
  }

  /** Bytes that saved states take which wait for their turn. */
  get waitingBytes(): number {
    return this.frontierBytes + this.savedBytes;
  }

  /** Makes all threads stop that work on a job. */
  stop(): void {
    this.isAsked = true;
    this.control[CONTROL.stop] = STOP.asked;
  }

  /** Makes all threads hand over what they have found; they go on with the next {@link job}. */
  pause(): void {
    Atomics.compareExchange(this.control, CONTROL.stop, STOP.no, STOP.pause);
  }

  /** Every state up to the depth was visited. */
  private get isOver(): boolean {
    return this.state.nodes.length === 0 || this.state.depth > this.options.depth;
  }

  /**
   * What is to be done next; undefined when there is nothing.
   * @param threads that will work on it
   */
  job(threads = 1): LevelJob | undefined {
    const { state, options, limits } = this;
    if (this.ended !== undefined || this.isOver) return undefined;
    return {
      control: this.control.buffer,
      visited: state.visited.buffers,
      nodes: sharedCopy(state.nodes),
      chunks: state.chunks,
      threads,
      isLast: state.depth === options.depth,
      fail: options.fail,
      maxStates: limits.maxStates ?? Infinity,
      maxMemory: limits.maxMemory ?? Infinity,
      usedMemory: state.visited.bytes + this.waitingBytes,
    };
  }

  /** Takes what the threads found that worked on a job, all of them. */
  take(parts: readonly LevelPart[]): void {
    const { state, control } = this;
    state.parts.push(...parts);
    this.savedBytes += control[CONTROL.savedKiB]! * BYTES_PER_KIB;
    state.steps += control[CONTROL.steps]!;
    control[CONTROL.savedKiB] = 0;
    control[CONTROL.steps] = 0;
    state.next = this.next;
    const why = control[CONTROL.stop];
    control[CONTROL.stop] = STOP.no;
    if (why === STOP.grow) state.visited.grow();
    if (state.next === state.nodes.length / NODE_WORDS) this.endLevel();
    if (this.isOver) return;
    if (this.isAsked) this.ended = 'asked';
    else if (why === STOP.states) this.ended = 'states';
    else if (why === STOP.memory) this.ended = 'memory';
  }

  private endLevel(): void {
    const { state, options } = this;
    const { visited, parts } = state;
    state.sightings = this.sightings;
    if (visited.size > state.levelEnds[state.levelEnds.length - 1]!) state.levelEnds.push(visited.size);
    const chunks: SharedArrayBuffer[] = [];
    const nodes: number[] = [];
    for (const part of parts) {
      for (let n = 0; n < part.nodes.length; n += NODE_WORDS) {
        const { id, chunk, at, move } = nodeAt(part.nodes, n / NODE_WORDS);
        nodes.push(id, chunk + chunks.length, at, move);
      }
      chunks.push(...part.chunks);
    }
    const ranked = byRank(Int32Array.from(nodes), visited);
    const shared = share(ranked, options.shard, state.isShared);
    state.isShared ||= shared !== ranked;
    state.nodes = shared;
    state.chunks = chunks;
    state.parts = [];
    state.next = 0;
    state.depth++;
    this.control[CONTROL.next] = 0;
    this.frontierBytes = this.savedBytes;
    this.savedBytes = 0;
  }
}

/** The state at the start as the only one. */
function startOf(alphabet: Alphabet): SearchState {
  const stepper = new Stepper(alphabet);
  const visited = new VisitedStates();
  const places = firstPlaces(alphabet, stepper.run.kernel);
  const { hi, lo } = stepper.before;
  const id = visited.add(hi, lo, NO_PARENT, 0);
  visited.setRank(id, 0);
  const writer = new FrontierWriter();
  writer.save({ saved: stepper.save(), places });
  writer.push(id, NO_MOVE);
  return {
    visited,
    depth: 1,
    steps: 0,
    levelEnds: [1],
    sightings: [],
    isShared: false,
    nodes: Int32Array.from(writer.nodes),
    chunks: writer.chunks,
    next: 0,
    parts: [],
  };
}

/** Looks of a level by the moves that lead to them. */
function sightingsOf(visited: VisitedStates, parts: readonly LevelPart[]): Sighting[] {
  const looks = parts.flatMap((part) => part.looks);
  if (looks.length === 0) return [];
  const fingerprints = visited.fingerprints();
  return looks.map(({ invariant, sort, from, move }) => ({
    invariant,
    sort,
    lo: fingerprints[from * 2]!,
    hi: fingerprints[from * 2 + 1]!,
    moves: [...visited.wayTo(from), move],
  }));
}

/** Shorter sequences come first, and of those as long the one whose first move that differs has the lower number. */
export function compareMoves(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length;
  const differs = a.findIndex((move, i) => move !== b[i]);
  return differs < 0 ? 0 : a[differs]! - b[differs]!;
}

/** The first of each kind, {@link LOOKS} at most; of one move from one state that several found, the earliest. */
export function firstSightings(sightings: readonly Sighting[]): Sighting[] {
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  return [...sightings]
    .sort((a, b) => compareMoves(a.moves, b.moves))
    .filter(({ invariant, sort, lo, hi, moves }) => {
      const kind = `${invariant} ${sort}`;
      const key = `${hi} ${lo} ${moves[moves.length - 1]!} ${kind}`;
      const count = counts.get(kind) ?? 0;
      if (seen.has(key) || count === LOOKS) return false;
      seen.add(key);
      counts.set(kind, count + 1);
      return true;
    });
}

/** Nodes by the rank of the state that they were reached from, and of one state by move; they get ranks themselves. */
function byRank(nodes: Int32Array, visited: VisitedStates): Int32Array {
  const count = nodes.length / NODE_WORDS;
  const rankOf = (n: number): number => visited.rankOf(visited.parentOf(nodes[n * NODE_WORDS]!));
  const moveOf = (n: number): number => visited.moveOf(nodes[n * NODE_WORDS]!);
  const order = Array.from({ length: count }, (_, n) => n).sort(
    (a, b) => rankOf(a) - rankOf(b) || moveOf(a) - moveOf(b),
  );
  const ranked = new Int32Array(nodes.length);
  order.forEach((n, rank) => {
    ranked.set(nodes.subarray(n * NODE_WORDS, (n + 1) * NODE_WORDS), rank * NODE_WORDS);
    visited.setRank(nodes[n * NODE_WORDS]!, rank);
  });
  return ranked;
}

/** The nodes of one shard, as soon as there are enough for all; the same nodes until then, and from then on. */
function share(nodes: Int32Array, shard: Shard | undefined, isShared: boolean): Int32Array {
  const count = nodes.length / NODE_WORDS;
  if (shard === undefined || isShared || count < NODES_PER_SHARD * shard.count) return nodes;
  const own: number[] = [];
  for (let n = shard.index - 1; n < count; n += shard.count) {
    own.push(...nodes.subarray(n * NODE_WORDS, (n + 1) * NODE_WORDS));
  }
  return Int32Array.from(own);
}

function sharedCopy(words: Int32Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(words.byteLength);
  new Int32Array(buffer).set(words);
  return buffer;
}

/** Expands a job to its end, in this thread. */
export function expandAll(alphabet: Alphabet, stepper: Stepper, job: LevelJob): LevelPart {
  return toTheEnd(expand(alphabet, stepper, job));
}

/** Explores in this thread, to the end. */
export function searchAll(options: ExploreOptions, limits: Limits = {}): Search {
  const search = new Search(options, limits);
  const stepper = new Stepper(search.alphabet);
  for (let job = search.job(); job !== undefined; job = search.job()) {
    search.take([expandAll(search.alphabet, stepper, job)]);
  }
  return search;
}
