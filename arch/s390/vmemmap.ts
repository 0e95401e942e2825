// SPDX-License-Identifier: GPL-2.0-only

import type { VmemmapCode } from '../../src/kernel/vmemmap-code.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { alignDown } from '../../src/hardware/align.js';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import {
  ENTRY_BYTES,
  PMD,
  PTE,
  PUD,
  swap32,
  tableIndex,
  type Level,
  type PageTable,
  ENTRY_WORDS,
} from '../../src/hardware/page-table.js';
import { highHalf } from '../../src/hardware/word-halves.js';
import { EINVAL, ENOMEM, ERANGE } from '../../src/kernel/errno.js';
import { FreedBasePages, mapBasePages, type MappingRows } from '../../src/kernel/base-pages.js';
import { addressAt, entryByEntry, pteRange, tellRows, type EntryRange } from '../../src/kernel/entry-rows.js';
import { allocPages, freePages, noteClear, noteFlush, noteSet, type Kernel } from '../../src/kernel/kernel.js';
import type { Decision, EntryRow } from '../../src/kernel/observer.js';
import { vmemmapAllocBlockBuf } from '../../src/mm/sparse-vmemmap.js';
import { UnusedSubPmd } from '../../src/mm/unused-sub-pmd.js';
import { vmemAltmapFree } from '../../src/mm/vmem-altmap.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import {
  EMPTY,
  EMPTY_PTE_WORDS,
  entryAddress,
  isNone,
  LARGE,
  pteWord0,
  pteWord1,
  segmentBits,
  TABLE_BITS,
  type SegmentBits,
} from './layout.js';
import {
  CRST_ALLOC_ORDER,
  crstTableInit,
  ENTRIES_PER_PAGE,
  fillEntries,
  PAGE_SIZE,
  PMD_ORDER,
  PMD_SIZE,
} from './platform.js';

/** arch/s390/mm/vmem.c: one walk, modify_pagetable(), adds and removes. */

const PTRS_PER_PTE = 256;

/** What modify_pte_table() does to a PTE: where it adds, and where it takes a page away that goes back to the allocator, or stays. */
const ADDED_PAGE: MappingRows = { none: ['allocPage', 'readEntry', 'setEntry'], mapped: null };
const KEPT_PAGE: EntryRow = ['readEntry', 'clearEntry'];
const FREED_PAGE: EntryRow = ['freePage', ...KEPT_PAGE];

/** What modify_pmd_table(), or vmemmap_populate() before it, finds at a segment, told to an observer. */
const NEW_FRAME: Decision = { because: 'pmd_none(), EDAT1, and there is memory for 1 MiB', so: 'a large segment' };
const NO_MEMORY_FOR_FRAME: Decision = { because: 'pmd_none(), EDAT1, and no memory for 1 MiB', so: 'a page table' };
const NO_EDAT1: Decision = { because: 'pmd_none() and no EDAT1', so: 'a page table' };
const FRAME_SERVES: Decision = { because: 'the segment is large', so: 'nothing new: the leaf that is there serves' };
const TABLE_THERE: Decision = { because: 'the segment points to a page table', so: 'base pages' };

export interface S390Options {
  /** MACHINE_HAS_EDAT1: 1 MiB frames. */
  edat1: boolean;
  /** VMEM_MAX_PHYS: the first byte address that cannot be mapped. */
  mappableEnd: number;
}

/** Whether an entry of a page table is empty, by its words. */
const isEmptyPte = (word0: number, word1: number): boolean =>
  word1 === EMPTY_PTE_WORDS[1] && word0 === EMPTY_PTE_WORDS[0];

/** Frame of a page-table entry, by its words in RAM. */
const ptePfn = (word0: number, word1: number): number => entryAddress(PTE, swap32(word1), swap32(word0)) / PAGE_SIZE;

export class S390Vmemmap implements VmemmapCode {
  readonly pageEntry = {
    isNone: isEmptyPte,
    pteWord0: (pfn: number) => pteWord0(pfn * PAGE_SIZE),
    pteWord1: (pfn: number) => pteWord1(pfn * PAGE_SIZE),
  };
  private readonly mmu: PageTable;
  private readonly unusedSubPmd: UnusedSubPmd;
  private readonly segmentBits: SegmentBits;
  private readonly ram;
  private readonly counters;
  private readonly freed: FreedBasePages;

