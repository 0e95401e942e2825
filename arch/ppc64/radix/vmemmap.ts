// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, VmemmapCode } from '../../../src/kernel/vmemmap-code.js';
import type { TablePlatform } from '../../../src/kernel/platform.js';
import { alignDown, isAligned } from '../../../src/hardware/align.js';
import { NO_PAGE } from '../../../src/hardware/buddy-blocks.js';
import {
  ENTRY_BYTES,
  P4D,
  PMD,
  PTE,
  PUD,
  swap32,
  tableIndex,
  type Level,
  type PageTable,
  ENTRY_WORDS,
} from '../../../src/hardware/page-table.js';
import { ENOMEM } from '../../../src/kernel/errno.js';
import { KernelBug } from '../../../src/kernel/log.js';
import { allocPages, freePages, noteClear, noteFlush, noteSet, type Kernel } from '../../../src/kernel/kernel.js';
import type { Decision } from '../../../src/kernel/observer.js';
import { vmemmapAllocBlockBuf } from '../../../src/mm/sparse-vmemmap.js';
import type { DevPagemap, VmemAltmap } from '../../../src/kernel/memremap.js';
import { freeBlocks, freeVmemmapPages, populateBlocks, type BlockMapping } from '../block-vmemmap.js';
import { altmapCrossBoundary, vmemmapPopulated } from '../populated.js';
import { VmemmapList } from '../vmemmap-list.js';
import { entryAddress, LEAF_HI, leafHi, leafLo, PRESENT_HI, tableHi, tableLo } from './layout.js';
import { PMD_SIZE } from './platform.js';

/** arch/powerpc/mm/book3s64/radix_pgtable.c: the vmemmap in a radix tree. */

/** What a function returns in place of an entry that it could not make the way to. */
const NO_ENTRY = -1;

/** What radix__vmemmap_populate() finds at a PMD, told to an observer. */
const POPULATE = 'radix__vmemmap_populate';
const NEW_LEAF: Decision = { because: 'pmd_none(), and there is memory for a leaf', so: 'a leaf of 2 MiB' };
const NO_MEMORY_FOR_LEAF: Decision = { because: 'pmd_none(), and no memory for a leaf', so: 'a base page' };
const NO_LEAF_HERE: Decision = {
  because: 'pmd_none(), and the address is not PMD aligned or the altmap ends inside the PMD',
  so: 'a base page',
};
const LEAF_SERVES: Decision = { because: 'the PMD is a leaf', so: 'nothing new: the leaf that is there serves' };
const TABLE_THERE: Decision = { because: 'the PMD points to a page table', so: 'a base page' };

/** What vmemmap_populate_compound_pages() of radix maps where, told to an observer. */
const COMPOUND_PAGES = 'vmemmap_populate_compound_pages';
const HEAD_AND_TAIL: Decision = { because: 'a compound page begins here', so: 'a head page and a tail page' };
const OTHER_TAILS: Decision = { because: 'a compound page goes on here', so: 'its tail page again' };
const NO_TAIL: Decision = { because: 'the compound page has no tail page yet and gets none', so: 'a base page' };

export class RadixVmemmap implements VmemmapCode {
  readonly populateCompoundPages: VmemmapCode['populateCompoundPages'];
  /** What the helpers of mm/sparse-vmemmap.c write; they fold compound pages where the MMU's own code does not. */
  readonly paging: KernelPaging;
  private readonly mmu: PageTable;
  private readonly list: VmemmapList;
  private readonly ram;
  private readonly pageSize: number;
  private readonly pageShift: number;
  private readonly pmdOrder: number;
  /** mmu_vmemmap_psize, bytes: what one entry of vmemmap_list stands for. */
  private readonly blockSize: number;

