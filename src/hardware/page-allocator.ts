// SPDX-License-Identifier: GPL-2.0-only

import {
  BLOCK,
  BlocksImage,
  isOut,
  NO_PAGE,
  type Blocks,
  type BlockState,
  type IndexStack,
  Node,
  type NodeImage,
} from './buddy-blocks.js';
import type { Ram } from './ram.js';
import type { StateReader, StateWriter } from './saved-state.js';

/**
 * A buddy allocator over the machine's system memory: blocks of 2^order frames, split and joined with their buddies.
 * It hands out the block freed last, so a leaf that goes and comes back gets the frame it had, as on a quiet machine.
 * Small blocks given back wait on a list of their order, as on the kernel's per-CPU lists, and join their buddies when
 * the list is long or memory is short.
 */

/** The machine has too little memory to boot. */
export class NoBootMemory extends RangeError {
  override readonly name = 'NoBootMemory';
}

/** Contiguous system memory of one node. */
export interface MemoryNode {
  /** First frame; a multiple of 2^maxOrder. */
  basePfn: number;
  nrPages: number;
}

export interface PageAllocatorOptions {
  nodes: readonly MemoryNode[];
  /** What {@link PageAllocator.reserve} takes from and nothing else; the memory of node 0 if not given. */
  bootMemory?: MemoryNode;
  /** Order of the largest block, MAX_PAGE_ORDER of the kernel. */
  maxOrder: number;
  /**
   * What a page holds when it is taken again: `zero` as the recorded vectors assume, or the bytes it `keep`s, as real
   * memory does.
   */
  recycledPages: 'zero' | 'keep';
  /** Where pages are counted. */
  readonly counts?: PageCounts;
  /** These calls of {@link PageAllocator.allocPages} fail; 1 is the first. */
  failAllocations: ReadonlySet<number>;
}

/** Where a frame is: what {@link PageAllocator.locate} finds. */
export interface FrameLocation {
  /** Which one it is of the frames of all nodes, one node behind the other; {@link NO_PAGE} if it is of none. */
  index: number;
  /** Order of the block that was handed out with it, or {@link NO_PAGE}. Blocks are aligned within a node. */
  order: number;
  /** Handed out since boot. */
  isReserved: boolean;
}

/** What is wrong with a free: the allocator never handed the pages out, or it has them back already. */
export type BadFreeKind = 'free-not-allocated' | 'double-free';

/** A free of something the allocator does not have out. */
export interface BadFree {
  kind: BadFreeKind;
  pfn: number;
}

/** Chooses blocks in place of an allocator, for a machine whose allocator is known to have chosen otherwise. */
export interface BlockChooser {
  /**
   * @param order log2 of the number of base pages asked for
   * @returns the first frame of the block, {@link NO_PAGE} where there is none to be had, undefined to let the allocator choose.
   *   A block that is not free is not taken, and the allocator chooses
   */
  choose(order: number): number | undefined;
}

/** Listens to an allocator. */
export interface AllocatorObserver {
  /** A block was asked for. @param pfn the first frame handed out, -1 if there was none */
  allocPages(order: number, nid: number, pfn: number): void;
  /** A block said to be no longer used, before anything is checked. */
  freePages(pfn: number, order: number): void;
  /** One more reference to a page. */
  getPage(pfn: number): void;
}

/** Blocks up to this order wait before they join, PAGE_ALLOC_COSTLY_ORDER of the kernel's per-CPU lists. */
const MAX_WAITING_ORDER = 3;
/** Blocks of an order that wait; beyond that the older half joins. */
const WAITING_BLOCKS = 262_144;

/** Indexes of blocks are 31-bit numbers. */
const MAX_NODE_PAGES = 2 ** 31 - 1;

const NO_REFERENCES: readonly (readonly [number, number])[] = [];

/** What {@link PageAllocator.capture} found. It can be used again and again. */
export class PageAllocatorImage {
  pagesOut = 0;
  extraReferences: readonly (readonly [number, number])[] = [];
  readonly nodes: NodeImage[] = [];
}

/** Base pages that were handed out and taken back, since whoever keeps the counts began. */
export interface PageCounts {
  allocPages: number;
  freePages: number;
}

