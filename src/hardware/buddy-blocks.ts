// SPDX-License-Identifier: GPL-2.0-only

import { Copy } from './copy.js';
import { grown } from './grown.js';
import type { StateWriter, StateReader } from './saved-state.js';

/** Blocks of one node of the page allocator: their states by order, and the lists of those that can be had. */

/** What {@link PageAllocator.allocPages} returns when it has nothing to give. */
export const NO_PAGE = -1;
/** States of the block at an index, one byte each, by order. */
export const BLOCK = {
  /** Not a block of this order: part of a larger one, split into smaller ones, or never touched. */
  none: 0,
  free: 1,
  allocated: 2,
  /** Given back, and not yet joined with its buddy. */
  waiting: 3,
  /** Handed out before the books were opened: boot memory. It is given back as any other. */
  reserved: 4,
} as const;
export type BlockState = (typeof BLOCK)[keyof typeof BLOCK];
export const isOut = (state: number): boolean => state === BLOCK.allocated || state === BLOCK.reserved;

const PAGE_SHIFT = 12;
const PAGE_LENGTH = 1 << PAGE_SHIFT;
/** Blocks whose states lie in one array; those beyond, on very large machines, in pages. */
const MAX_NEAR_BLOCKS = 2 ** 24;

/** Block indexes, last in first out. */
export class IndexStack {
  length = 0;
  private indexes: Int32Array<ArrayBuffer> = new Int32Array(64);

  push(index: number): void {
    if (this.length === this.indexes.length) {
      this.indexes = grown(this.indexes, Int32Array);
    }
    this.indexes[this.length++] = index;
  }

  /** Takes the last one; only where {@link length} is not zero. */
  pop(): number {
    return this.indexes[--this.length]!;
  }

  /** The last one, or NO_PAGE. */
  last(): number {
    return this.length === 0 ? NO_PAGE : this.indexes[this.length - 1]!;
  }

  save(to: StateWriter): void {
    to.word(this.length);
    to.copy(this.indexes, 0, this.length);
  }

  restore(from: StateReader): void {
    this.length = from.word();
    if (this.length > this.indexes.length) this.indexes = new Int32Array(this.length * 2);
    from.copy(this.indexes, 0, this.length);
  }

  capture(image: Copy<Int32Array<ArrayBuffer>>): number {
    image.keep(this.indexes, this.length);
    return this.length;
  }

  load(image: Copy<Int32Array<ArrayBuffer>>, length: number): void {
    this.length = length;
    image.putBack(this.indexes);
  }

  /** Takes the first `count`, oldest first. */
  takeOldest(count: number): Int32Array {
    const oldest = this.indexes.slice(0, count);
    this.indexes.copyWithin(0, count, this.length);
    this.length -= count;
    return oldest;
  }
}

/** The blocks of one order: a state each, and lists of those that are free and of those that wait to be joined. */
export class Blocks {
  /** Grows with every change of a state or a list: while it stands still, all is as it was. */
  changes = 0;
  /** Blocks given back that have not joined their buddies, last in first out. */
  readonly waiting = new IndexStack();
  private readonly free = new IndexStack();
  private near: Uint8Array<ArrayBuffer> = new Uint8Array(PAGE_LENGTH);
  private readonly far: Uint8Array[] = [];

  get(index: number): number {
    if (index < this.near.length) return this.near[index]!;
    return this.far[index >>> PAGE_SHIFT]?.[index & (PAGE_LENGTH - 1)] ?? BLOCK.none;
  }

  /** Who takes a block from a list, or puts it on one, gives it another state as well. */
  set(index: number, state: BlockState): void {
    this.changes++;
    if (index < this.near.length) this.near[index] = state;
    else this.setFar(index, state);
  }

  pushFree(index: number): void {
    this.set(index, BLOCK.free);
    this.free.push(index);
  }

  /** Takes a free block, or NO_PAGE. A block that was joined to a larger one stays listed until it is met here. */
  popFree(): number {
    if (this.free.length > 0) this.changes++;
    while (this.free.length > 0) {
      const index = this.free.pop();
      if (this.get(index) === BLOCK.free) return index;
    }
    return NO_PAGE;
  }

  /** Takes out a block that is known to be free. */
  removeFree(index: number): void {
    this.set(index, BLOCK.none);
    if (this.free.last() === index) this.free.pop();
  }

