// SPDX-License-Identifier: GPL-2.0-only

import type { Arch, KernelPaging } from '../../../src/kernel/arch.js';
import { alignDown } from '../../../src/hardware/align.js';
import type { Mmu } from '../../../src/hardware/mmu.js';
import { HPTE, type Leaf, type LeafField } from '../../../src/hardware/page-table.js';
import type { Kernel } from '../../../src/kernel/kernel.js';
import type { Observer } from '../../../src/kernel/observer.js';
import type { VmemAltmap } from '../../../src/kernel/memremap.js';
import { freeBlocks, populateBlocks, type BlockMapping } from '../block-vmemmap.js';
import { VmemmapList } from '../vmemmap-list.js';
import { linuxPaging } from './linux-page-table.js';
import {
  HASH_PAGE_SIZES,
  HashPageTable,
  HPTES_PER_GROUP,
  NO_SLOT,
  type SegmentShift,
  type VirtualPage,
} from './hash-page-table.js';
import { virtualPage, vmemmapContext, vpnText } from './vsid.js';

/**
 * The vmemmap under the hash MMU: bolted entries in the hashed page table (arch/powerpc/mm/book3s64/hash_pgtable.c,
 * hash_utils.c), and vmemmap_list to know them by.
 */

/** Real address of the hashed page table, above all memory that is modelled. */
const HTAB_BASE = 2 ** 51;
/** Size of a large page for the vmemmap, bytes. */
const LARGE_BLOCK = 2 ** 24;
/** htab_convert_pte_flags() of PAGE_KERNEL: no execution 4, M 0x10, C 0x80, R 0x100, and the kernel's storage key 3. */
const KERNEL_FLAGS = 0x794;

/** The fields of a bolted entry's second doubleword (arch/powerpc/include/asm/book3s/64/mmu-hash.h). */
const LEAF_FIELDS: readonly LeafField[] = [
  { name: 'HPTE_R_PP', mask: 0x3n, says: 'protection; 0 is the kernel’s, read and write' },
  { name: 'HPTE_R_N', mask: 0x4n, says: 'is not executed' },
  { name: 'HPTE_R_G', mask: 0x8n, says: 'guarded' },
  { name: 'HPTE_R_M', mask: 0x10n, says: 'coherent' },
  { name: 'HPTE_R_I', mask: 0x20n, says: 'not cached' },
  { name: 'HPTE_R_W', mask: 0x40n, says: 'write-through' },
  { name: 'HPTE_R_C', mask: 0x80n, says: 'was written' },
  { name: 'HPTE_R_R', mask: 0x100n, says: 'was used' },
  { name: 'HPTE_R_KEY_LO', mask: 0xe00n, says: 'lower bits of the storage key' },
];

export interface HashOptions {
  htabSizeBytes: number;
  /** mmu_vmemmap_psize, bytes. */
  vmemmapPageSize: number;
  segmentShift: SegmentShift;
  /** Bits 32-63 of the address of the struct page of pfn 0. */
  vmemmapHi: number;
}

export class HashVmemmap implements Arch {
  readonly pmdSize = LARGE_BLOCK;
  readonly pageblockPages: number;
  readonly optimizesDaxVmemmap = false;
  readonly hasPageTables = false;
  readonly leafSizes: readonly { name: string; size: number }[];
  private readonly list: VmemmapList;
  private readonly table: HashPageTable;
  private readonly context: number;
  /** Linux's own page table, where a helper that knows no hashed one writes to it. */
  readonly paging?: KernelPaging;