/** mm/page_alloc.c: the buddy allocator, by node and zone. Which frame it gives depends on nothing but what was taken and given back. */
export class PageAllocator {
  /** Calls so far, failed ones included. */
  calls = 0;
  /** Base pages handed out since the books were opened, and not given back. */
  pagesOut = 0;
  /** Where it counts. */
  private readonly counts: PageCounts;
  /** Who listens, if anybody. */
  observer: AllocatorObserver | null = null;
  /** Who chooses, if not the allocator. */
  chooser: BlockChooser | null = null;

  private readonly nodes: Node[];
  /** Nodes that requests are served from: all but what is only for boot. */
  private readonly servingNodes: readonly Node[];
  private readonly bootNode: Node;
  private readonly maxOrder: number;
  private readonly zeroRecycled: boolean;
  private readonly failAllocations: ReadonlySet<number>;
  /** State of the next block handed out: reserved until startBooks(), allocated from then on. */
  private taken: BlockState = BLOCK.reserved;
  /** References beyond the first, of the few pages that have them. */
  private readonly extraReferences = new Map<number, number>();

  constructor(
    private readonly ram: Ram,
    options: PageAllocatorOptions,
  ) {
    this.counts = options.counts ?? { allocPages: 0, freePages: 0 };
    this.maxOrder = options.maxOrder;
    this.zeroRecycled = options.recycledPages === 'zero';
    this.failAllocations = options.failAllocations;
    const memory = options.bootMemory === undefined ? options.nodes : [...options.nodes, options.bootMemory];
    for (const { basePfn, nrPages } of memory) {
      if (nrPages > MAX_NODE_PAGES) throw new RangeError(`a node has at most ${MAX_NODE_PAGES} pages, not ${nrPages}`);
      if (basePfn % 2 ** options.maxOrder !== 0) {
        throw new RangeError(`a node starts at a multiple of 2^${options.maxOrder} frames, not at frame ${basePfn}`);
      }
    }
    this.nodes = memory.map(({ basePfn, nrPages }) => new Node(basePfn, nrPages, options.maxOrder));
    this.servingNodes = this.nodes.slice(0, options.nodes.length);
    this.bootNode = options.bootMemory === undefined ? this.nodes[0]! : this.nodes[this.nodes.length - 1]!;
  }

  /**
   * alloc_pages_node().
   * @param order log2 of the number of base pages
   * @param nid preferred node; another one serves when it is empty or has no memory at all
   * @returns the first frame, or {@link NO_PAGE}
   */
  allocPages(order: number, nid = 0): number {
    const pfn = this.choose(order, nid);
    if (this.observer !== null) this.observer.allocPages(order, nid, pfn);
    if (pfn !== NO_PAGE) this.handOut(pfn, order);
    return pfn;
  }

  /**
   * Takes a zeroed block for good, outside all books: boot does so before there are any.
   * @param order log2 of the number of base pages
   * @throws NoBootMemory when there is no memory
   */
  reserve(order = 0): number {
    return this.takeForGood(this.bootNode, order);
  }

  /**
   * Takes a block for good that is there only to fill up a node's last block of the largest order.
   * @param order log2 of the number of base pages
   * @throws NoBootMemory when there is no memory
   */
  withhold(order: number): void {
    this.takeForGood(this.nodes[0]!, order);
  }

  /** Calls and pages count from here on; what is out stays out. */
  startBooks(): void {
    this.calls = 0;
    this.pagesOut = 0;
    this.taken = BLOCK.allocated;
    for (const node of this.nodes) node.bootEnd = node.untouched * 2 ** this.maxOrder;
  }

  /** get_page(): one more {@link freePages} is needed before the page goes back. */
  getPage(pfn: number): void {
    if (this.observer !== null) this.observer.getPage(pfn);
    this.extraReferences.set(pfn, (this.extraReferences.get(pfn) ?? 0) + 1);
  }

  /**
   * free_pages(): drops a reference and takes the block back when it was the last.
   * @param pfn first frame
   * @param order log2 of the number of base pages
   * @returns base pages taken back
   */
  freePages(pfn: number, order: number, onBadFree: (bad: BadFree) => void): number {
    if (this.observer !== null) this.observer.freePages(pfn, order);
    return this.takeBack(pfn, order, onBadFree);
  }

