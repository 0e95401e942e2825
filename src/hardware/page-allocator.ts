// SPDX-License-Identifier: GPL-2.0-only

import { BLOCK, BlocksImage, isOut, NO_PAGE, type BlockState } from './buddy-blocks.js';
import { NodeBlocks, type NodeImage } from './node-blocks.js';
import type { Ram } from './ram.js';
import type { StateReader, StateWriter } from './saved-state.js';

/**
 * A buddy allocator over the machine's system memory, whose blocks each node keeps. It hands out the block freed last, so a leaf
 * that goes and comes back gets the frame it had, as on a quiet machine.
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

  private readonly nodes: NodeBlocks[];
  /** Nodes that requests are served from: all but what is only for boot. */
  private readonly servingNodes: readonly NodeBlocks[];
  private readonly bootNode: NodeBlocks;
  private readonly maxOrder: number;
  private readonly zeroRecycled: boolean;
  private readonly failAllocations: ReadonlySet<number>;
  /** State of the next block handed out: reserved until startBooks(), allocated from then on. */
  private taken: BlockState = BLOCK.reserved;
  /** Of the base pages that went back last. */
  private readonly row = { given: 0, booked: 0 };
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
    this.nodes = memory.map(({ basePfn, nrPages }) => new NodeBlocks(basePfn, nrPages, options.maxOrder));
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
    for (const node of this.nodes) node.bootEnd = node.touchedEnd;
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
        node.giveBack(index, order);
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
      const given = node === undefined ? 0 : this.giveBackInRow(node, pfns, i, count);
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
      const end = node.touchedEnd;
      for (let offset = 0; offset < end;) {
        const order = node.allocatedOrder(offset);
        const next = order === NO_PAGE ? offset + 1 : offset + 2 ** order;
        if (order !== NO_PAGE && !node.isReserved(offset)) {
          for (; offset < next; offset++) yield node.basePfn + offset;
        }
        offset = next;
      }
    }
  }

  /** Whether the frame is handed out. */
  isAllocated(pfn: number): boolean {
    const node = this.nodeOf(pfn);
    return node !== undefined && node.allocatedOrder(pfn - node.basePfn) !== NO_PAGE;
  }

  /** Order of the block that was handed out with this frame in it, or {@link NO_PAGE}. */
  blockOrder(pfn: number): number {
    const node = this.nodeOf(pfn);
    return node === undefined ? NO_PAGE : node.allocatedOrder(pfn - node.basePfn);
  }

  /** Looks up to whom a frame belongs, and if it is handed out, with which block. */
  locate(pfn: number, found: FrameLocation): void {
    let before = 0;
    for (let n = 0; n < this.nodes.length; n++) {
      const node = this.nodes[n]!;
      const offset = pfn - node.basePfn;
      if (offset >= 0 && offset < node.nrPages) {
        const order = node.allocatedOrder(offset);
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
    return node?.isReserved(pfn - node.basePfn) ?? false;
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

  private takeForGood(node: NodeBlocks, order: number): number {
    const pfn = node.take(order, this.taken);
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
    const own = preferred === undefined ? NO_PAGE : preferred.take(order, this.taken);
    if (own !== NO_PAGE) return own;
    for (const node of this.servingNodes) {
      const pfn = node.take(order, this.taken);
      if (pfn !== NO_PAGE) return pfn;
    }
    return NO_PAGE;
  }

  private takeChosen(chooser: BlockChooser, order: number, nid: number): number {
    const chosen = chooser.choose(order);
    if (chosen === NO_PAGE) return NO_PAGE;
    if (chosen !== undefined && this.nodeOf(chosen)?.takeAt(chosen, order, this.taken)) return chosen;
    return this.takeAny(order, nid);
  }

  private giveBackInRow(node: NodeBlocks, pfns: Float64Array, from: number, end: number): number {
    node.giveBackInRow(pfns, from, end, this.row);
    this.pagesOut -= this.row.booked;
    this.counts.freePages += this.row.given;
    return this.row.given;
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

  /** A free that does not match what was allocated: part of a block, several blocks, or nothing of ours. */
  private freePageByPage(pfn: number, nrPages: number, onBadFree: (bad: BadFree) => void): number {
    let taken = 0;
    let named = false;
    for (let frame = pfn; frame < pfn + nrPages; frame++) {
      const node = this.nodeOf(frame);
      const order = node === undefined ? NO_PAGE : node.allocatedOrder(frame - node.basePfn);
      if (node === undefined || order === NO_PAGE) {
        if (!named)
          onBadFree({ kind: this.wasAllocated(node, frame) ? 'double-free' : 'free-not-allocated', pfn: frame });
        named = true;
        continue;
      }
      const isBooked = !node.isReserved(frame - node.basePfn);
      node.givePageBack(frame - node.basePfn, order);
      if (isBooked) this.pagesOut--;
      taken++;
    }
    this.counts.freePages += taken;
    return taken;
  }

  private wasAllocated(node: NodeBlocks | undefined, pfn: number): boolean {
    return node !== undefined && pfn - node.basePfn < node.touchedEnd;
  }

  private nodeOf(pfn: number): NodeBlocks | undefined {
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
