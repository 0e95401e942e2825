// SPDX-License-Identifier: GPL-2.0-only

import { BLOCK, Blocks, isOut, NO_PAGE, type BlocksImage, type BlockState, type IndexStack } from './buddy-blocks.js';
import type { StateReader, StateWriter } from './saved-state.js';

/** Blocks up to this order wait before they join, PAGE_ALLOC_COSTLY_ORDER of the kernel's per-CPU lists. */
const MAX_WAITING_ORDER = 3;
/** Blocks of an order that wait; beyond that the older half joins. */
const WAITING_BLOCKS = 262_144;

/** What of a node was kept, to be put back. */
export interface NodeImage {
  untouched: number;
  readonly orders: readonly BlocksImage[];
}

/**
 * The memory of a node, in blocks of 2^order frames that are split and joined with their buddies. Small blocks given back wait on a
 * list of their order, as on the kernel's per-CPU lists, and join their buddies when the list is long or memory is short.
 */
export class NodeBlocks {
  /** By order. */
  readonly orders: Blocks[] = [];
  /** First block of the largest order that was never touched. */
  untouched = 0;
  readonly blocks: number;
  /** Frames of the node that boot may have taken for good lie below, counted from the first. */
  bootEnd: number;

  constructor(
    readonly basePfn: number,
    readonly nrPages: number,
    private readonly maxOrder: number,
  ) {
    this.bootEnd = nrPages;
    this.blocks = Math.floor(nrPages / 2 ** maxOrder);
    for (let order = 0; order <= maxOrder; order++) this.orders.push(new Blocks());
  }

  /** Frames below here, counted from the first, were touched: each lies in one block that has a state. */
  get touchedEnd(): number {
    return this.untouched * 2 ** this.maxOrder;
  }

  /**
   * Takes a block.
   * @param state what becomes of it
   * @returns its first frame, or {@link NO_PAGE}
   */
  take(order: number, state: BlockState): number {
    if (order > this.maxOrder) return NO_PAGE;
    const blocks = this.orders[order]!;
    const { waiting } = blocks;
    const index = waiting.length > 0 ? waiting.pop() : this.cut(order);
    if (index === NO_PAGE) return NO_PAGE;
    blocks.set(index, state);
    return this.basePfn + (index << order);
  }

  /**
   * Takes a given block of the node.
   * @returns whether it was free as a whole
   */
  takeAt(pfn: number, order: number, state: BlockState): boolean {
    const { orders, maxOrder } = this;
    const offset = pfn - this.basePfn;
    if (order > maxOrder || offset % 2 ** order !== 0 || offset >= this.blocks * 2 ** maxOrder) return false;
    this.joinWaiting();
    while (this.touchedEnd <= offset) orders[maxOrder]!.pushFree(this.untouched++);
    let from = order;
    while (from <= maxOrder && orders[from]!.get(offset >>> from) !== BLOCK.free) from++;
    if (from > maxOrder) return false;
    orders[from]!.removeFree(offset >>> from);
    while (from > order) {
      from--;
      orders[from]!.pushFree((offset >>> from) ^ 1);
    }
    orders[order]!.set(offset >>> order, state);
    return true;
  }

  /** Takes back a block that was handed out: small ones wait. @param index of the block, of its order */
  giveBack(index: number, order: number): void {
    if (order > MAX_WAITING_ORDER) {
      this.join(index, order);
      return;
    }
    const blocks = this.orders[order]!;
    const { waiting } = blocks;
    blocks.set(index, BLOCK.waiting);
    waiting.push(index);
    if (waiting.length > WAITING_BLOCKS) this.joinOldest(waiting, order);
  }

  /**
   * Takes back base pages of the node as far as they were handed out as such.
   * @param counts gets how many went back, and how many of them were in the books
   */
  giveBackInRow(pfns: Float64Array, from: number, end: number, counts: { given: number; booked: number }): void {
    const { waiting } = this.orders[0]!;
    const last = Math.min(end, from + WAITING_BLOCKS - waiting.length);
    const before = waiting.length;
    counts.booked = this.orders[0]!.takeBack(pfns, from, last, this.basePfn, this.nrPages);
    counts.given = waiting.length - before;
  }

  /** Takes back one page of a block that was handed out, which is in pieces from then on. @param order of the block */
  givePageBack(offset: number, order: number): void {
    for (let at = order; at > 0; at--) {
      const index = Math.floor(offset / 2 ** at);
      const state = this.orders[at]!.get(index) as BlockState;
      this.orders[at]!.set(index, BLOCK.none);
      this.orders[at - 1]!.set(index * 2, state);
      this.orders[at - 1]!.set(index * 2 + 1, state);
    }
    this.join(offset, 0);
  }

  /** Order of the block that was handed out and holds a frame, or {@link NO_PAGE}. */
  allocatedOrder(offset: number): number {
    const { orders } = this;
    for (let order = 0; order < orders.length; order++) {
      if (isOut(orders[order]!.get(offset >>> order))) return order;
    }
    return NO_PAGE;
  }