  private takeBack(pfn: number, order: number, onBadFree: (bad: BadFree) => void): number {
    if (this.extraReferences.size > 0 && this.dropReference(pfn)) return 0;
    const node = this.nodeOf(pfn);
    if (node !== undefined && order <= this.maxOrder) {
      const offset = pfn - node.basePfn;
      const index = offset >>> order;
      const blocks = node.orders[order]!;
      const state = blocks.get(index);
      if (index << order === offset && isOut(state)) {
        if (order <= MAX_WAITING_ORDER) this.wait(node, blocks, index, order);
        else this.giveBack(node, index, order);
        if (state === BLOCK.allocated) this.pagesOut -= 1 << order;
        this.counts.freePages += 1 << order;
        return 1 << order;
      }
    }
    return this.freePageByPage(pfn, 1 << order, onBadFree);
  }

  /**
   * alloc_pages_node() for one base page after another. It is for who asks to tell of them.
   * @param pfns gets their frames
   * @returns how many were to be had
   */
  allocBasePages(pfns: Float64Array, count: number, nid: number): number {
    const node = this.servingNodes[nid];
    let taken = 0;
    if (this.chooser === null && this.failAllocations.size === 0 && node !== undefined) {
      taken = node.orders[0]!.takeWaiting(pfns, count, node.basePfn, this.taken);
      this.calls += taken;
      this.counts.allocPages += taken;
      if (this.taken === BLOCK.allocated) this.pagesOut += taken;
      if (this.zeroRecycled) this.zeroBasePages(pfns, taken);
    }
    for (; taken < count; taken++) {
      const pfn = this.choose(0, nid);
      if (pfn === NO_PAGE) break;
      this.handOut(pfn, 0);
      pfns[taken] = pfn;
    }
    return taken;
  }

  /** free_pages() of one base page after another. It is for who gives them to tell of them. */
  freeBasePages(pfns: Float64Array, count: number, onBadFree: (bad: BadFree) => void): void {
    for (let i = 0; i < count;) {
      const node = this.sharesPages ? undefined : this.nodeOf(pfns[i]!);
      const given = node === undefined ? 0 : this.waitInRow(node, pfns, i, count);
      i += given;
      if (given === 0) this.takeBack(pfns[i++]!, 0, onBadFree);
    }
  }

  /** Whether the frame is memory of this allocator, handed out or not. */
  owns(pfn: number): boolean {
    return this.nodeOf(pfn) !== undefined;
  }

  /** Frames in order that are handed out since the books were opened. */
  *allocatedFrames(): Generator<number> {
    for (const node of this.nodes) {
      const end = node.untouched * 2 ** this.maxOrder;
      for (let offset = 0; offset < end;) {
        const order = this.allocatedOrder(node, offset);
        const next = order === NO_PAGE ? offset + 1 : offset + 2 ** order;
        if (order !== NO_PAGE && !this.isReserved(node.basePfn + offset)) {
          for (; offset < next; offset++) yield node.basePfn + offset;
        }
        offset = next;
      }
    }
  }

  /** Whether the frame is handed out. */
  isAllocated(pfn: number): boolean {
    const node = this.nodeOf(pfn);
    return node !== undefined && this.allocatedOrder(node, pfn - node.basePfn) !== NO_PAGE;
  }

  /** Order of the block that was handed out with this frame in it, or {@link NO_PAGE}. */
  blockOrder(pfn: number): number {
    const node = this.nodeOf(pfn);
    return node === undefined ? NO_PAGE : this.allocatedOrder(node, pfn - node.basePfn);
  }

  /** Looks up to whom a frame belongs, and if it is handed out, with which block. */
  locate(pfn: number, found: FrameLocation): void {
    let before = 0;
    for (let n = 0; n < this.nodes.length; n++) {
      const node = this.nodes[n]!;
      const offset = pfn - node.basePfn;
      if (offset >= 0 && offset < node.nrPages) {
        const order = this.allocatedOrder(node, offset);
        found.index = before + offset;
        found.order = order;
        found.isReserved = order !== NO_PAGE && node.orders[order]!.get(offset >>> order) === BLOCK.reserved;
        return;
      }
      before += node.nrPages;
    }
    found.index = NO_PAGE;
  }