  constructor(
    private readonly kernel: Kernel,
    { table }: TablePlatform,
  ) {
    this.ram = kernel.ram;
    this.pageSize = kernel.pageSize;
    this.pageShift = Math.log2(kernel.pageSize);
    this.pmdOrder = Math.log2(PMD_SIZE / kernel.pageSize);
    this.blockSize = kernel.traits.ppc64RadixLeaf2M ? PMD_SIZE : kernel.pageSize;
    this.list = new VmemmapList(kernel);
    this.populateCompoundPages = kernel.traits.ppc64RadixOwnTables
      ? (startPfn, start, end, nid, pgmap) => this.radixPopulateCompoundPages(startPfn, start, end, nid, pgmap)
      : undefined;
    this.mmu = table;
    this.paging = {
      table: this.mmu,
      isNone: (word0, word1) => (word0 | word1) === 0,
      populate: (level, entry, tablePa, address) =>
        this.set(level, entry, address, tableLo(this.pageShift, level, tablePa), tableHi(tablePa)),
      pteWord0: (pfn) => swap32(leafHi(pfn * kernel.pageSize)),
      pteWord1: (pfn) => swap32(leafLo(pfn * kernel.pageSize)),
    };
  }

  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    if (this.kernel.traits.ppc64RadixOwnTables) return this.radixVmemmapPopulate(start, end, nid, altmap);
    return populateBlocks(this.kernel, this.list, this.blocks, this.blockSize, start, end, nid, altmap);
  }

  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    if (this.kernel.traits.ppc64RadixOwnTables) this.removePagetable(start, end, altmap, true);
    else freeBlocks(this.kernel, this.list, this.blocks, this.blockSize, start, end, altmap);
  }

  /** Every table but the root is freed. */
  keepsEmptyTable(): boolean {
    return false;
  }

  bookPages = (): number => this.list.pages;

  save: NonNullable<VmemmapCode['save']> = (to) => this.list.save(to);

  restore: NonNullable<VmemmapCode['restore']> = (from) => this.list.restore(from);

  unusedStart(): number {
    return 0;
  }

  /** Blocks through __map_kernel_page(), as before the tables were walked directly. */
  private readonly blocks: BlockMapping = {
    create: (address, phys) => {
      const level = this.blockSize === PMD_SIZE ? PMD : PTE;
      const entry = this.tablesAlloc(level, address);
      this.kernel.observer?.walk(level, address);
      if (entry === NO_ENTRY) throw new KernelBug('BUG_ON in radix__vmemmap_create_mapping()');
      this.setLeaf(level, entry, address, phys);
      return 0;
    },
    remove: (address) => this.removePagetable(address, address + this.blockSize, null, false),
  };

  /** radix__vmemmap_populate(). Returns 0 or -ENOMEM. */
  private radixVmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    const { kernel, mmu, pageSize } = this;
    let next: number;
    for (let address = this.populateStart(start, altmap); address < end; address = next) {
      next = Math.min(alignDown(address, PMD_SIZE) + PMD_SIZE, end);
      const entry = this.tablesAlloc(PMD, address);
      if (entry === NO_ENTRY) return -ENOMEM;
      if (kernel.observer !== null) kernel.observer.walk(PMD, address);
      let decision = TABLE_THERE;
      if (this.isNone(entry)) {
        decision = NO_LEAF_HERE;
        if (this.mayMakeLeaf(address, altmap)) {
          decision = NO_MEMORY_FOR_LEAF;
          const pfn = vmemmapAllocBlockBuf(kernel, this.pmdOrder, nid, altmap);
          if (pfn !== NO_PAGE) {
            if (kernel.observer !== null) kernel.observer.decide(POPULATE, NEW_LEAF, address, next);
            this.setLeaf(PMD, entry, address, pfn * pageSize);
            continue;
          }
        }
      } else if ((mmu.hi(entry) & LEAF_HI) !== 0) {
        if (kernel.observer !== null) kernel.observer.decide(POPULATE, LEAF_SERVES, address, next);
        continue;
      }
      if (kernel.observer !== null) kernel.observer.decide(POPULATE, decision, address, address + pageSize);
      const pte = this.tablesAlloc(PTE, address);
      if (pte === NO_ENTRY || !this.ptePopulate(pte, address, nid, altmap)) return -ENOMEM;
      next = address + pageSize;
    }
    return 0;
  }

  /** Where populating starts. */
  private populateStart(start: number, altmap: VmemAltmap | null): number {
    const { traits } = this.kernel;
    if (traits.ppc64RadixRamLeafAlways && altmap === null) return alignDown(start, PMD_SIZE);
    return traits.ppc64RadixPageAlignedStart ? alignDown(start, this.pageSize) : start;
  }

  /** Whether a leaf of 2 MiB is tried at an address. */
  private mayMakeLeaf(address: number, altmap: VmemAltmap | null): boolean {
    if (altmap === null && !this.kernel.traits.ppc64RadixPageAlignedStart) return true;
    if (!isAligned(address, PMD_SIZE)) return false;
    return altmap === null || !altmapCrossBoundary(this.kernel, altmap, address, PMD_SIZE);
  }

  /**
   * radix__vmemmap_pte_populate(): a base page, from the altmap if the page describes nothing outside the device, else
   * from system memory.
   * @returns false if there is no memory
   */
  private ptePopulate(entry: number, address: number, nid: number, altmap: VmemAltmap | null): boolean {
    this.kernel.observer?.walk(PTE, address);
    if (!this.isNone(entry)) return true;
    const { kernel, pageSize } = this;
    const own = altmap !== null && !altmapCrossBoundary(kernel, altmap, address, pageSize) ? altmap : null;
    let pfn = vmemmapAllocBlockBuf(kernel, 0, nid, own);
    if (pfn === NO_PAGE && own !== null) pfn = vmemmapAllocBlockBuf(kernel, 0, nid, null);
    if (pfn === NO_PAGE) return false;
    this.setLeaf(PTE, entry, address, pfn * pageSize);
    return true;
  }

  /**
   * vmemmap_populate_compound_pages(): a head page and a tail page for each compound page, found by its place in the
   * address space; every other page of it maps the tail page.
   * @returns 0 or -ENOMEM
   */
  private radixPopulateCompoundPages(
    startPfn: number,
    start: number,
    end: number,
    nid: number,
    pgmap: DevPagemap,
  ): number {
    const { kernel, mmu, pageSize } = this;
    const { observer } = kernel;
    const { ppc64RadixCompoundByAddress } = kernel.traits;
    const nrPages = 2 ** pgmap.vmemmapShift;
    // The kernel's own position until it learnt to ask the address: one pfn on for each page of vmemmap.
    let countedPfn = startPfn;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = address + pageSize;
      const pfn = ppc64RadixCompoundByAddress
        ? Math.floor((address - kernel.vmemmap) / kernel.structPageSize)
        : countedPfn;
      countedPfn++;
      const pmd = this.tablesAlloc(PMD, address);
      if (pmd === NO_ENTRY) return -ENOMEM;
      if ((mmu.hi(pmd) & LEAF_HI) !== 0) {
        observer?.decide(COMPOUND_PAGES, LEAF_SERVES, address, Math.min(alignDown(address, PMD_SIZE) + PMD_SIZE, end));
        next = Math.min(alignDown(address, PMD_SIZE) + PMD_SIZE, end);
        countedPfn = pfn + PMD_SIZE / pageSize;
        continue;
      }
      const pte = this.tablesAlloc(PTE, address);
      if (pte === NO_ENTRY) return -ENOMEM;
      if (!this.isNone(pte)) continue;
      const pfnOffset = pfn - alignDown(pfn, nrPages);
      if (pfnOffset === 0) {
        observer?.decide(COMPOUND_PAGES, HEAD_AND_TAIL, address, address + 2 * pageSize);
        if (!this.ptePopulate(pte, address, nid, null)) return -ENOMEM;
        if (this.populateAddress(address + pageSize, nid) === NO_ENTRY) return -ENOMEM;
        next = address + 2 * pageSize;
        countedPfn++;
        continue;
      }
      const tail = this.compoundTailPage(address - pfnOffset * kernel.structPageSize + pageSize, nid);
      observer?.decide(COMPOUND_PAGES, tail === NO_ENTRY ? NO_TAIL : OTHER_TAILS, address, address + pageSize);
      if (tail === NO_ENTRY) {
        if (!this.ptePopulate(pte, address, nid, null)) return -ENOMEM;
        continue;
      }
      // The page may be the tail page itself, and have come just now.
      if (!this.isNone(pte)) continue;
      const pa = entryAddress(mmu.lo(tail), mmu.hi(tail));
      kernel.allocator.getPage(pa / pageSize);
      this.setLeaf(PTE, pte, address, pa);
    }
    return 0;
  }

  /** vmemmap_compound_tail_page(): the entry of the second page of a compound page's memmap, made if need be. */
  private compoundTailPage(address: number, nid: number): number {
    const pte = this.pteOf(address);
    if (pte === NO_ENTRY || !this.isNone(pte)) return pte;
    if (this.populateAddress(address - this.pageSize, nid) === NO_ENTRY) return NO_ENTRY;
    return this.ptePopulate(pte, address, nid, null) ? pte : NO_ENTRY;
  }

  /** radix__vmemmap_populate_address(): a base page. Returns its entry, or NO_ENTRY under a large leaf. */
  private populateAddress(address: number, nid: number): number {
    const pte = this.pteOf(address);
    if (pte !== NO_ENTRY) this.ptePopulate(pte, address, nid, null);
    return pte;
  }

  /** The page-table entry of an address; NO_ENTRY if there is no memory for its tables or a large leaf in the way. */
  private pteOf(address: number): number {
    const pmd = this.tablesAlloc(PMD, address);
    if (pmd === NO_ENTRY || (this.mmu.hi(pmd) & LEAF_HI) !== 0) return NO_ENTRY;
    return this.tablesAlloc(PTE, address);
  }

  /**
   * pud_alloc(), pmd_alloc(), pte_alloc_kernel(): makes the tables above an entry. Each takes a page of its own here;
   * where the kernel hands out fragments of one, a whole page is counted.
   * @returns the entry's position, or NO_ENTRY
   */
  private tablesAlloc(level: Level, address: number): number {
    const { mmu } = this;
    let tablePa = mmu.root;
    for (let depth = 0; ; depth++) {
      const here = mmu.levels[depth]!;
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      if (here.level === level) return entry;
      if (this.isNone(entry)) {
        const pfn = allocPages(this.kernel, 0, 0);
        if (pfn === NO_PAGE) return NO_ENTRY;
        this.ram.fillFrames(pfn, 1, 0);
        tablePa = pfn * this.pageSize;
        this.kernel.observer?.clearTable(tablePa, (mmu.levels[depth + 1]!.mask + 1) * ENTRY_BYTES);
        this.kernel.observer?.lock();
        this.set(here.level, entry, address, tableLo(this.pageShift, here.level, tablePa), tableHi(tablePa));
      } else {
        tablePa = entryAddress(mmu.lo(entry), mmu.hi(entry));
      }
    }
  }

  private isNone(entry: number): boolean {
    const { words } = this.ram;
    return (words[entry]! | words[entry + 1]!) === 0;
  }

  /** set_pte_at() with PAGE_KERNEL. */
  private setLeaf(level: Level, entry: number, address: number, pa: number): void {
    this.set(level, entry, address, leafLo(pa), leafHi(pa));
  }

  private set(level: Level, entry: number, address: number, lo: number, hi: number): void {
    this.mmu.write(entry, lo, hi);
    noteSet(this.kernel, level, address, swap32(hi), swap32(lo));
  }

  /**
   * remove_pagetable().
   * @param free what the entries map is given back: not where vmemmap_list has done so already
   */
  private removePagetable(start: number, end: number, altmap: VmemAltmap | null, free: boolean): void {
    this.kernel.observer?.enter('remove_pagetable');
    this.kernel.observer?.lock();
    this.removeTable(this.mmu.root, 0, start, end, altmap, free);
    this.kernel.observer?.leave();
    noteFlush(this.kernel, 'range', start, end);
  }

  /**
   * remove_pud_table() down to remove_pte_table(): what is covered whole goes; what is covered in part goes when the
   * subsections that it describes are all invalid.
   * @param depth of the table in the geometry, 0 for the root
   */
  private removeTable(
    tablePa: number,
    depth: number,
    start: number,
    end: number,
    altmap: VmemAltmap | null,
    free: boolean,
  ): void {
    const { mmu } = this;
    const here = mmu.levels[depth]!;
    const { span, level } = here;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, span) + span, end);
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      if (this.kernel.observer !== null) this.kernel.observer.readEntry(level, address);
      const hi = mmu.hi(entry);
      if ((hi & PRESENT_HI) === 0) continue;
      const pa = entryAddress(mmu.lo(entry), hi);
      if ((hi & LEAF_HI) !== 0) {
        this.removeLeaf(level, span, entry, pa, address, next, altmap, free);
        continue;
      }
      this.removeTable(pa, depth + 1, address, next, altmap, free);
      if (level === P4D && !this.kernel.traits.ppc64RadixFreesPudTable) continue;
      if (!this.isTableEmpty(pa, depth + 1, next)) continue;
      freePages(this.kernel, Math.floor(pa / this.pageSize), 0);
      this.clear(level, entry, address);
    }
  }

  private removeLeaf(
    level: Level,
    span: number,
    entry: number,
    pa: number,
    address: number,
    next: number,
    altmap: VmemAltmap | null,
    free: boolean,
  ): void {
    const isWhole = next - address === span;
    const isVmemmapLeaf = level === PTE || level === PMD;
    if (!isWhole && (!free || !isVmemmapLeaf)) {
      this.kernel.log.warnOnce(`${UNALIGNED[level]!}: unaligned range`);
      return;
    }
    if (!isWhole && vmemmapPopulated(this.kernel, alignDown(address, span), span)) return;
    if (free && isVmemmapLeaf) {
      freeVmemmapPages(this.kernel, pa / this.pageSize, level === PMD ? this.pmdOrder : 0, altmap);
    }
    this.clear(level, entry, address);
  }

  /**
   * What free_pte_table() and its kin ask.
   * @param next where the range ends that was removed: what lies behind it is likely still in use, so a look there mostly
   *   saves the scan
   */
  private isTableEmpty(tablePa: number, depth: number, next: number): boolean {
    const { mmu, ram } = this;
    const { observer } = this.kernel;
    const here = mmu.levels[depth]!;
    const first = mmu.entry(tablePa, 0);
    if (observer === null && !this.isNone(first + tableIndex(here, next) * ENTRY_WORDS)) return false;
    const end = first + (here.mask + 1) * ENTRY_WORDS;
    const used = ram.firstNonZero(first, end);
    if (observer !== null) observer.scanTable(tablePa, Math.ceil((Math.min(used + 1, end) - first) / ENTRY_WORDS));
    return used === end;
  }

  private clear(level: Level, entry: number, address: number): void {
    this.mmu.write(entry, 0, 0);
    noteClear(this.kernel, level, address);
  }
}

/** Names of the functions that warn of a leaf which a range covers in part, by level. */
const UNALIGNED: Readonly<Record<number, string>> = {
  [PTE]: 'remove_pte_table',
  [PMD]: 'remove_pmd_table',
  [PUD]: 'remove_pud_table',
  [P4D]: 'remove_pagetable',
};
