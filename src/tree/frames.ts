// SPDX-License-Identifier: GPL-2.0-only

import type { WordStore } from '../hardware/ram.js';
import { KernelBug } from '../kernel/log.js';
import type { WasmMemory } from './module.js';

const WASM_PAGE = 65536;
export const WORD_BYTES = 4;
/** Bytes at the end of the heap where sections are told, as emulator.h has it. */
export const TOLD_BYTES = 2 ** 14;
/** Bytes of frames that have room at first. */
export const FIRST_FRAME_BYTES = 2 ** 18;

/** Grows a memory. Its measure is a number in V8 of Node 20 and a BigInt in later ones, also for 64 bits. */
function grow(memory: WasmMemory, pages: number): void {
  try {
    memory.grow(pages);
  } catch (error) {
    if (!(error instanceof TypeError)) throw new KernelBug('the tree’s code has taken all the memory that it may have');
    (memory.grow as (pages: unknown) => number)(BigInt(pages));
  }
}

/** The frames of a module's memory, behind its heap. */
export class Frames implements WordStore {
  words: Uint32Array<ArrayBuffer>;
  /** All of the memory. */
  all: Uint32Array<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;

  /**
   * @param start byte address of the first frame
   */
  constructor(
    private readonly memory: WasmMemory,
    public start: number,
  ) {
    this.extendTo(start + FIRST_FRAME_BYTES);
    this.all = new Uint32Array(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Uint32Array(memory.buffer, start);
  }

  /** Twice the frames. C's pointers stay what they are. */
  grow(): void {
    this.extendTo(this.memory.buffer.byteLength + this.words.byteLength);
    this.view();
  }

  /** Makes room ahead of the frames. No pointer to a frame may be held. @param bytes whole frames */
  moveUp(bytes: number): void {
    this.extendTo(this.memory.buffer.byteLength + bytes);
    const all = new Uint8Array(this.memory.buffer);
    all.copyWithin(this.start + bytes, this.start, all.length - bytes);
    all.fill(0, this.start, this.start + bytes);
    this.start += bytes;
    this.view();
  }

  private extendTo(bytes: number): void {
    const missing = Math.ceil((bytes - this.memory.buffer.byteLength) / WASM_PAGE);
    if (missing > 0) grow(this.memory, missing);
  }

  private view(): void {
    this.all = new Uint32Array(this.memory.buffer);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer, this.start);
  }
}