  /**
   * Which frame it is of the frames of all nodes, as {@link locate} tells, if it is handed out by itself since the books were
   * opened, as most are; else {@link NO_PAGE}.
   */
  basePageIndex(pfn: number): number {
    let before = 0;
    for (let n = 0; n < this.nodes.length; n++) {
      const node = this.nodes[n]!;
      const offset = pfn - node.basePfn;
      if (offset >= 0 && offset < node.nrPages) {
        return node.orders[0]!.get(offset) === BLOCK.allocated ? before + offset : NO_PAGE;
      }
      before += node.nrPages;
    }
    return NO_PAGE;
  }

  /** Whether some page has more than one reference. */
  get sharesPages(): boolean {
    return this.extraReferences.size > 0;
  }

  /** How many pages have. */
  get sharedPages(): number {
    return this.extraReferences.size;
  }

  /** References of a page beyond the first. */
  extraReferencesOf(pfn: number): number {
    return this.extraReferences.get(pfn) ?? 0;
  }

  /** PageReserved(): whether the frame is handed out since boot. */
  isReserved(pfn: number): boolean {
    const node = this.nodeOf(pfn);
    if (node === undefined) return false;
    const offset = pfn - node.basePfn;
    if (offset >= node.bootEnd) return false;
    const order = this.allocatedOrder(node, offset);
    return order !== NO_PAGE && node.orders[order]!.get(offset >>> order) === BLOCK.reserved;
  }

  /** Writes what is handed out, what is free and in which order: all that later requests depend on. */
  save(to: StateWriter): void {
    to.wide(this.pagesOut);
    to.word(this.extraReferences.size);
    for (const [pfn, references] of this.extraReferences) {
      to.wide(pfn);
      to.word(references);
    }
    for (const node of this.nodes) node.save(to);
  }

  /** Takes back what {@link save} wrote. The memory itself and {@link calls} stay as they are. */
  restore(from: StateReader): void {
    this.pagesOut = from.wide();
    this.extraReferences.clear();
    for (let pages = from.word(); pages > 0; pages--) this.extraReferences.set(from.wide(), from.word());
    for (const node of this.nodes) node.restore(from);
  }

  /** Copies what {@link save} would write as it lies: to be there again after a few copies. */
  capture(image: PageAllocatorImage): void {
    const { nodes } = this;
    image.pagesOut = this.pagesOut;
    image.extraReferences = this.sharesPages ? [...this.extraReferences] : NO_REFERENCES;
    for (let n = 0; n < nodes.length; n++) {
      image.nodes[n] ??= { untouched: 0, orders: nodes[n]!.orders.map(() => new BlocksImage()) };
      nodes[n]!.capture(image.nodes[n]!);
    }
  }

  /** Makes the books what they were when an image was made of them. {@link calls} goes on. */
  load(image: PageAllocatorImage): void {
    const { nodes } = this;
    this.pagesOut = image.pagesOut;
    if (this.sharesPages) this.extraReferences.clear();
    for (const [pfn, references] of image.extraReferences) this.extraReferences.set(pfn, references);
    for (let n = 0; n < nodes.length; n++) nodes[n]!.load(image.nodes[n]!);
  }

  private takeForGood(node: Node, order: number): number {
    const pfn = this.takeFrom(node, order);
    if (pfn === NO_PAGE) throw new NoBootMemory('the machine has no memory to boot from');
    this.ram.fillFrames(pfn, 1 << order, 0);
    return pfn;
  }

  /** A block for a call that counts, or NO_PAGE. */
  private choose(order: number, nid: number): number {
    this.calls++;
    // What boot takes is in no books, and never fails.
    const { size } = this.failAllocations;
    if (size > 0 && this.taken === BLOCK.allocated && this.failAllocations.has(this.calls)) return NO_PAGE;
    return this.chooser === null ? this.takeAny(order, nid) : this.takeChosen(this.chooser, order, nid);
  }