  /** Whether a frame lies in a block that boot took. */
  isReserved(offset: number): boolean {
    if (offset >= this.bootEnd) return false;
    const order = this.allocatedOrder(offset);
    return order !== NO_PAGE && this.orders[order]!.get(offset >>> order) === BLOCK.reserved;
  }

  /** Index of a block that is cut out of a free one, or NO_PAGE. */
  private cut(order: number): number {
    const index = this.takeFree(order);
    return index === NO_PAGE && this.joinWaiting() ? this.takeFree(order) : index;
  }

  private takeFree(order: number): number {
    const { orders, maxOrder } = this;
    let index = NO_PAGE;
    let from = order;
    for (; from <= maxOrder; from++) {
      index = orders[from]!.popFree();
      if (index !== NO_PAGE) break;
    }
    if (index === NO_PAGE) {
      if (this.untouched === this.blocks) return NO_PAGE;
      index = this.untouched++;
      from = maxOrder;
    }
    while (from > order) {
      orders[from]!.set(index, BLOCK.none);
      from--;
      index *= 2;
      orders[from]!.pushFree(index + 1);
    }
    return index;
  }

  private joinOldest(waiting: IndexStack, order: number): void {
    for (const index of waiting.takeOldest(WAITING_BLOCKS / 2)) this.join(index, order);
  }

  /** Joins everything that waits. Returns whether anything did. */
  private joinWaiting(): boolean {
    let any = false;
    this.orders.forEach(({ waiting }, order) => {
      for (const index of waiting.takeOldest(waiting.length)) {
        this.join(index, order);
        any = true;
      }
    });
    return any;
  }

  /** Makes a block free, joined with its buddies as far as they are free. */
  private join(index: number, order: number): void {
    let at = order;
    this.orders[at]!.set(index, BLOCK.none);
    while (at < this.maxOrder && this.orders[at]!.get(index ^ 1) === BLOCK.free) {
      this.orders[at]!.removeFree(index ^ 1);
      index >>>= 1;
      at++;
    }
    this.orders[at]!.pushFree(index);
  }

  /** Every frame that was ever touched lies in one block that has a state: they are written in the order of frames. */
  save(to: StateWriter): void {
    to.word(this.untouched);
    for (const blocks of this.orders) blocks.saveLists(to);
    const count = to.length;
    to.word(0);
    to.set(count, this.saveBlocks(to));
  }

  restore(from: StateReader): void {
    this.clear();
    this.untouched = from.word();
    for (const blocks of this.orders) blocks.restoreLists(from);
    let offset = 0;
    for (let runs = from.word(); runs > 0; runs--) {
      const order = from.word();
      const state = from.word() as BlockState;
      for (let blocks = from.word(); blocks > 0; blocks--) {
        this.orders[order]!.set(offset >>> order, state);
        offset += 1 << order;
      }
    }
  }

  capture(image: NodeImage): void {
    const { orders, untouched } = this;
    const end = untouched << this.maxOrder;
    image.untouched = untouched;
    for (let order = 0; order < orders.length; order++) orders[order]!.capture(image.orders[order]!, end >>> order);
  }

  load(image: NodeImage): void {
    const { orders } = this;
    const end = image.untouched << this.maxOrder;
    const now = this.untouched << this.maxOrder;
    this.untouched = image.untouched;
    for (let order = 0; order < orders.length; order++) {
      orders[order]!.load(image.orders[order]!, end >>> order, now >>> order);
    }
  }

  /** Writes blocks in a row that are alike as one. Returns how many such rows there are. */
  private saveBlocks(to: StateWriter): number {
    const { maxOrder } = this;
    const end = this.touchedEnd;
    let runs = 0;
    let order = 0;
    let state: number = BLOCK.none;
    let blocks = 0;
    for (let offset = 0; offset < end;) {
      // The block that begins here, if it is not like the last one, has the largest order that has a state.
      let at = order;
      let is = (offset & ((1 << at) - 1)) === 0 ? this.orders[at]!.get(offset >>> at) : BLOCK.none;
      if (is === BLOCK.none) {
        at = offset === 0 ? maxOrder : Math.min(maxOrder, 31 - Math.clz32(offset & -offset));
        while ((is = this.orders[at]!.get(offset >>> at)) === BLOCK.none) at--;
      }
      if (at !== order || is !== state) {
        if (blocks > 0) saveRun(to, order, state, blocks);
        if (blocks > 0) runs++;
        order = at;
        state = is;
        blocks = 0;
      }
      blocks++;
      offset += 1 << at;
    }
    if (blocks > 0) saveRun(to, order, state, blocks);
    return blocks > 0 ? runs + 1 : runs;
  }

  private clear(): void {
    const end = this.touchedEnd;
    this.orders.forEach((blocks, order) => blocks.clear(end / 2 ** order));
  }
}

function saveRun(to: StateWriter, order: number, state: number, blocks: number): void {
  to.word(order);
  to.word(state);
  to.word(blocks);
}
