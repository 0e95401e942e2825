// SPDX-License-Identifier: GPL-2.0-only

import { isPossible, type Alphabet } from './alphabet.js';
import { FrontierWriter, type FrontierNode, nodeAt, NODE_WORDS, NO_MOVE, readState } from './frontier.js';
import { MoveNumbers } from './moves.js';
import type { Stepper } from './stepper.js';
import { KNOWN, VisitedStates, type VisitedBuffers } from './visited.js';

/** Finds the successors of the states of one level: what each thread of an exploration does. */

/** Words of {@link LevelJob.control}. */
export const CONTROL = {
  /** The next node that nobody has taken. */
  next: 0,
  /** Why everybody is to stop, {@link STOP}. */
  stop: 1,
  /** Steps that were run in this level. */
  steps: 2,
  /** KiB of states that were saved for the next level. */
  savedKiB: 3,
} as const;
export const CONTROL_WORDS = 4;

/** Why threads stop; after a pause and when there is more room they go on. */
export const STOP = { no: 0, asked: 1, grow: 2, states: 3, memory: 4, pause: 5 } as const;

/** What there is to do, for several threads at once. */
export interface LevelJob {
  readonly control: SharedArrayBuffer;
  readonly visited: VisitedBuffers;
  /** Nodes of the level by rank, {@link NODE_WORDS} each, and the chunks in which states are saved that lead to them. */
  readonly nodes: SharedArrayBuffer;
  readonly chunks: readonly SharedArrayBuffer[];
  /** Threads that work on it: each may add the successors of one node after it saw that there is room. */
  readonly threads: number;
  /** Last level: successors are checked and not saved. */
  readonly isLast: boolean;
  /** Allocations of an add fail, see {@link MoveNumbers.forEach}. */
  readonly fail: boolean;
  readonly maxStates: number;
  /** Bytes that visited and saved states may take. */
  readonly maxMemory: number;
  /** Bytes of them that are taken already. */
  readonly usedMemory: number;
}

/** Something wrong, found in a step: the state before it, and the move. */
export interface Look {
  readonly invariant: string;
  /** The sort of its complaint, {@link sortOf}. */
  readonly sort: string;
  /** Number of the state. */
  readonly from: number;
  readonly move: number;
}

/** What a thread did of a level. */
export interface LevelPart {
  /** New states, as {@link FrontierWriter.nodes}. */
  readonly nodes: readonly number[];
  readonly chunks: readonly SharedArrayBuffer[];
  readonly looks: readonly Look[];
}

/** No node has its state there. */
const NOWHERE: FrontierNode = { id: -1, chunk: -1, at: -1, move: NO_MOVE };
/** States between two pauses. */
const BATCH = 64;
/** Of findings of one sort so many are looked at: they may be the fault of others. */
export const LOOKS = 8;
export const BYTES_PER_KIB = 1024;

/** Expands nodes that no other thread has taken until there are none left, or it is time to stop. Pauses now and then. */
export function* expand(alphabet: Alphabet, stepper: Stepper, job: LevelJob): Generator<void, LevelPart, void> {
  const control = new Int32Array(job.control);
  const nodes = new Int32Array(job.nodes);
  const chunks = job.chunks.map((chunk) => new Int32Array(chunk));
  const visited = new VisitedStates(job.visited);
  const writer = new FrontierWriter();
  const looks = new LookList();
  const moves = new MoveNumbers(alphabet, job.fail);
  const count = nodes.length / NODE_WORDS;
  /** Successors that are new, and the moves to them, in turn. */
  const fresh: number[] = [];
  let kib = 0;
  /** The node whose saved state the stepper has at hand. */
  let origin = NOWHERE;
  for (let done = 1; Atomics.load(control, CONTROL.stop) === STOP.no; done++) {
    if (visited.room < moves.most * job.threads) {
      Atomics.compareExchange(control, CONTROL.stop, STOP.no, STOP.grow);
      break;
    }
    const index = Atomics.add(control, CONTROL.next, 1);
    if (index >= count) break;
    const { id, chunk, at, move: last } = nodeAt(nodes, index);
    const way = last === NO_MOVE ? undefined : moves.toMove(last);
    if (chunk === origin.chunk && at === origin.at) stepper.enterSibling(way);
    else {
      // Nodes that were reached from one state follow each other.
      const next = index + 1 < count ? nodeAt(nodes, index + 1) : NOWHERE;
      const isOrigin = chunk === next.chunk && at === next.at;
      stepper.enter(readState(chunks[chunk]!, at), way, isOrigin);
      origin = isOrigin ? next : NOWHERE;
    }
    const { places } = stepper;
    let steps = 0;
    fresh.length = 0;
    const play = (move: number): number => {
      steps++;
      const outcome = stepper.play(moves.toMove(move));
      for (const { invariant, sort } of outcome.fresh) looks.add(invariant, sort, id, move);
      if (outcome.stopped) return outcome.allocations;
      const { hi, lo } = stepper.after;
      const successor = visited.add(hi, lo, id, move);
      if (successor !== KNOWN && !job.isLast) fresh.push(successor, move);
      return outcome.allocations;
    };
    for (let a = 0; a < alphabet.actions.length; a++) {
      if (isPossible(alphabet, places, alphabet.actions[a]!)) moves.forEach(a, play);
    }
    Atomics.add(control, CONTROL.steps, steps);
    if (fresh.length > 0) writer.save({ saved: stepper.saveStart(), places });
    for (let n = 0; n < fresh.length; n += 2) writer.push(fresh[n]!, fresh[n + 1]!);
    const now = Math.ceil(writer.bytes / BYTES_PER_KIB);
    const all = Atomics.add(control, CONTROL.savedKiB, now - kib) + now - kib;
    kib = now;
    if (visited.size >= job.maxStates) Atomics.compareExchange(control, CONTROL.stop, STOP.no, STOP.states);
    if (job.usedMemory + all * BYTES_PER_KIB > job.maxMemory) {
      Atomics.compareExchange(control, CONTROL.stop, STOP.no, STOP.memory);
    }
    if (done % BATCH === 0) yield;
  }
  return { nodes: writer.nodes, chunks: writer.chunks, looks: looks.all };
}

/** Threads of one exploration at most. */
export const MAX_THREADS = 64;

/** The first looks of each kind. Nodes are taken by rank, so a thread's first ones have the lowest. */
class LookList {
  readonly all: Look[] = [];
  private readonly counts = new Map<string, number>();

  add(invariant: string, sort: string, from: number, move: number): void {
    const kind = `${invariant} ${sort}`;
    const count = this.counts.get(kind) ?? 0;
    if (count === LOOKS) return;
    this.counts.set(kind, count + 1);
    this.all.push({ invariant, sort, from, move });
  }
}