  private handOut(pfn: number, order: number): void {
    this.counts.allocPages += 1 << order;
    if (this.taken === BLOCK.allocated) this.pagesOut += 1 << order;
    if (this.zeroRecycled) this.ram.fillFrames(pfn, 1 << order, 0);
  }

  private takeAny(order: number, nid: number): number {
    const preferred = this.servingNodes[nid];
    const own = preferred === undefined ? NO_PAGE : this.takeFrom(preferred, order);
    if (own !== NO_PAGE) return own;
    for (const node of this.servingNodes) {
      const pfn = this.takeFrom(node, order);
      if (pfn !== NO_PAGE) return pfn;
    }
    return NO_PAGE;
  }

  private takeChosen(chooser: BlockChooser, order: number, nid: number): number {
    const chosen = chooser.choose(order);
    if (chosen === NO_PAGE) return NO_PAGE;
    const given = chosen === undefined ? NO_PAGE : this.takeAt(chosen, order);
    return given === NO_PAGE ? this.takeAny(order, nid) : given;
  }

  /** Takes a given block. Returns its first frame, or NO_PAGE where it is not free as a whole. */
  private takeAt(pfn: number, order: number): number {
    const node = this.nodeOf(pfn);
    if (node === undefined || order > this.maxOrder) return NO_PAGE;
    const offset = pfn - node.basePfn;
    if (offset % 2 ** order !== 0 || offset >= node.blocks * 2 ** this.maxOrder) return NO_PAGE;
    this.joinWaiting(node);
    while (node.untouched * 2 ** this.maxOrder <= offset) node.orders[this.maxOrder]!.pushFree(node.untouched++);
    let from = order;
    while (from <= this.maxOrder && node.orders[from]!.get(offset >>> from) !== BLOCK.free) from++;
    if (from > this.maxOrder) return NO_PAGE;
    node.orders[from]!.removeFree(offset >>> from);
    while (from > order) {
      from--;
      node.orders[from]!.pushFree((offset >>> from) ^ 1);
    }
    node.orders[order]!.set(offset >>> order, this.taken);
    return pfn;
  }

  private takeFrom(node: Node, order: number): number {
    if (order > this.maxOrder) return NO_PAGE;
    const blocks = node.orders[order]!;
    const { waiting } = blocks;
    if (waiting.length === 0) return this.cut(node, blocks, order);
    const index = waiting.pop();
    blocks.set(index, this.taken);
    return node.basePfn + (index << order);
  }

  /** Cuts a block out of a free one. Returns its first frame, or NO_PAGE. */
  private cut(node: Node, blocks: Blocks, order: number): number {
    let index = this.takeFree(node, order);
    if (index === NO_PAGE && this.joinWaiting(node)) index = this.takeFree(node, order);
    if (index === NO_PAGE) return NO_PAGE;
    blocks.set(index, this.taken);
    return node.basePfn + (index << order);
  }

  private takeFree(node: Node, order: number): number {
    let index = NO_PAGE;
    let from = order;
    for (; from <= this.maxOrder; from++) {
      index = node.orders[from]!.popFree();
      if (index !== NO_PAGE) break;
    }
    if (index === NO_PAGE) {
      if (node.untouched === node.blocks) return NO_PAGE;
      index = node.untouched++;
      from = this.maxOrder;
    }
    while (from > order) {
      node.orders[from]!.set(index, BLOCK.none);
      from--;
      index *= 2;
      node.orders[from]!.pushFree(index + 1);
    }
    return index;
  }

  private wait(node: Node, blocks: Blocks, index: number, order: number): void {
    const { waiting } = blocks;
    blocks.set(index, BLOCK.waiting);
    waiting.push(index);
    if (waiting.length > WAITING_BLOCKS) this.joinOldest(node, waiting, order);
  }

  /** Takes back base pages of a node as far as they were handed out as such. Returns how many. */
  private waitInRow(node: Node, pfns: Float64Array, from: number, end: number): number {
    const { waiting } = node.orders[0]!;
    const last = Math.min(end, from + WAITING_BLOCKS - waiting.length);
    const before = waiting.length;
    const booked = node.orders[0]!.takeBack(pfns, from, last, node.basePfn, node.nrPages);
    const given = waiting.length - before;
    this.pagesOut -= booked;
    this.counts.freePages += given;
    return given;
  }

