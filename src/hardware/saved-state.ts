// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from './word-halves.js';

/**
 * The state of a machine as 32-bit words, one after the other: what each part writes when it is saved it reads back, in
 * the same order, when it is restored.
 */
export type SavedState = Int32Array<ArrayBuffer>;

const FIRST_CAPACITY = 4096;

/** Collects the words of a state. One writer serves many states. */
export class StateWriter {
  length = 0;
  private words = new Int32Array(FIRST_CAPACITY);

  /**
   * One word.
   * @param word a number of 32 bits, signed or not
   */
  word(word: number): void {
    if (this.length === this.words.length) this.grow(this.length + 1);
    this.words[this.length++] = word;
  }

  /** A whole number from -2^31 * 2^32 to below 2^53: an address, a frame number, a count. */
  wide(value: number): void {
    this.word(value);
    this.word(highHalf(value));
  }

  /** Words as they are, [from, to). */
  copy(source: Uint32Array | Int32Array, from: number, to: number): void {
    this.grow(this.length + to - from);
    for (let i = from; i < to; i++) this.words[this.length++] = source[i]!;
  }

  /** A text: its length and its UTF-16 units, a word each. */
  text(text: string): void {
    this.word(text.length);
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
  }

  /** Changes a word that was written: a count that is known afterwards. */
  set(at: number, word: number): void {
    this.words[at] = word;
  }

  /** The state so far; the writer is empty again. */
  take(): SavedState {
    const state = this.words.slice(0, this.length);
    this.length = 0;
    return state;
  }

  /** Hands the words so far to a reader, with how many there are; the writer is empty again. */
  drain(reader: { words(words: Int32Array, length: number): void }): void {
    reader.words(this.words, this.length);
    this.length = 0;
  }

  private grow(capacity: number): void {
    if (capacity <= this.words.length) return;
    const wider = new Int32Array(Math.max(capacity, this.words.length * 2));
    wider.set(this.words);
    this.words = wider;
  }
}

/** Reads the words of a state in the order in which they were written. */
export class StateReader {
  private at = 0;

  constructor(private readonly state: SavedState) {}

  /** What {@link StateWriter.word} wrote, signed. */
  word(): number {
    return this.state[this.at++]!;
  }

  /** What {@link StateWriter.wide} wrote. */
  wide(): number {
    const low = this.word() >>> 0;
    return joinHalves(this.word(), low);
  }

  /** What {@link StateWriter.text} wrote. */
  text(): string {
    const length = this.word();
    this.at += length;
    return String.fromCharCode(...this.state.subarray(this.at - length, this.at));
  }

  /** Copies words to [from, to) of an array. */
  copy(target: Uint32Array | Int32Array, from: number, to: number): void {
    for (let i = from; i < to; i++) target[i] = this.state[this.at++]!;
  }
}