  /**
   * Takes blocks that wait, the last that came first.
   * @param frames gets their frames, of order 0
   * @param base frame of the block at index 0
   * @returns how many there were
   */
  takeWaiting(frames: Float64Array, count: number, base: number, state: BlockState): number {
    const { waiting, near } = this;
    this.changes++;
    const taken = Math.min(count, waiting.length);
    for (let i = 0; i < taken; i++) {
      const index = waiting.pop();
      if (index < near.length) near[index] = state;
      else this.setFar(index, state);
      frames[i] = base + index;
    }
    return taken;
  }

  /**
   * Blocks that are out wait from here on, up to the first that is not out.
   * @param frames their frames, of order 0, in [from, end)
   * @param base frame of the block at index 0
   * @param blocks how many blocks there are
   * @returns how many of them were handed out since the books were opened
   */
  takeBack(frames: Float64Array, from: number, end: number, base: number, blocks: number): number {
    const { waiting, near } = this;
    this.changes++;
    let booked = 0;
    for (let i = from; i < end; i++) {
      const index = frames[i]! - base;
      if (!(index >= 0 && index < blocks)) break;
      const state = index < near.length ? near[index]! : this.get(index);
      if (state === BLOCK.allocated) booked++;
      else if (state !== BLOCK.reserved) break;
      if (index < near.length) near[index] = BLOCK.waiting;
      else this.setFar(index, BLOCK.waiting);
      waiting.push(index);
    }
    return booked;
  }

  /** The lists; the states of blocks are saved from the largest down. */
  saveLists(to: StateWriter): void {
    this.waiting.save(to);
    this.free.save(to);
  }

  restoreLists(from: StateReader): void {
    this.changes++;
    this.waiting.restore(from);
    this.free.restore(from);
  }

  /** @param end index behind the last block that has a state */
  capture(image: BlocksImage, end: number): void {
    if (image.changes === this.changes && image.end === end) return;
    image.changes = this.changes;
    image.end = end;
    image.waitingLength = this.waiting.capture(image.waiting);
    image.freeLength = this.free.capture(image.free);
    image.near.keep(this.near, Math.min(end, this.near.length));
    if (image.far.length + this.far.length > 0) image.far = this.far.map((page) => page.slice());
  }

  /**
   * @param end index behind the last block that had a state when the image was made
   * @param now index behind the last one that has a state now
   */
  load(image: BlocksImage, end: number, now: number): void {
    // A step leaves blocks of most orders alone.
    if (this.changes === image.changes) return;
    image.changes = ++this.changes;
    this.waiting.load(image.waiting, image.waitingLength);
    this.free.load(image.free, image.freeLength);
    image.near.putBack(this.near);
    if (now > end) this.near.fill(BLOCK.none, end, now);
    for (let p = 0; p < this.far.length; p++) {
      const page = image.far[p];
      if (page === undefined) this.far[p]?.fill(BLOCK.none);
      else this.far[p]!.set(page);
    }
  }

  /** Blocks below this index have no state any more. */
  clear(end: number): void {
    this.changes++;
    this.near.fill(BLOCK.none, 0, end);
    this.far.forEach((page) => page.fill(BLOCK.none));
  }

  private setFar(index: number, state: BlockState): void {
    if (index < MAX_NEAR_BLOCKS) {
      const wider = new Uint8Array(2 ** Math.ceil(Math.log2(index + 1)));
      wider.set(this.near);
      this.near = wider;
      this.near[index] = state;
      return;
    }
    const page = (this.far[index >>> PAGE_SHIFT] ??= new Uint8Array(PAGE_LENGTH));
    page[index & (PAGE_LENGTH - 1)] = state;
  }
}

/** No `Blocks.changes`: nothing was captured. */
const NEVER = -1;

/** The blocks of one order as `Blocks.capture()` found them. */
export class BlocksImage {
  /** What `Blocks.changes` was when the blocks were last as they are here. */
  changes = NEVER;
  /** Index behind the last block that had a state then. */
  end = 0;
  readonly near = new Copy(Uint8Array);
  far: Uint8Array[] = [];
  readonly waiting = new Copy(Int32Array);
  waitingLength = 0;
  readonly free = new Copy(Int32Array);
  freeLength = 0;
}
