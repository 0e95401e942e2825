// SPDX-License-Identifier: GPL-2.0-only

import type { SavedKernel } from '../kernel/saved-kernel.js';
import type { Places } from './alphabet.js';

/** States whose successors are not known yet, saved one behind the other in chunks of shared memory. */

/** Words of a chunk, unless a state needs more. */
const CHUNK_WORDS = 2 ** 20;

/** Where a state of a frontier is saved. */
export interface FrontierNode {
  /** Number of the state. */
  readonly id: number;
  readonly chunk: number;
  /** Word of the chunk. */
  readonly at: number;
}

/** What is saved of a state. */
export interface SavedState {
  readonly saved: SavedKernel;
  readonly places: Places;
}

/** Nodes, three words each: see {@link FrontierNode}. */
export const NODE_WORDS = 3;

export function nodeAt(nodes: Int32Array, i: number): FrontierNode {
  const at = i * NODE_WORDS;
  return { id: nodes[at]!, chunk: nodes[at + 1]!, at: nodes[at + 2]! };
}

/** Saves states. */
export class FrontierWriter {
  readonly chunks: SharedArrayBuffer[] = [];
  /** Nodes in the order in which they came, {@link NODE_WORDS} each; chunks are numbered as in {@link chunks}. */
  readonly nodes: number[] = [];
  /** Bytes of states that were saved. */
  bytes = 0;
  private chunk = new Int32Array(new SharedArrayBuffer(0));
  private end = 0;

  push(id: number, { saved, places }: SavedState): void {
    const { state, onceGiven } = saved;
    const texts = onceGiven.length === 0 ? '' : JSON.stringify(onceGiven);
    const words = 3 + state.length + places.length + texts.length;
    if (this.end + words > this.chunk.length) this.startChunk(words);
    this.nodes.push(id, this.chunks.length - 1, this.end);
    const { chunk } = this;
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

  private startChunk(words: number): void {
    const buffer = new SharedArrayBuffer(Math.max(CHUNK_WORDS, words) * 4);
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