  constructor(
    private readonly kernel: Kernel,
    { table }: TablePlatform,
    private readonly options: S390Options,
  ) {
    this.ram = kernel.ram;
    this.segmentBits = segmentBits(kernel.traits);
    this.counters = kernel.counters;
    this.freed = new FreedBasePages(kernel);
    this.mmu = table;
    this.unusedSubPmd = new UnusedSubPmd(kernel, this.mmu, PMD_SIZE);
  }

  /** Undoes itself when it fails; the altmap is used in releases that have it. */
  vmemmapPopulate(start: number, end: number, _nid: number, altmap: VmemAltmap | null): number {
    const { traits } = this.kernel;
    this.kernel.observer?.lock();
    if (!traits.s390FreeAndTracking) return this.populateForEver(start, end);
    const own = traits.s390Altmap ? altmap : null;
    const err = this.modifyPagetable(start, end, true, own);
    if (err !== 0) this.modifyPagetable(start, end, false, own);
    return err;
  }

  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    if (!this.kernel.traits.s390FreeAndTracking) return;
    this.kernel.observer?.lock();
    this.modifyPagetable(start, end, false, this.kernel.traits.s390Altmap ? altmap : null);
  }

  /** arch_add_memory() and vmem_add_mapping(), in the order in which they refuse. */
  refusesMemory(start: number, size: number, altmap: VmemAltmap | null): number {
    const { traits, log } = this.kernel;
    if (altmap !== null && traits.s390RefusesAltmap) {
      log.warnOnce('arch_add_memory');
      return -EINVAL;
    }
    return start + size > this.options.mappableEnd ? -ERANGE : 0;
  }

  /** Every table but the root is freed. */
  keepsEmptyTable(): boolean {
    return false;
  }

  save: NonNullable<VmemmapCode['save']> = (to) => this.unusedSubPmd.save(to);

  restore: NonNullable<VmemmapCode['restore']> = (from) => this.unusedSubPmd.restore(from);

  unusedStart(): number {
    return this.unusedSubPmd.start;
  }

  /**
   * vmemmap_populate() as long as nothing was ever removed: 1 MiB frames or base pages, by the CPU alone, and no way back.
   * @returns 0 or -ENOMEM; what was mapped stays mapped
   */
  private populateForEver(start: number, end: number): number {
    const { mmu, kernel } = this;
    const { edat1 } = this.options;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, PMD_SIZE) + PMD_SIZE, end);
      const pmdTable = this.segmentTable(address);
      if (pmdTable === NO_PAGE) return -ENOMEM;
      kernel.observer?.walk(PMD, address);
      const entry = mmu.entry(pmdTable, tableIndex(mmu.table(PMD), address));
      const lo = mmu.lo(entry);
      const hi = mmu.hi(entry);
      if (!isNone(PMD, lo, hi) && (lo & LARGE) !== 0) {
        kernel.observer?.decide('vmemmap_populate', FRAME_SERVES, address, next);
        continue;
      }
      if (isNone(PMD, lo, hi) && edat1) {
        const pfn = vmemmapAllocBlockBuf(kernel, PMD_ORDER, 0, null);
        if (pfn === NO_PAGE) return -ENOMEM;
        kernel.observer?.decide('vmemmap_populate', NEW_FRAME, address, next);
        this.set(PMD, entry, address, pfn * PAGE_SIZE, this.segmentBits.leaf);
        continue;
      }
      kernel.observer?.decide('vmemmap_populate', isNone(PMD, lo, hi) ? NO_EDAT1 : TABLE_THERE, address, next);
      const pteTable = isNone(PMD, lo, hi) ? this.vmemPteAlloc() : entryAddress(PMD, lo, hi);
      if (pteTable === NO_PAGE) return -ENOMEM;
      if (isNone(PMD, lo, hi)) this.set(PMD, entry, address, pteTable, this.segmentBits.table);
      const err = this.modifyPteTable(pteTable, address, next, true, null);
      if (err !== 0) return err;
    }
    return 0;
  }

  /** The segment table of an address, made if need be with the region tables above it. Returns it, or NO_PAGE. */
  private segmentTable(address: number): number {
    const { mmu } = this;
    let tablePa = mmu.root;
    for (const here of mmu.levels) {
      if (here.level === PMD) return tablePa;
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      const lo = mmu.lo(entry);
      const hi = mmu.hi(entry);
      if (isNone(here.level, lo, hi)) {
        tablePa = this.vmemCrstAlloc((here.level - 1) as Level);
        if (tablePa === NO_PAGE) return NO_PAGE;
        this.set(here.level, entry, address, tablePa, TABLE_BITS[here.level]!);
      } else {
        tablePa = entryAddress(here.level, lo, hi);
      }
    }
    return NO_PAGE;
  }

  /** modify_pagetable(). Returns 0 or -ENOMEM. */
  private modifyPagetable(start: number, end: number, add: boolean, altmap: VmemAltmap | null): number {
    const { observer } = this.kernel;
    observer?.enter('modify_pagetable');
    const ret = this.modifyTable(this.mmu.root, 0, start, end, add, altmap);
    if (!add) noteFlush(this.kernel, 'range', start, end);
    observer?.leave();
    return ret;
  }

  /**
   * modify_p4d_table() and modify_pud_table(): makes or takes away what lies below the region tables.
   *
   * The return value starts as -ENOMEM and is overwritten by every part that succeeds. So where memory runs out for the
   * table of a later part, the function says 0 and the caller takes half a range for a whole one.
   * @param depth of the table in the geometry, 0 for the root
   */
  private modifyTable(
    tablePa: number,
    depth: number,
    start: number,
    end: number,
    add: boolean,
    altmap: VmemAltmap | null,
  ): number {
    const { mmu } = this;
    const here = mmu.levels[depth]!;
    if (here.level === PMD) return this.modifyPmdTable(tablePa, start, end, add, altmap);
    const { span, level } = here;
    let ret = -ENOMEM;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, span) + span, end);
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      if (this.kernel.observer !== null) this.kernel.observer.readEntry(level, address);
      const lo = mmu.lo(entry);
      const hi = mmu.hi(entry);
      let childPa: number;
      if (isNone(level, lo, hi)) {
        if (!add) continue;
        childPa = this.vmemCrstAlloc((level - 1) as Level);
        if (childPa === NO_PAGE) return ret;
        this.set(level, entry, address, childPa, TABLE_BITS[level]!);
      } else if (level === PUD && (lo & LARGE) !== 0) {
        if (!add && next - address === span) this.clear(level, entry, address);
        continue;
      } else {
        childPa = entryAddress(level, lo, hi);
      }
      ret = this.modifyTable(childPa, depth + 1, address, next, add, altmap);
      if (ret !== 0) return ret;
      if (!add) this.tryFreeCrst(childPa, level, entry, next);
    }
    return 0;
  }

  /**
   * modify_pmd_table(). A 1 MiB frame is taken wherever there is one, also where only a part of it is used. Its return
   * value goes wrong as that of {@link modifyTable} does.
   */
  private modifyPmdTable(tablePa: number, start: number, end: number, add: boolean, altmap: VmemAltmap | null): number {
    const { mmu, kernel } = this;
    const { observer } = kernel;
    const pmd = mmu.table(PMD);
    let ret = -ENOMEM;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, PMD_SIZE) + PMD_SIZE, end);
      const entry = mmu.entry(tablePa, tableIndex(pmd, address));
      if (observer !== null) observer.readEntry(PMD, address);
      const lo = mmu.lo(entry);
      const hi = mmu.hi(entry);
      let pteTable: number;
      if (isNone(PMD, lo, hi)) {
        if (!add) continue;
        if (this.options.edat1) {
          const pfn = vmemmapAllocBlockBuf(kernel, PMD_ORDER, 0, altmap);
          if (pfn !== NO_PAGE) {
            if (observer !== null) observer.decide('modify_pmd_table', NEW_FRAME, address, next);
            this.set(PMD, entry, address, pfn * PAGE_SIZE, this.segmentBits.leaf);
            if (next - address !== PMD_SIZE) this.unusedSubPmd.useNew(address, next);
            continue;
          }
        }
        if (observer !== null) {
          observer.decide('modify_pmd_table', this.options.edat1 ? NO_MEMORY_FOR_FRAME : NO_EDAT1, address, next);
        }
        pteTable = this.vmemPteAlloc();
        if (pteTable === NO_PAGE) return ret;
        this.set(PMD, entry, address, pteTable, this.segmentBits.table);
      } else if ((lo & LARGE) !== 0) {
        if (add) {
          if (observer !== null) observer.decide('modify_pmd_table', FRAME_SERVES, address, next);
          this.unusedSubPmd.use(address, next);
        } else if (next - address === PMD_SIZE || this.unusedSubPmd.unuse(address, next)) {
          this.vmemFreePages(this.pmdDeref(lo, hi) / PAGE_SIZE, PMD_ORDER, altmap);
          this.clear(PMD, entry, address);
        }
        continue;
      } else {
        if (add && observer !== null) observer.decide('modify_pmd_table', TABLE_THERE, address, next);
        pteTable = entryAddress(PMD, lo, hi);
      }
      ret = this.modifyPteTable(pteTable, address, next, add, altmap);
      if (ret !== 0) return ret;
      if (!add) this.tryFreePteTable(pteTable, entry, address);
    }
    return 0;
  }

  /** modify_pte_table(). */
  private modifyPteTable(tablePa: number, start: number, end: number, add: boolean, altmap: VmemAltmap | null): number {
    const { kernel, counters, ram, freed } = this;
    const { allocator, traits } = kernel;
    // An altmap may have no page left on the way.
    const observer = add && altmap !== null ? kernel.observer : entryByEntry(kernel.observer);
    const [empty0, empty1] = EMPTY_PTE_WORDS;
    const range = pteRange(this.mmu, tablePa, start, end);
    if (add && altmap === null && observer === null)
      return mapBasePages(kernel, this.pageEntry, range, 0, ADDED_PAGE) ? 0 : -ENOMEM;
    if (!add) this.tellRemoval(range, altmap);
    const { words } = ram;
    const addressOf = (entry: number): number => addressAt(kernel, range, entry);
    for (let entry = range.first; entry < range.end; entry += ENTRY_WORDS) {
      const none = isEmptyPte(words[entry]!, words[entry + 1]!);
      if (none !== add) continue;
      if (add) {
        const pfn = vmemmapAllocBlockBuf(kernel, 0, 0, altmap);
        if (pfn === NO_PAGE) return -ENOMEM;
        const pa = pfn * PAGE_SIZE;
        words[entry] = pteWord0(pa);
        words[entry + 1] = pteWord1(pa);
        if (observer !== null) {
          observer.readEntry(PTE, addressOf(entry));
          observer.setEntry(PTE, addressOf(entry), words[entry]!, words[entry + 1]!);
        }
        counters.set[PTE]!++;
      } else {
        const pfn = ptePfn(words[entry]!, words[entry + 1]!);
        if (altmap !== null) vmemAltmapFree(kernel, altmap, 1);
        else if (observer === null && (traits.s390FreeBootMemmap || !allocator.isReserved(pfn))) freed.add(pfn);
        else {
          // A warning stands in the log behind what was freed before.
          freed.give();
          if (this.mayFree(pfn, 'vmem_free_pages')) freePages(kernel, pfn, 0);
        }
        words[entry] = empty0;
        words[entry + 1] = empty1;
        if (observer !== null) {
          observer.readEntry(PTE, addressOf(entry));
          observer.clearEntry(PTE, addressOf(entry));
        }
        counters.clear[PTE]!++;
      }
    }
    freed.give();
    return 0;
  }

  /** Tells what modify_pte_table() does to entries that it removes. */
  private tellRemoval(range: EntryRange, altmap: VmemAltmap | null): void {
    const { allocator, traits } = this.kernel;
    const freesAll = altmap === null && traits.s390FreeBootMemmap;
    tellRows(this.kernel, range, (word0, word1) => {
      if (isEmptyPte(word0, word1)) return null;
      return freesAll || (altmap === null && !allocator.isReserved(ptePfn(word0, word1))) ? FREED_PAGE : KEPT_PAGE;
    });
  }

  /** pmd_deref() of a large entry, page aligned: for one release it left software bits in the address. */
  private pmdDeref(lo: number, hi: number): number {
    if (this.kernel.traits.s390DerefLarge) return entryAddress(PMD, lo, hi);
    return alignDown(entryAddress(PMD, lo & ~LARGE, hi), PAGE_SIZE);
  }

  /** vmem_free_pages(). With an altmap everything counts as its own, whatever frame it is. */
  private vmemFreePages(pfn: number, order: number, altmap: VmemAltmap | null): void {
    if (altmap !== null) vmemAltmapFree(this.kernel, altmap, 1 << order);
    else if (this.mayFree(pfn, 'vmem_free_pages')) freePages(this.kernel, pfn, order);
  }

  /** Whether a frame may go back: memory of the boot was not expected to, and stayed. */
  private mayFree(pfn: number, caller: string): boolean {
    const { kernel } = this;
    if (kernel.traits.s390FreeBootMemmap || !kernel.allocator.isReserved(pfn)) return true;
    kernel.log.warnOnce(caller);
    return false;
  }

  /** vmem_crst_alloc(): a region or segment table. Returns its physical address, or NO_PAGE. */
  private vmemCrstAlloc(level: Level): number {
    const pfn = allocPages(this.kernel, CRST_ALLOC_ORDER, 0);
    if (pfn === NO_PAGE) return NO_PAGE;
    crstTableInit(this.ram, pfn * PAGE_SIZE, level);
    this.kernel.observer?.clearTable(pfn * PAGE_SIZE, PAGE_SIZE << CRST_ALLOC_ORDER);
    return pfn * PAGE_SIZE;
  }

  /** vmem_pte_alloc(): a page table, of which the kernel counts a whole page. Returns its address, or NO_PAGE. */
  private vmemPteAlloc(): number {
    const pfn = allocPages(this.kernel, 0, 0);
    if (pfn === NO_PAGE) return NO_PAGE;
    fillEntries(this.ram, pfn * PAGE_SIZE, PTRS_PER_PTE, EMPTY[PTE]!);
    this.kernel.observer?.clearTable(pfn * PAGE_SIZE, PTRS_PER_PTE * ENTRY_BYTES);
    return pfn * PAGE_SIZE;
  }

  /** Whether a table, or a page of one, has nothing but empty entries. */
  private areEmpty(pa: number, count: number, empty: number): boolean {
    const first = this.mmu.entry(pa, 0);
    const index = (this.ram.firstUnlike(first, first + count * ENTRY_WORDS, 0, swap32(empty)) - first) / ENTRY_WORDS;
    this.kernel.observer?.scanTable(pa, Math.min(index + 1, count));
    return index === count;
  }

  /** try_free_pte_table(). */
  private tryFreePteTable(tablePa: number, entry: number, address: number): void {
    if (!this.areEmpty(tablePa, PTRS_PER_PTE, EMPTY[PTE]!)) return;
    const pfn = Math.floor(tablePa / PAGE_SIZE);
    if (this.mayFree(pfn, 'vmem_pte_free')) freePages(this.kernel, pfn, 0);
    this.clear(PMD, entry, address);
  }

  /**
   * try_free_pmd_table() and try_free_pud_table(): region and segment tables are never altmap memory.
   * @param level of the entry that points to the table
   * @param next where the range ends that was removed: the entry of its end, or the one behind it, is likely still in use,
   *   so a look there mostly saves the scan
   */
  private tryFreeCrst(tablePa: number, level: Level, entry: number, next: number): void {
    const below = (level - 1) as Level;
    const empty = EMPTY[below]!;
    const isHeard = this.kernel.observer !== null;
    if (!isHeard && (this.isUsed(tablePa, below, next) || this.isUsed(tablePa, below, next - 1))) return;
    for (let page = 0; page < 1 << CRST_ALLOC_ORDER; page++) {
      if (!this.areEmpty(tablePa + page * PAGE_SIZE, ENTRIES_PER_PAGE, empty)) return;
    }
    this.vmemFreePages(tablePa / PAGE_SIZE, CRST_ALLOC_ORDER, null);
    this.clear(level, entry, next - 1);
  }

  /** Whether the entry of a table that covers an address is in use. */
  private isUsed(tablePa: number, level: Level, address: number): boolean {
    const { mmu } = this;
    const entry = mmu.entry(tablePa, tableIndex(mmu.table(level), address));
    return !isNone(level, mmu.lo(entry), mmu.hi(entry));
  }

  private set(level: Level, entry: number, address: number, pa: number, bits: number): void {
    const lo = ((pa >>> 0) | bits) >>> 0;
    this.mmu.write(entry, lo, highHalf(pa));
    noteSet(this.kernel, level, address, swap32(highHalf(pa)), swap32(lo));
  }

  private clear(level: Level, entry: number, address: number): void {
    this.mmu.write(entry, EMPTY[level]!, 0);
    noteClear(this.kernel, level, address);
  }
}
