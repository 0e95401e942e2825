// SPDX-License-Identifier: GPL-2.0-only

import type { SavedKernel } from '../kernel/saved-kernel.js';
import type { Places } from './alphabet.js';

/**
 * States whose successors are not known yet. Of each the state that it was reached from is saved, and the move: to play one
 * step again takes less time than to save every state, most of which the last level of a search has. Saved states lie one
 * behind the other in chunks of shared memory.
 */

/** Words of the first chunk, of twice as many each one behind it up to the last, unless a state needs more. */
const FIRST_CHUNK_WORDS = 2 ** 14;
const CHUNK_WORDS = 2 ** 20;

/** How to get to a state of a frontier. */
export interface FrontierNode {
  /** Number of the state. */
  readonly id: number;
  /** Where the state is saved that it was reached from: the chunk, and the word of it. */
  readonly chunk: number;
  readonly at: number;
  /** The move from there, or {@link NO_MOVE}. */
  readonly move: number;
}

/** What is saved is the state itself. */
export const NO_MOVE = -1;

/** What is saved of a state. */
export interface SavedState {
  readonly saved: SavedKernel;
  readonly places: Places;
}

/** Nodes, four words each: see {@link FrontierNode}. */
export const NODE_WORDS = 4;

export function nodeAt(nodes: ArrayLike<number>, i: number): FrontierNode {
  const at = i * NODE_WORDS;
  return { id: nodes[at]!, chunk: nodes[at + 1]!, at: nodes[at + 2]!, move: nodes[at + 3]! };
}

/** Saves states, and notes what was reached from them. */
export class FrontierWriter {
  readonly chunks: SharedArrayBuffer[] = [];
  /** Nodes in the order in which they came, {@link NODE_WORDS} each; chunks are numbered as in {@link chunks}. */
  readonly nodes: number[] = [];
  /** Bytes of states that were saved, and of nodes. */
  bytes = 0;
  private chunk = new Int32Array(new SharedArrayBuffer(0));
  private end = 0;
  /** Where the state lies that was saved last. */
  private last = 0;

  /** A state that {@link push} is told of next was reached from this one, or is this one. */
  save({ saved, places }: SavedState): void {
    const { state, onceGiven } = saved;
    const texts = onceGiven.length === 0 ? '' : JSON.stringify(onceGiven);
    const words = 3 + state.length + places.length + texts.length;
    if (this.end + words > this.chunk.length) this.startChunk(words);
    const { chunk } = this;
    this.last = this.end;
    let at = this.end;
    chunk[at++] = state.length;
    chunk[at++] = places.length;
    chunk[at++] = texts.length;
    chunk.set(state, at);
    at += state.length;
    for (let p = 0; p < places.length; p++) chunk[at++] = places[p]!;
    for (let t = 0; t < texts.length; t++) chunk[at++] = texts.charCodeAt(t);
    this.end = at;
    this.bytes += words * 4;
  }

  /** Notes a state by the move to it from the one that was saved last, or as that one itself, {@link NO_MOVE}. */
  push(id: number, move: number): void {
    this.nodes.push(id, this.chunks.length - 1, this.last, move);
    this.bytes += NODE_WORDS * 4;
  }

  private startChunk(words: number): void {
    const usual = Math.min(CHUNK_WORDS, FIRST_CHUNK_WORDS * 2 ** this.chunks.length);
    const buffer = new SharedArrayBuffer(Math.max(usual, words) * 4);
    this.chunks.push(buffer);
    this.chunk = new Int32Array(buffer);
    this.end = 0;
  }
}

/** Reads a state that was saved. */
export function readState(chunk: Int32Array, from: number): SavedState {
  let at = from;
  const stateLength = chunk[at++]!;
  const placesLength = chunk[at++]!;
  const textsLength = chunk[at++]!;
  const state = Int32Array.from(chunk.subarray(at, (at += stateLength)));
  const places = Uint8Array.from(chunk.subarray(at, (at += placesLength)));
  const onceGiven =
    textsLength === 0
      ? []
      : (JSON.parse(String.fromCharCode(...chunk.subarray(at, at + textsLength))) as readonly string[]);
  return { saved: { state, onceGiven }, places };
}