  /** Zeroes base pages, those that lie in a row at once: they come as they went, upwards or downwards. */
  private zeroBasePages(pfns: Float64Array, count: number): void {
    for (let i = 0; i < count;) {
      const first = pfns[i]!;
      const step = pfns[i + 1] === first - 1 ? -1 : 1;
      let next = i + 1;
      while (next < count && pfns[next] === first + (next - i) * step) next++;
      this.ram.fillFrames(Math.min(first, pfns[next - 1]!), next - i, 0);
      i = next;
    }
  }

  private joinOldest(node: Node, waiting: IndexStack, order: number): void {
    for (const index of waiting.takeOldest(WAITING_BLOCKS / 2)) this.giveBack(node, index, order);
  }

  /** Joins everything that waits. Returns whether anything did. */
  private joinWaiting(node: Node): boolean {
    let any = false;
    node.orders.forEach(({ waiting }, order) => {
      for (const index of waiting.takeOldest(waiting.length)) {
        this.giveBack(node, index, order);
        any = true;
      }
    });
    return any;
  }

  private giveBack(node: Node, index: number, order: number): void {
    let at = order;
    node.orders[at]!.set(index, BLOCK.none);
    while (at < this.maxOrder && node.orders[at]!.get(index ^ 1) === BLOCK.free) {
      node.orders[at]!.removeFree(index ^ 1);
      index >>>= 1;
      at++;
    }
    node.orders[at]!.pushFree(index);
  }

  /** A free that does not match what was allocated: part of a block, several blocks, or nothing of ours. */
  private freePageByPage(pfn: number, nrPages: number, onBadFree: (bad: BadFree) => void): number {
    let taken = 0;
    let named = false;
    for (let frame = pfn; frame < pfn + nrPages; frame++) {
      const node = this.nodeOf(frame);
      const order = node === undefined ? NO_PAGE : this.allocatedOrder(node, frame - node.basePfn);
      if (node === undefined || order === NO_PAGE) {
        if (!named)
          onBadFree({ kind: this.wasAllocated(node, frame) ? 'double-free' : 'free-not-allocated', pfn: frame });
        named = true;
        continue;
      }
      const isBooked = !this.isReserved(frame);
      this.splitAllocated(node, frame - node.basePfn, order);
      this.giveBack(node, frame - node.basePfn, 0);
      if (isBooked) this.pagesOut--;
      taken++;
    }
    this.counts.freePages += taken;
    return taken;
  }

  private splitAllocated(node: Node, offset: number, order: number): void {
    for (let at = order; at > 0; at--) {
      const index = Math.floor(offset / 2 ** at);
      const state = node.orders[at]!.get(index) as BlockState;
      node.orders[at]!.set(index, BLOCK.none);
      node.orders[at - 1]!.set(index * 2, state);
      node.orders[at - 1]!.set(index * 2 + 1, state);
    }
  }

  /** Order of the allocated block that holds a frame. */
  private allocatedOrder(node: Node, offset: number): number {
    const { orders } = node;
    for (let order = 0; order < orders.length; order++) {
      if (isOut(orders[order]!.get(offset >>> order))) return order;
    }
    return NO_PAGE;
  }

  private wasAllocated(node: Node | undefined, pfn: number): boolean {
    return node !== undefined && pfn - node.basePfn < node.untouched * 2 ** this.maxOrder;
  }

  private nodeOf(pfn: number): Node | undefined {
    const { nodes } = this;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!;
      if (pfn >= node.basePfn && pfn < node.basePfn + node.nrPages) return node;
    }
    return undefined;
  }

  /** Whether a reference was left over. */
  private dropReference(pfn: number): boolean {
    const extra = this.extraReferences.get(pfn);
    if (extra === undefined) return false;
    if (extra === 1) this.extraReferences.delete(pfn);
    else this.extraReferences.set(pfn, extra - 1);
    return true;
  }
}