  constructor(
    private readonly kernel: Kernel,
    private readonly options: HashOptions,
  ) {
    const { htabSizeBytes, segmentShift, vmemmapPageSize } = options;
    const pageSize = HASH_PAGE_SIZES[vmemmapPageSize];
    if (pageSize === undefined) throw new RangeError(`the hash MMU has no vmemmap pages of ${vmemmapPageSize} bytes`);
    const { traits } = kernel;
    this.list = new VmemmapList(kernel, options.vmemmapHi);
    this.table = new HashPageTable(kernel.ram, HTAB_BASE, htabSizeBytes, segmentShift, pageSize);
    this.context = vmemmapContext(kernel.pageSize, traits);
    if (traits.daxTailReuse && !traits.daxArchOptIn) {
      this.paging = linuxPaging(kernel, kernel.allocator.reserve() * kernel.pageSize);
    }
    this.pageblockPages = LARGE_BLOCK / kernel.pageSize;
    this.leafSizes = [{ name: 'hpte', size: vmemmapPageSize }];
  }

  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    const size = this.options.vmemmapPageSize;
    return populateBlocks(this.kernel, this.list, this.mapping, size, start, end, nid, altmap);
  }

  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    freeBlocks(this.kernel, this.list, this.mapping, this.options.vmemmapPageSize, start, end, altmap);
  }

  /** Refused under hash, whatever the sizes. */
  get selectsMemmapOnMemory(): boolean {
    return this.kernel.traits.momRadix;
  }

  supportsMemmapOnMemory(): boolean {
    return false;
  }

  /** The look-up of the hardware, with the page size that the segment of the vmemmap has. */
  readonly mmu: Mmu = {
    walk: (address) => {
      const size = this.options.vmemmapPageSize;
      const start = alignDown(address, size);
      const slot = this.table.find(this.pageOf(start));
      if (slot === NO_SLOT) return undefined;
      return { start, size, level: HPTE, pa: this.table.realAddress(slot), lo: this.table.flags(slot), hi: 0 };
    },
  };

  /** What vmemmap_list knows: there is no page table to walk. */
  visit: Arch['visit'] = (start, end, onLeaf) => {
    const size = this.options.vmemmapPageSize;
    const blocks = [...this.list.entries()].filter(({ virt }) => virt >= start && virt < end);
    for (const { virt, phys } of blocks.sort((a, b) => a.virt - b.virt)) {
      const slot = this.table.find(this.pageOf(virt));
      const lo = slot === NO_SLOT ? 0 : this.table.flags(slot);
      onLeaf({ start: virt, size, level: HPTE, pa: phys, lo, hi: 0 });
    }
  };

  leafFlags: Arch['leafFlags'] = (leaf: Leaf) => BigInt(leaf.lo);

  readonly leafFields = LEAF_FIELDS;

  keepsEmptyTable(): boolean {
    return false;
  }

  bookPages = (): number => this.list.pages;

  save: NonNullable<Arch['save']> = (to) => this.list.save(to);

  restore: NonNullable<Arch['restore']> = (from) => this.list.restore(from);

  unusedStart(): number {
    return 0;
  }

  describe: NonNullable<Arch['describe']> = (text) => {
    const blocks = [...this.list.entries()].sort((a, b) => a.virt - b.virt);
    const hptes = blocks.flatMap(({ virt }) => {
      const page = this.pageOf(virt);
      const slot = this.table.find(page);
      if (slot === NO_SLOT) return [];
      const group = Math.floor(slot / HPTES_PER_GROUP).toString(16);
      return [`${text(virt)} group=${group} vpn=${vpnText(page, this.options.segmentShift)}`];
    });
    return { hptes };
  };

  private pageOf(address: number): VirtualPage {
    return virtualPage(address, this.context, this.options.segmentShift);
  }

  private readonly mapping: BlockMapping = {
    create: (address, phys) => this.htabBoltMapping(address, phys),
    remove: (address) => {
      if (!this.removeBolted(address)) this.kernel.log.warn('hash__vmemmap_remove_mapping');
    },
  };

  /**
   * htab_bolt_mapping(): into the primary group, if need be in place of an entry that is not bolted; then likewise into
   * the secondary group. The entry does not say which of them it is in.
   * @returns 0, or -1 when both groups are full of bolted entries
   */
  private htabBoltMapping(address: number, phys: number): number {
    const { table } = this;
    const { observer } = this.kernel;
    const page = this.pageOf(address);
    for (const group of [table.primaryGroup(page), table.secondaryGroup(page)]) {
      let slot = table.insert(group, page, phys, KERNEL_FLAGS);
      if (slot === NO_SLOT && table.evict(group)) slot = table.insert(group, page, phys, KERNEL_FLAGS);
      if (slot === NO_SLOT) {
        observer?.probeGroup(table.groupAddress(group), HPTES_PER_GROUP);
        continue;
      }
      // A bolted entry is told by its group and slot, and by what it maps.
      observer?.setEntry(HPTE, address, slot, phys);
      observer?.insertSlot(table.groupAddress(group), (slot % HPTES_PER_GROUP) + 1);
      return 0;
    }
    return -1;
  }

  /** native_hpte_removebolted(). Returns whether there was an entry. */
  private removeBolted(address: number): boolean {
    const { observer } = this.kernel;
    const page = this.pageOf(address);
    const slot = this.table.find(page);
    if (observer !== null) this.tellSearch(observer, page, slot);
    if (slot === NO_SLOT) return false;
    this.table.invalidate(slot);
    observer?.clearEntry(HPTE, address);
    observer?.removeSlot(this.table.groupAddress(Math.floor(slot / HPTES_PER_GROUP)));
    return true;
  }

  /** Tells which groups a search has read until it found a slot, or none. */
  private tellSearch(observer: Observer, page: VirtualPage, slot: number): void {
    const { table } = this;
    for (const group of [table.primaryGroup(page), table.secondaryGroup(page)]) {
      const found = slot !== NO_SLOT && Math.floor(slot / HPTES_PER_GROUP) === group;
      observer.probeGroup(table.groupAddress(group), found ? (slot % HPTES_PER_GROUP) + 1 : HPTES_PER_GROUP);
      if (found) return;
    }
  }
}
