// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, VmemmapCode } from '../../src/kernel/vmemmap-code.js';
import type { TablePlatform } from '../../src/kernel/platform.js';
import { alignDown } from '../../src/hardware/align.js';
import {
  ENTRY_BYTES,
  PMD,
  PTE,
  PUD,
  tableIndex,
  type PageTable,
  type Table,
  type WalkLevel,
  ENTRY_WORDS,
} from '../../src/hardware/page-table.js';
import { EINVAL, EPERM } from '../../src/kernel/errno.js';
import { FreedBasePages } from '../../src/kernel/base-pages.js';
import { addressAt, entryByEntry, pteRange, tellRows } from '../../src/kernel/entry-rows.js';
import { freePages, noteFlush, pfnToPage, writeEntry, zeroEntry, type Kernel } from '../../src/kernel/kernel.js';
import type { Decision, EntryRow } from '../../src/kernel/observer.js';
import {
  vmemmapPopulateBasepages,
  vmemmapPopulateHugepages,
  type BasePagesFallBack,
} from '../../src/mm/sparse-vmemmap.js';
import { vmemAltmapFree } from '../../src/mm/vmem-altmap.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import {
  addressLayout,
  CONT_HI,
  DBM_HI,
  entryAddress,
  entryHi,
  entryLo,
  KERNEL_TABLE_LO,
  PAGE_KERNEL_HI,
  PAGE_KERNEL_LO,
  PRESENT_INVALID_HI,
  READ_ONLY,
  SECT_NORMAL_HI,
  SOFTWARE_DIRTY_HI,
  SECT_NORMAL_LO,
  TABLE,
  TYPE_MASK,
  UXN_TABLE_HI,
  VALID,
  type AddressLayout,
} from './layout.js';

/** arch/arm64/mm/mmu.c: vmemmap_populate() and vmemmap_free(). */

/** ARM64_KERNEL_USES_PMD_MAPS: only kernels with 4K pages map the vmemmap with blocks. */
const PAGE_SHIFT_WITH_BLOCKS = 12;

/** What unmap_hotplug_pte_range() does to a PTE: its page goes behind the flush. */
const UNMAPPED_ALTMAP_PAGE: EntryRow = ['readEntry', 'clearEntry', 'flushRange'];
const UNMAPPED_PAGE: EntryRow = [...UNMAPPED_ALTMAP_PAGE, 'freePage'];

/** What vmemmap_populate() asks, told to an observer. */
const NOT_4K: Decision = { because: '!IS_ENABLED(CONFIG_ARM64_4K_PAGES)', so: 'vmemmap_populate_basepages()' };
const LESS_THAN_A_SECTION: Decision = {
  because: 'end - start < PAGES_PER_SECTION * sizeof(struct page)',
  so: 'vmemmap_populate_basepages()',
};
const WITH_4K: Decision = { because: 'CONFIG_ARM64_4K_PAGES', so: 'a leaf for each PMD, if it can be' };

export interface Arm64Options {
  pageShift: number;
  /** Bits of a virtual address that the hardware has. */
  vaBits: number;
  /** VMEMMAP_START and VMEMMAP_END, low 52 bits. */
  vmemmapStart: number;
  vmemmapEnd: number;
  /** The first byte address that the linear map has no room for. */
  mappableEnd: number;
}

/** Names of the kernel's functions by level, which are the texts of their bare WARN_ONs. */
const UNMAP = [
  'unmap_hotplug_pte_range',
  'unmap_hotplug_pmd_range',
  'unmap_hotplug_pud_range',
  'unmap_hotplug_p4d_range',
];
const FREE_EMPTY = ['free_empty_pte_table', 'free_empty_pmd_table', 'free_empty_pud_table', 'free_empty_p4d_table'];

/** pXd_none(): all bits clear. */
const isNone = (lo: number, hi: number): boolean => (lo | hi) === 0;

/** pXd_present(): valid, or marked present where the hardware must not look. */
const isPresent = (lo: number, hi: number): boolean => (lo & VALID) !== 0 || (hi & PRESENT_INVALID_HI) !== 0;

export class Arm64Vmemmap implements VmemmapCode {
  readonly paging: KernelPaging;
  private readonly mmu: PageTable;
  private readonly layout: AddressLayout;
  private readonly ram;
  private readonly counters;
  private readonly pageSize: number;
  private readonly freed: FreedBasePages;

