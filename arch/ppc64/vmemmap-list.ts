// SPDX-License-Identifier: GPL-2.0-only

import { highHalf, joinHalves } from '../../src/hardware/word-halves.js';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import { swap32 } from '../../src/hardware/page-table.js';
import type { Ram } from '../../src/hardware/ram.js';
import type { StateReader, StateWriter } from '../../src/hardware/saved-state.js';
import { allocPages, type Kernel } from '../../src/kernel/kernel.js';

/**
 * vmemmap_list of arch/powerpc/mm/init_64.c: which block is mapped where, as a list of nodes in memory. Nodes are carved
 * from whole pages; those given back wait on a list of their own and never return to the page allocator.
 */

/** sizeof(struct vmemmap_backing): next node, physical address, virtual address. */
const NODE_BYTES = 24;
const LIST = 0;
const PHYS = 8;
const VIRT = 16;
/** The end of a list. */
const NULL_NODE = 0;

/** Bits 52-63 of an address in the linear map are 0xc00, and for long also those of a vmemmap address. */
const KERNEL_HI = 0xc000_0000;
/** Bits 52-63 of an address, in its high half. */
const REGION_HI = 0xfff0_0000;
/** Bits 32-51 of an address. */
const ADDRESS_HI = 0x000f_ffff;

export interface Backing {
  /** Low 52 bits of the first address of the block. */
  virt: number;
  /** Physical byte address. */
  phys: number;
}

/** vmemmap_list: physical address of its first node, {@link NULL_NODE} if it has none. */
export interface ListHead {
  first: number;
}

export const emptyList = (): ListHead => ({ first: NULL_NODE });

/** Every block that a list notes, newest first. */
export function* backings(ram: Ram, { first }: ListHead): Generator<Backing> {
  for (let node = first; node !== NULL_NODE; node = readDoubleword(ram, node + LIST)) {
    yield { virt: readDoubleword(ram, node + VIRT), phys: readDoubleword(ram, node + PHYS) };
  }
}

/** A 64-bit number in memory, without its upper 12 bits. */
function readDoubleword(ram: Ram, pa: number): number {
  const at = ram.wordIndex(pa);
  return joinHalves(swap32(ram.words[at]!) & ADDRESS_HI, swap32(ram.words[at + 1]!));
}

export class VmemmapList {
  /** Base pages that nodes were carved from; none of them is ever given back. */
  pages = 0;
  private freed = NULL_NODE;
  private numFreed = 0;
  private chunk = NULL_NODE;
  private numLeft = 0;
  private readonly ram;

  private readonly virtHi: number;

  /** @param vmemmapHi bits 32-63 of a vmemmap address */
  constructor(
    private readonly kernel: Kernel,
    private readonly head: ListHead = emptyList(),
    vmemmapHi = KERNEL_HI,
  ) {
    this.ram = kernel.ram;
    this.virtHi = (vmemmapHi & REGION_HI) >>> 0;
  }

  /**
   * vmemmap_list_populate(): notes a block.
   * @returns false if there was no page for a node
   */
  populate(phys: number, virt: number, nid: number): boolean {
    const node = this.alloc(nid);
    if (node === NULL_NODE) {
      if (!this.kernel.traits.ppc64NodeFailureUndone) this.kernel.log.warn('vmemmap_list_populate');
      return false;
    }
    this.kernel.observer?.listNode(node);
    this.write(node + PHYS, phys, 0);
    this.write(node + VIRT, virt, this.virtHi);
    this.write(node + LIST, this.head.first, this.head.first === NULL_NODE ? 0 : KERNEL_HI);
    this.head.first = node;
    return true;
  }

  /**
   * vmemmap_list_free(): takes the node of a block out, walking the list from its head.
   * @returns the physical address of the block; 0 if there is no node, or if it says so
   */
  free(virt: number): number {
    const { observer } = this.kernel;
    let previous = NULL_NODE;
    let node = this.head.first;
    while (node !== NULL_NODE && this.read(node + VIRT) !== virt) {
      if (observer !== null) observer.listNode(node);
      previous = node;
      node = this.read(node + LIST);
    }
    if (node === NULL_NODE) return 0;
    observer?.listNode(node);
    const rest = this.read(node + LIST);
    if (previous === NULL_NODE) this.head.first = rest;
    else this.write(previous + LIST, rest, rest === NULL_NODE ? 0 : KERNEL_HI);
    this.write(node + LIST, this.freed, this.freed === NULL_NODE ? 0 : KERNEL_HI);
    this.freed = node;
    this.numFreed++;
    return this.read(node + PHYS);
  }

  save(to: StateWriter): void {
    to.word(this.pages);
    to.wide(this.head.first);
    to.wide(this.freed);
    to.word(this.numFreed);
    to.wide(this.chunk);
    to.word(this.numLeft);
  }

  restore(from: StateReader): void {
    this.pages = from.word();
    this.head.first = from.wide();
    this.freed = from.wide();
    this.numFreed = from.word();
    this.chunk = from.wide();
    this.numLeft = from.word();
  }

  /** vmemmap_list_alloc(): nodes given back first, then the rest of a page, then a new page. */
  private alloc(nid: number): number {
    if (this.numFreed > 0) {
      this.numFreed--;
      const node = this.freed;
      this.freed = this.read(node + LIST);
      return node;
    }
    if (this.numLeft === 0) {
      const pfn = allocPages(this.kernel, 0, nid);
      if (pfn === NO_PAGE) {
        this.kernel.log.warn('vmemmap_list_alloc');
        return NULL_NODE;
      }
      if (!this.kernel.allocator.isReserved(pfn)) this.pages++;
      this.chunk = pfn * this.kernel.pageSize;
      this.numLeft = Math.floor(this.kernel.pageSize / NODE_BYTES);
    }
    this.numLeft--;
    const node = this.chunk;
    this.chunk += NODE_BYTES;
    return node;
  }

  private read(pa: number): number {
    return readDoubleword(this.ram, pa);
  }

  private write(pa: number, value: number, hi: number): void {
    const at = this.ram.wordIndex(pa);
    const { words } = this.ram;
    words[at] = swap32((highHalf(value) | hi) >>> 0);
    words[at + 1] = swap32(value >>> 0);
  }
}
