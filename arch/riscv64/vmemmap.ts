// SPDX-License-Identifier: GPL-2.0-only

import type { TablePlatform } from '../../src/kernel/platform.js';
import type { KernelPaging, VmemmapCode } from '../../src/kernel/vmemmap-code.js';
import { alignDown } from '../../src/hardware/align.js';
import {
  type PageTable,
  PMD,
  PTE,
  PUD,
  tableIndex,
  type Level,
  type Table,
  ENTRY_WORDS,
} from '../../src/hardware/page-table.js';
import { freePages, noteFlush, writeEntry, zeroEntry, type Kernel } from '../../src/kernel/kernel.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import { FreedBasePages } from '../../src/kernel/base-pages.js';
import { addressAt, entryByEntry, pteRange, tellRows } from '../../src/kernel/entry-rows.js';
import type { Decision, EntryRow } from '../../src/kernel/observer.js';
import { vmemmapPopulateBasepages, vmemmapPopulateHugepages } from '../../src/mm/sparse-vmemmap.js';
import { vmemAltmapFree } from '../../src/mm/vmem-altmap.js';
import {
  entryHi,
  entryLo,
  entryPfn,
  isLeaf,
  isPmdPresent,
  isPtePresent,
  PAGE_KERNEL,
  PAGE_KERNEL_NOT_GLOBAL,
  PAGE_TABLE,
  PRESENT,
  THEAD_NORMAL_MEMORY_HI,
} from './layout.js';
import { PAGE_SIZE } from './platform.js';

/** arch/riscv/mm/init.c: vmemmap_populate() and vmemmap_free(). */

/** 32-bit words of a table. */
const TABLE_WORDS = 512 * ENTRY_WORDS;

/** What remove_pte_mapping() does to a PTE. */
const REMOVED_ALTMAP_PAGE: EntryRow = ['readEntry', 'clearEntry'];
const REMOVED_PAGE: EntryRow = [...REMOVED_ALTMAP_PAGE, 'freePage'];

/** What vmemmap_populate() comes to, told to an observer. */
const LEAVES: Decision = { because: 'this release maps the vmemmap with leaves', so: 'vmemmap_populate_hugepages()' };
const BASE_PAGES: Decision = {
  because: 'this release maps the vmemmap with base pages',
  so: 'vmemmap_populate_basepages()',
};

export interface Riscv64Options {
  /** VMEMMAP_START and VMEMMAP_END, low 52 bits. */
  readonly vmemmapStart: number;
  readonly vmemmapEnd: number;
  /** Entries carry the memory types of T-Head cores. */
  readonly theadMemoryTypes: boolean;
}

export class Riscv64Vmemmap implements VmemmapCode {
  readonly paging: KernelPaging;
  private readonly mmu: PageTable;
  private readonly ram;
  private readonly counters;
  private readonly freed: FreedBasePages;