  constructor(
    private readonly kernel: Kernel,
    { table }: TablePlatform,
    private readonly options: Arm64Options,
  ) {
    const layout = addressLayout(options.pageShift, options.vaBits);
    const { arm64CheckPmdLeaf, arm64PageKernelClean, arm64SectNormalWrite } = kernel.traits;
    const pageKernelHi = PAGE_KERNEL_HI | (arm64PageKernelClean ? 0 : SOFTWARE_DIRTY_HI);
    const sectHi = arm64CheckPmdLeaf ? pageKernelHi : SECT_NORMAL_HI | (arm64SectNormalWrite ? DBM_HI : 0);
    this.layout = layout;
    this.ram = kernel.ram;
    this.counters = kernel.counters;
    this.pageSize = kernel.pageSize;
    this.freed = new FreedBasePages(kernel);
    this.mmu = table;
    this.paging = {
      table: this.mmu,
      isNone,
      populate: (level, entry, tablePa, address) => {
        const lo = entryLo(layout, tablePa, KERNEL_TABLE_LO);
        writeEntry(this.kernel, level, entry, address, lo, entryHi(layout, tablePa, UXN_TABLE_HI));
      },
      pteWord0: (pfn) => entryLo(layout, pfn * kernel.pageSize, PAGE_KERNEL_LO | layout.shared),
      pteWord1: (pfn) => entryHi(layout, pfn * kernel.pageSize, pageKernelHi),
      ...(kernel.traits.arm64FoldsHugetlb && {
        readOnlyPte: {
          word0: (pfn: number) => entryLo(layout, pfn * kernel.pageSize, PAGE_KERNEL_LO | READ_ONLY | layout.shared),
          word1: (pfn: number) => entryHi(layout, pfn * kernel.pageSize, pageKernelHi & ~DBM_HI),
        },
      }),
      hugepages: {
        loop: kernel.traits.genericHugepagesLoop ? undefined : 'vmemmap_populate',
        setPmd: (entry, pa, address) => {
          const lo = entryLo(layout, pa, SECT_NORMAL_LO | layout.shared);
          writeEntry(this.kernel, PMD, entry, address, lo, entryHi(layout, pa, sectHi));
        },
        // Before the check looked at it, whatever is there served, also a table that lacks entries.
        checkPmd: (entry) => !arm64CheckPmdLeaf || (this.mmu.lo(entry) & TYPE_MASK) === VALID,
      },
    };
  }

  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
    const { kernel, options } = this;
    const sectionBytes = kernel.pagesPerSection * kernel.structPageSize;
    this.warnOutside('vmemmap_populate', start, end);
    if (end - start > sectionBytes) kernel.log.warnOnce('vmemmap_populate');
    const isPart = kernel.traits.arm64SubsectionBasePages && end - start < sectionBytes;
    const own = kernel.traits.arm64Altmap ? altmap : null;
    const hasBlocks = options.pageShift === PAGE_SHIFT_WITH_BLOCKS;
    const decision = isPart ? LESS_THAN_A_SECTION : WITH_4K;
    kernel.observer?.decide('vmemmap_populate', hasBlocks ? decision : NOT_4K, start, end);
    if (!hasBlocks || isPart) {
      return vmemmapPopulateBasepages(kernel, start, end, nid, own);
    }
    return vmemmapPopulateHugepages(kernel, start, end, nid, own, own, this.basePagesFallBack());
  }

  /** inside_linear_region(), until callers asked. */
  refusesMemory(start: number, size: number): number {
    if (!this.kernel.traits.arm64ChecksLinearRegion || start + size <= this.options.mappableEnd) return 0;
    this.kernel.log.print(`[${start.toString(16)} ${(start + size).toString(16)}] is outside linear mapping region`);
    return -EINVAL;
  }

  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void {
    const { traits } = this.kernel;
    if (!traits.arm64HotRemove) return;
    this.warnOutside('vmemmap_free', start, end);
    const { observer } = this.kernel;
    observer?.enter('unmap_hotplug_range');
    this.unmapHotplugRange(this.mmu.root, 0, start, end, traits.arm64Altmap ? altmap : null);
    observer?.leave();
    observer?.enter('free_empty_tables');
    this.freeEmptyTables(this.mmu.root, 0, start, end);
    observer?.leave();
  }

  /** prevent_memory_remove_notifier(): boot memory stays, and no leaf is split. */
  goingOffline(pfn: number, nrPages: number): number {
    const { traits, log, sections, pagesPerSection, pageSize } = this.kernel;
    if (!traits.arm64HotRemove) return 0;
    const says = (start: number, end: number): string => `[${start.toString(16)} ${end.toString(16)}]`;
    for (let at = pfn; at < pfn + nrPages; at += pagesPerSection) {
      if (!sections.isEarly(Math.floor(at / pagesPerSection))) continue;
      log.print(`Boot memory ${says(at * pageSize, (at + pagesPerSection) * pageSize)} offlining attempted`);
      return -EPERM;
    }
    if (!traits.arm64OfflineNeedsWholeLeaves) return 0;
    const edges = [pfn, pfn + nrPages].map((edge) => pfnToPage(this.kernel, edge));
    if (!edges.some((address) => this.splitsLeaf(address))) return 0;
    log.print(`${says(pfn * pageSize, (pfn + nrPages) * pageSize)} splits a leaf entry in vmemmap`);
    return -EPERM;
  }

  /** addr_splits_kernel_leaf(): whether an address lies inside a leaf. */
  private splitsLeaf(address: number): boolean {
    const leaf = this.mmu.walk(address);
    return leaf !== undefined && address % leaf.size !== 0;
  }

  /** Tables that map more than the vmemmap are never freed. */
  keepsEmptyTable({ level, start }: Table): boolean {
    const span = this.mmu.span[level]! * (this.mmu.table(level).mask + 1);
    return !this.isRangeAligned(start, start + span, span);
  }

  unusedStart(): number {
    return 0;
  }

  private basePagesFallBack(): BasePagesFallBack {
    const { arm64BasePagesFallBack, genericHugepagesLoop } = this.kernel.traits;
    if (genericHugepagesLoop) return 'without-altmap';
    return arm64BasePagesFallBack ? 'always' : 'never';
  }

  private warnOutside(caller: string, start: number, end: number): void {
    if (start < this.options.vmemmapStart || end > this.options.vmemmapEnd) this.kernel.log.warn(caller);
  }

  /**
   * unmap_hotplug_p4d_range() down to unmap_hotplug_pte_range(): clears every entry of the range and frees what it maps,
   * the whole leaf whatever part of it the range covers.
   * @param depth of the table in the geometry, 0 for the root
   */
  private unmapHotplugRange(
    tablePa: number,
    depth: number,
    start: number,
    end: number,
    altmap: VmemAltmap | null,
  ): void {
    const { mmu, ram, kernel } = this;
    const here = mmu.levels[depth]!;
    if (here.level === PTE) {
      this.unmapHotplugPteRange(tablePa, start, end, altmap);
      return;
    }
    const { span, level } = here;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, span) + span, end);
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      const lo = ram.words[entry]!;
      const hi = ram.words[entry + 1]!;
      if (kernel.observer !== null) kernel.observer.readEntry(level, address);
      if (isNone(lo, hi)) continue;
      if (!isPresent(lo, hi)) kernel.log.warn(UNMAP[level]!);
      const pa = entryAddress(this.layout, lo, hi);
      if ((lo & TYPE_MASK) === VALID && level <= PUD) {
        zeroEntry(this.kernel, level, entry, address);
        if (level === PMD && (hi & CONT_HI) !== 0) kernel.log.warn(UNMAP[level]!);
        // One TLBI is enough for a block: the kernel names its first page.
        noteFlush(kernel, 'range', address, address + this.pageSize);
        this.freeHotplugPageRange(alignDown(pa, span), span, altmap);
        continue;
      }
      if (level <= PUD && (lo & TYPE_MASK) !== (VALID | TABLE)) kernel.log.warn(UNMAP[level]!);
      this.unmapHotplugRange(pa, depth + 1, address, next, altmap);
    }
  }

  /** unmap_hotplug_pte_range(). */
  private unmapHotplugPteRange(tablePa: number, start: number, end: number, altmap: VmemAltmap | null): void {
    const { ram, kernel, counters, layout, pageSize, freed } = this;
    const observer = entryByEntry(kernel.observer);
    const range = pteRange(this.mmu, tablePa, start, end);
    const row = altmap === null ? UNMAPPED_PAGE : UNMAPPED_ALTMAP_PAGE;
    tellRows(kernel, range, (lo, hi) => (isNone(lo, hi) ? null : row));
    const { words } = ram;
    let cleared = 0;
    for (let entry = range.first; entry < range.end; entry += ENTRY_WORDS) {
      const lo = words[entry]!;
      const hi = words[entry + 1]!;
      if (isNone(lo, hi)) continue;
      if (!isPresent(lo, hi)) this.warnInTable(UNMAP[PTE]!);
      words[entry] = 0;
      words[entry + 1] = 0;
      cleared++;
      if (observer !== null) {
        const address = addressAt(kernel, range, entry);
        observer.readEntry(PTE, address);
        observer.clearEntry(PTE, address);
        observer.flush('range', address, address + pageSize);
      }
      if ((hi & CONT_HI) !== 0) this.warnInTable(UNMAP[PTE]!);
      const pfn = entryAddress(layout, lo, hi) / pageSize;
      if (altmap !== null) vmemAltmapFree(kernel, altmap, 1);
      else if (observer === null) freed.add(pfn);
      else freePages(kernel, pfn, 0);
    }
    freed.give();
    counters.clear[PTE]! += cleared;
    counters.tlbFlushRange += cleared;
  }

  /** A warning stands in the log behind what was freed before. */
  private warnInTable(text: string): void {
    this.freed.give();
    this.kernel.log.warn(text);
  }

  /**
   * free_hotplug_page_range(). The caller's altmap decides where the memory goes, not its frame.
   * @param size bytes
   */
  private freeHotplugPageRange(pa: number, size: number, altmap: VmemAltmap | null): void {
    const nrPages = size / this.pageSize;
    if (altmap !== null) vmemAltmapFree(this.kernel, altmap, nrPages);
    else freePages(this.kernel, pa / this.pageSize, 31 - Math.clz32(nrPages));
  }

  /**
   * free_empty_p4d_table() down to free_empty_pte_table(): frees tables of the range that have no entry left, if all that
   * they map lies within the vmemmap. Tables never come from an altmap.
   * @param depth of the table in the geometry, 0 for the root
   */
  private freeEmptyTables(tablePa: number, depth: number, start: number, end: number): void {
    const { mmu, ram, kernel } = this;
    const here = mmu.levels[depth]!;
    const { span, level } = here;
    const isLeafParent = level === PMD;
    let next: number;
    for (let address = start; address < end; address = next) {
      next = Math.min(alignDown(address, span) + span, end);
      const entry = mmu.entry(tablePa, tableIndex(here, address));
      const lo = ram.words[entry]!;
      const hi = ram.words[entry + 1]!;
      if (kernel.observer !== null) kernel.observer.readEntry(level, address);
      if (isNone(lo, hi)) continue;
      if (!isPresent(lo, hi) || (level <= PUD && (lo & TYPE_MASK) !== (VALID | TABLE))) {
        kernel.log.warn(FREE_EMPTY[level]!);
      }
      const childPa = entryAddress(this.layout, lo, hi);
      if (isLeafParent) this.readEmptyEntries(childPa, address, next);
      else this.freeEmptyTables(childPa, depth + 1, address, next);
      if (this.isRangeAligned(address, next, span) && this.isTableEmpty(childPa, depth + 1, next)) {
        zeroEntry(this.kernel, level, entry, address);
        noteFlush(kernel, 'table', address, address + this.pageSize);
        freePages(kernel, childPa / this.pageSize, 0);
      }
    }
  }

  /** The sanity check of free_empty_pte_table() reads what unmapping has just cleared: all that it does is to take time. */
  private readEmptyEntries(tablePa: number, start: number, end: number): void {
    const index = tableIndex(this.mmu.table(PTE), start);
    this.kernel.observer?.scanTable(tablePa + index * ENTRY_BYTES, (end - start) / this.pageSize);
  }

  /**
   * pgtable_range_aligned(): whether a table that maps [start, end) maps nothing outside the vmemmap.
   * @param span bytes that the table maps
   */
  private isRangeAligned(start: number, end: number, span: number): boolean {
    const { vmemmapStart, vmemmapEnd } = this.options;
    return alignDown(start, span) >= vmemmapStart && end <= alignDown(vmemmapEnd, span);
  }

  /**
   * Whether a table has no entry left.
   * @param next where the range ends that was unmapped: the entry of its end, or the one behind it, is likely still in use,
   *   so a look there mostly saves the scan
   */
  private isTableEmpty(tablePa: number, depth: number, next: number): boolean {
    const { ram, mmu } = this;
    const { observer } = this.kernel;
    const here = mmu.levels[depth]!;
    const first = mmu.entry(tablePa, 0);
    if (observer === null && (this.isUsed(first, here, next) || this.isUsed(first, here, next - 1))) return false;
    const end = first + (here.mask + 1) * ENTRY_WORDS;
    const used = ram.firstNonZero(first, end);
    if (observer !== null) observer.scanTable(tablePa, Math.ceil((Math.min(used + 1, end) - first) / ENTRY_WORDS));
    return used === end;
  }

  /** Whether the entry that covers an address is in use. @param first position of the table's first entry */
  private isUsed(first: number, here: WalkLevel, address: number): boolean {
    const { words } = this.ram;
    const entry = first + tableIndex(here, address) * ENTRY_WORDS;
    return !isNone(words[entry]!, words[entry + 1]!);
  }
}
