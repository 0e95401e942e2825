// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../../architecture.js';
import { alignDown } from '../../../src/hardware/align.js';
import type { Mmu } from '../../../src/hardware/mmu.js';
import { HPTE, type LeafField } from '../../../src/hardware/page-table.js';
import type { Ram } from '../../../src/hardware/ram.js';
import type { Observer } from '../../../src/kernel/observer.js';
import type { HashedPageTable, Platform } from '../../../src/kernel/platform.js';
import { backings, emptyList } from '../vmemmap-list.js';
import {
  HASH_PAGE_SIZES,
  HashPageTable,
  HPTES_PER_GROUP,
  NO_SLOT,
  type SegmentShift,
  type VirtualPage,
} from './hash-page-table.js';
import { HPTE_R } from './hpte-bits.js';
import { virtualPage, vmemmapContext } from './vsid.js';

/** The hash MMU as it maps the vmemmap: bolted entries, of which only vmemmap_list tells where they are. */

/** Real address of the hashed page table, or of its end where system memory lies there. */
const HTAB_BASE = 2 ** 51;
const HTAB_END = 2 ** 52;
/** Size of a large page for the vmemmap, bytes. */
export const LARGE_BLOCK = 2 ** 24;

export interface HashOptions {
  htabSizeBytes: number;
  /** mmu_vmemmap_psize, bytes. */
  vmemmapPageSize: number;
  segmentShift: SegmentShift;
}

function htabBase({ allocator, pageSize }: Machine, bytes: number): number {
  const isTaken = [HTAB_BASE, HTAB_BASE + bytes - 1].some((pa) => allocator.owns(Math.floor(pa / pageSize)));
  return isTaken ? HTAB_END - bytes : HTAB_BASE;
}

export class HashPlatform implements Platform {
  readonly pmdSize = LARGE_BLOCK;
  readonly pageblockPages: number;
  readonly leafSizes: readonly { name: string; size: number }[];
  readonly leafFields: readonly LeafField[] = Object.values(HPTE_R);
  readonly leafFlags: Platform['leafFlags'] = ({ lo }) => BigInt(lo);
  readonly htab: HashPageTable;
  /** Where vmemmap_list begins: the kernel's code writes it. */
  readonly list = emptyList();
  private readonly ram: Ram;
  private readonly context: number;

  constructor(
    machine: Machine,
    readonly options: HashOptions,
  ) {
    const { ram, pageSize, traits } = machine;
    const { htabSizeBytes, segmentShift, vmemmapPageSize } = options;
    const hashPageSize = HASH_PAGE_SIZES[vmemmapPageSize];
    if (hashPageSize === undefined) {
      throw new RangeError(`the hash MMU has no vmemmap pages of ${vmemmapPageSize} bytes`);
    }
    this.ram = ram;
    this.htab = new HashPageTable(ram, htabBase(machine, htabSizeBytes), htabSizeBytes, segmentShift, hashPageSize);
    this.context = vmemmapContext(pageSize, traits);
    this.pageblockPages = LARGE_BLOCK / pageSize;
    this.leafSizes = [{ name: 'hpte', size: vmemmapPageSize }];
    this.hashed = {
      groupMask: this.htab.groupMask,
      pageShift: Math.log2(vmemmapPageSize),
      segmentShift,
      insert: (group, vsid, offset, pa, flags, address, observer) =>
        this.insert(group, { vsid, offset }, pa, flags, address, observer),
      evict: (group) => this.htab.evict(group),
      removeBolted: (address, observer) => this.removeBolted(address, observer),
    };
  }

  private insert(
    group: number,
    page: VirtualPage,
    pa: number,
    flags: number,
    address: number,
    observer: Observer | null,
  ): number {
    const slot = this.htab.insert(group, page, pa, flags);
    if (slot === NO_SLOT) return NO_SLOT;
    const inGroup = slot % HPTES_PER_GROUP;
    // A bolted entry is told by its group and slot, and by what it maps.
    observer?.setEntry(HPTE, address, slot, pa);
    observer?.insertSlot(this.htab.groupAddress(group), inGroup + 1);
    return inGroup;
  }

  private removeBolted(address: number, observer: Observer | null): boolean {
    const page = this.pageOf(address);
    const slot = this.htab.find(page);
    if (observer !== null) this.tellSearch(observer, page, slot);
    if (slot === NO_SLOT) return false;
    this.htab.invalidate(slot);
    observer?.clearEntry(HPTE, address);
    observer?.removeSlot(this.htab.groupAddress(Math.floor(slot / HPTES_PER_GROUP)));
    return true;
  }

  /** Tells which groups a search has read until it found a slot, or none. */
  private tellSearch(observer: Observer, page: VirtualPage, slot: number): void {
    const { htab } = this;
    for (const group of [htab.primaryGroup(page), htab.secondaryGroup(page)]) {
      const found = slot !== NO_SLOT && Math.floor(slot / HPTES_PER_GROUP) === group;
      observer.probeGroup(htab.groupAddress(group), found ? (slot % HPTES_PER_GROUP) + 1 : HPTES_PER_GROUP);
      if (found) return;
    }
  }

  /** mmu_hash_ops on bare metal: native_hpte_insert(), native_hpte_remove(), native_hpte_removebolted(). */
  readonly hashed: HashedPageTable;

  /** The look-up of the hardware, with the page size that the segment of the vmemmap has. */
  readonly mmu: Mmu = {
    walk: (address) => {
      const size = this.options.vmemmapPageSize;
      const start = alignDown(address, size);
      const slot = this.htab.find(this.pageOf(start));
      if (slot === NO_SLOT) return undefined;
      return { start, size, level: HPTE, pa: this.htab.realAddress(slot), lo: this.htab.flags(slot), hi: 0 };
    },
  };

  /** What vmemmap_list knows: there is no page table to walk. */
  visit: Platform['visit'] = (start, end, onLeaf) => {
    const size = this.options.vmemmapPageSize;
    const blocks = [...backings(this.ram, this.list)].filter(({ virt }) => virt >= start && virt < end);
    for (const { virt, phys } of blocks.sort((a, b) => a.virt - b.virt)) {
      const slot = this.htab.find(this.pageOf(virt));
      const lo = slot === NO_SLOT ? 0 : this.htab.flags(slot);
      onLeaf({ start: virt, size, level: HPTE, pa: phys, lo, hi: 0 });
    }
  };

  /** The virtual page that an address of the vmemmap lies in. */
  pageOf(address: number): VirtualPage {
    return virtualPage(address, this.context, this.options.segmentShift);
  }
}