  constructor(
    private readonly kernel: Kernel,
    { table }: TablePlatform,
    private readonly options: Riscv64Options,
  ) {
    this.ram = kernel.ram;
    this.counters = kernel.counters;
    this.freed = new FreedBasePages(kernel);
    this.mmu = table;
    const leafLo = kernel.traits.riscvGlobalMappings ? PAGE_KERNEL : PAGE_KERNEL_NOT_GLOBAL;
    const leafHi = options.theadMemoryTypes ? THEAD_NORMAL_MEMORY_HI : 0;
    this.paging = {
      table: this.mmu,
      isNone: (lo, hi) => (lo | hi) === 0,
      populate: (level, entry, tablePa, address) => {
        writeEntry(this.kernel, level, entry, address, entryLo(tablePa, PAGE_TABLE), entryHi(tablePa, 0));
      },
      pteWord0: (pfn) => entryLo(pfn * PAGE_SIZE, leafLo),
      pteWord1: (pfn) => entryHi(pfn * PAGE_SIZE, leafHi),
      hugepages: {
        setPmd: (entry, pa, address) =>
          writeEntry(this.kernel, PMD, entry, address, entryLo(pa, leafLo), entryHi(pa, leafHi)),
        // Before the check looked at it, whatever is there served, also a table that lacks entries.
        checkPmd: (entry) => !kernel.traits.riscvCheckPmdLeaf || isLeaf(this.ram.words[entry]!),
      },
    };
    if (kernel.traits.riscvHotplug) this.preallocatePgdPagesRange();
  }

  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    const { kernel } = this;
    const { riscvPopulateWarnsOutside, riscvHugepages } = kernel.traits;
    if (riscvPopulateWarnsOutside && !this.isInside(start, end)) kernel.log.warn('vmemmap_populate');
    kernel.observer?.decide('vmemmap_populate', riscvHugepages ? LEAVES : BASE_PAGES, start, end);
    if (!riscvHugepages) return vmemmapPopulateBasepages(kernel, start, end, nid, null);
    return vmemmapPopulateHugepages(kernel, start, end, nid, altmap, altmap);
  }

  /** remove_pgd_mapping(). What is freed is freed before the flush. */
  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    const { kernel } = this;
    kernel.observer?.enter('remove_pgd_mapping');
    this.removeMapping(this.mmu.root, 0, start, end, altmap);
    noteFlush(kernel, 'all', start, end);
    kernel.observer?.leave();
  }

  /** flush_cache_vmap() with mark_new_valid_map(): a CPU that faults on a new mapping fences and goes on. */
  flushCacheVmap: VmemmapCode['flushCacheVmap'] = (start, end) => {
    if (this.kernel.traits.riscvFlushCacheVmap && this.isInside(start, end)) this.counters.markNewValidMap++;
  };

  /** The tables below the root are shared with all other page tables, and never freed. */
  keepsEmptyTable({ level }: Table): boolean {
    return level === this.mmu.levels[1]!.level;
  }

  unusedStart(): number {
    return 0;
  }

  /**
   * preallocate_pgd_pages_range() for the vmemmap: every entry of the root gets its table at boot, so that other page
   * tables never lack one.
   */
  private preallocatePgdPagesRange(): void {
    const { mmu, kernel } = this;
    const top = mmu.levels[0]!;
    for (let address = this.options.vmemmapStart; address < this.options.vmemmapEnd; address += top.span) {
      const tablePa = kernel.allocator.reserve() * PAGE_SIZE;
      mmu.write(mmu.entry(mmu.root, tableIndex(top, address)), entryLo(tablePa, PAGE_TABLE), entryHi(tablePa, 0));
    }
  }

  private isInside(start: number, end: number): boolean {
    return start >= this.options.vmemmapStart && end <= this.options.vmemmapEnd;
  }

  /**
   * remove_p4d_mapping() down to remove_pmd_mapping(): clears what maps the range and frees it, a leaf whole whatever
   * part of it the range covers, and tables below the first that have no entry left.
   * @param depth of the table in the geometry, 0 for the root
   */
  private removeMapping(tablePa: number, depth: number, start: number, end: number, altmap: VmemAltmap | null): void {
    const { mmu, ram, kernel } = this;
    const { observer } = kernel;
    const here = mmu.levels[depth]!;
    const { level, span } = here;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, span) + span, end);
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      const lo = ram.words[entry]!;
      const hi = ram.words[entry + 1]!;
      if (observer !== null) observer.readEntry(level, address);
      if (level === PMD ? !isPmdPresent(lo) : (lo & PRESENT) === 0) continue;
      if (isLeaf(lo)) {
        // remove_pud_mapping() and its like pass a leaf of the root by.
        if (depth === 0) continue;
        zeroEntry(this.kernel, level, entry, address);
        this.freeVmemmapStorage(entryPfn(lo, hi), span, altmap);
        continue;
      }
      const below = entryPfn(lo, hi) * PAGE_SIZE;
      if (level === PMD) this.removePteMapping(below, address, next, altmap);
      else this.removeMapping(below, depth + 1, address, next, altmap);
      if (depth > 0) this.freeTable(below, level, entry, next);
    }
  }

  /** remove_pte_mapping(). */
  private removePteMapping(tablePa: number, start: number, end: number, altmap: VmemAltmap | null): void {
    const { mmu, kernel, counters, freed } = this;
    const observer = entryByEntry(kernel.observer);
    kernel.observer?.enter('remove_pte_mapping');
    const range = pteRange(mmu, tablePa, start, end);
    const row = altmap === null ? REMOVED_PAGE : REMOVED_ALTMAP_PAGE;
    tellRows(kernel, range, (lo) => (isPtePresent(lo) ? row : null));
    const { words } = this.ram;
    let cleared = 0;
    for (let entry = range.first; entry < range.end; entry += ENTRY_WORDS) {
      const lo = words[entry]!;
      const hi = words[entry + 1]!;
      if (!isPtePresent(lo)) continue;
      words[entry] = 0;
      words[entry + 1] = 0;
      cleared++;
      if (observer !== null) {
        const address = addressAt(kernel, range, entry);
        observer.readEntry(PTE, address);
        observer.clearEntry(PTE, address);
      }
      if (altmap !== null) vmemAltmapFree(kernel, altmap, 1);
      else if (observer === null) freed.add(entryPfn(lo, hi));
      else freePages(kernel, entryPfn(lo, hi), 0);
    }
    freed.give();
    counters.clear[PTE]! += cleared;
    kernel.observer?.leave();
  }

  /**
   * free_vmemmap_storage(). The caller's altmap decides where the memory goes, not its frame.
   * @param size bytes
   */
  private freeVmemmapStorage(pfn: number, size: number, altmap: VmemAltmap | null): void {
    const nrPages = size / PAGE_SIZE;
    if (altmap !== null) vmemAltmapFree(this.kernel, altmap, nrPages);
    else freePages(this.kernel, pfn, Math.log2(nrPages));
  }

  /**
   * free_pte_table(), free_pmd_table(), free_pud_table(): a table without entries goes, and then the entry to it. The first
   * runs pagetable_dtor(), on a table that had no constructor since it was not made for that.
   * @param level of the entry that points to the table
   * @param next where the range ends that was taken out of the table: what lies behind it is likely still in use, so a
   *   look there mostly saves the scan
   */
  private freeTable(tablePa: number, level: Level, entry: number, next: number): void {
    const { ram, mmu } = this;
    const { observer } = this.kernel;
    const first = mmu.entry(tablePa, 0);
    const behind = first + tableIndex(mmu.table((level - 1) as Level), next) * ENTRY_WORDS;
    if (observer === null && (ram.words[behind]! | ram.words[behind + 1]!) !== 0) return;
    const end = first + TABLE_WORDS;
    const used = ram.firstNonZero(first, end);
    if (observer !== null) observer.scanTable(tablePa, Math.ceil((Math.min(used + 1, end) - first) / ENTRY_WORDS));
    if (used < end) return;
    if (level === PMD || (level === PUD && !this.kernel.traits.riscvNoPmdDtor)) this.counters.strayTableDtor++;
    freePages(this.kernel, tablePa / PAGE_SIZE, 0);
    zeroEntry(this.kernel, level, entry, next - 1);
  }
}
