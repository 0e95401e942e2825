// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging } from '../kernel/vmemmap-code.js';
import { alignDown } from '../hardware/align.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { NOT_MAPPED, PMD, PTE, tableIndex, type Level, ENTRY_WORDS } from '../hardware/page-table.js';
import { ENOMEM } from '../kernel/errno.js';
import { mapBasePages, type MappingRows } from '../kernel/base-pages.js';
import { entryByEntry, GrowingRow } from '../kernel/entry-rows.js';
import { allocPages, type Kernel } from '../kernel/kernel.js';
import type { DevPagemap, VmemAltmap } from '../kernel/memremap.js';
import type { Decision, EntryRow } from '../kernel/observer.js';
import { altmapAllocBlockBuf } from './vmem-altmap.js';

/**
 * mm/sparse-vmemmap.c: the populate helpers that architectures share. An entry is known by its position in RAM, so
 * what the kernel takes for a table is a table here, also where it is a leaf full of struct pages.
 */

/** Returned in place of an entry when a table on the way to it could not be allocated. */
const NO_ENTRY = -1;

/**
 * vmemmap_alloc_block_buf(): memory for a leaf. With an altmap, only the altmap is asked.
 * @param order log2 of the base pages
 * @returns the first pfn, or NO_PAGE
 */
export function vmemmapAllocBlockBuf(kernel: Kernel, order: number, nid: number, altmap: VmemAltmap | null): number {
  if (altmap !== null) return altmapAllocBlockBuf(kernel, 1 << order, altmap);
  return allocPages(kernel, order, nid);
}

/**
 * vmemmap_alloc_block_zero(): a zeroed base page for a table.
 * @returns its pfn, or NO_PAGE
 */
export function vmemmapAllocBlockZero(kernel: Kernel, nid: number): number {
  const pfn = allocPages(kernel, 0, nid);
  if (pfn === NO_PAGE) return NO_PAGE;
  kernel.ram.fillFrames(pfn, 1, 0);
  kernel.observer?.clearTable(pfn * kernel.pageSize, kernel.pageSize);
  return pfn;
}

/** The kernel's page table, on architectures that have declared one. */
function pagingOf(kernel: Kernel): KernelPaging {
  const paging = kernel.code.paging;
  if (paging === undefined) {
    throw new TypeError('this architecture does not use the helpers of mm/sparse-vmemmap.c');
  }
  return paging;
}

/**
 * vmemmap_pgd_populate() down to vmemmap_pmd_populate(): makes the tables above an entry of the given level. A folded
 * level has no table, which is all that tells the kernel's functions apart.
 * @returns the entry's position, or NO_ENTRY when there was no page for a table
 */
function vmemmapTablesPopulate(
  kernel: Kernel,
  paging: KernelPaging,
  level: Level,
  address: number,
  nid: number,
): number {
  const { table } = paging;
  const tablePa = table.lastWalk.find(level, address);
  if (tablePa === NOT_MAPPED) return walkFromRoot(kernel, paging, level, address, nid);
  return table.entry(tablePa, tableIndex(table.table(level), address));
}

/** The walk of {@link vmemmapTablesPopulate} where the last one does not tell where it leads. */
function walkFromRoot(kernel: Kernel, paging: KernelPaging, level: Level, address: number, nid: number): number {
  const { ram } = kernel;
  const { table } = paging;
  const { levels } = table;
  let tablePa = table.root;
  let isNew = false;
  for (let depth = 0; ; depth++) {
    const here = levels[depth]!;
    const entry = table.entry(tablePa, tableIndex(here, address));
    if (here.level === level) {
      // A table that was just made may go again before the next walk: then there is nothing to remember.
      if (!isNew) table.lastWalk.remember(level, address);
      return entry;
    }
    if (paging.isNone(ram.words[entry]!, ram.words[entry + 1]!, here.level)) {
      const pfn = vmemmapAllocBlockZero(kernel, nid);
      if (pfn === NO_PAGE) return NO_ENTRY;
      tablePa = pfn * kernel.pageSize;
      paging.initTable?.(levels[depth + 1]!.level, tablePa);
      paging.populate(here.level, entry, tablePa, address);
      isNew = true;
    } else {
      tablePa = table.format.address(here.level, table.lo(entry), table.hi(entry));
    }
  }
}

/** What vmemmap_populate_address() does to a PTE: one that is none gets a page of the allocator, or another. */
const PASS_BY: EntryRow = ['walk'];
const POPULATE_ADDRESS: MappingRows = { none: ['allocPage', 'walk', 'setEntry'], mapped: PASS_BY };
const MAP_OTHER_PAGE: EntryRow = ['walk', 'setEntry'];

/**
 * vmemmap_populate_range() with vmemmap_populate_address(): base pages, or one page again and again.
 *
 * The kernel walks from the root for every page. What it reads above the PTE table cannot change inside the loop, so
 * the walk is made once a table.
 * @param reuse pfn of the page to map everywhere, or NO_PAGE
 * @returns 0 or -ENOMEM
 */
function vmemmapPopulateRange(
  kernel: Kernel,
  start: number,
  end: number,
  nid: number,
  altmap: VmemAltmap | null,
  reuse: number,
): number {
  const paging = pagingOf(kernel);
  const { table } = paging;
  const { ram, allocator, counters, pageSize, observer } = kernel;
  const pmdSize = table.span[PMD]!;
  const each = entryByEntry(observer);
  const row = new GrowingRow(observer);
  for (let address = start; address < end;) {
    let entry = vmemmapTablesPopulate(kernel, paging, PTE, address, nid);
    if (entry === NO_ENTRY) return -ENOMEM;
    const tableEnd = Math.min(alignDown(address, pmdSize) + pmdSize, end);
    if (reuse === NO_PAGE && altmap === null && each === null) {
      // From an address inside a page the kernel goes on by pages all the same, and comes out behind the table's end.
      const count = Math.ceil((tableEnd - address) / pageSize);
      if (!mapBasePages(kernel, paging, { first: entry, count, address }, nid, POPULATE_ADDRESS)) return -ENOMEM;
      address += count * pageSize;
      continue;
    }
    const { words } = ram;
    for (; address < tableEnd; address += pageSize, entry += ENTRY_WORDS) {
      if (!paging.isNone(words[entry]!, words[entry + 1]!, PTE)) {
        if (each === null) row.add(PASS_BY, address);
        else each.walk(PTE, address);
        continue;
      }
      const pfn = reuse === NO_PAGE ? vmemmapAllocBlockBuf(kernel, 0, nid, altmap) : reuse;
      if (pfn === NO_PAGE) {
        row.tell();
        return -ENOMEM;
      }
      if (reuse !== NO_PAGE) allocator.getPage(reuse);
      words[entry] = paging.pteWord0(pfn);
      words[entry + 1] = paging.pteWord1(pfn);
      if (each === null) row.add(MAP_OTHER_PAGE, address);
      else {
        each.walk(PTE, address);
        each.setEntry(PTE, address, words[entry]!, words[entry + 1]!);
      }
      counters.set[PTE]!++;
    }
    row.tell();
  }
  return 0;
}

/**
 * vmemmap_populate_basepages().
 * @param start low 52 bits of the address, a multiple of PAGE_SIZE
 * @returns 0 or -ENOMEM; what was mapped stays mapped
 */
export function vmemmapPopulateBasepages(
  kernel: Kernel,
  start: number,
  end: number,
  nid: number,
  altmap: VmemAltmap | null,
): number {
  kernel.observer?.enter('vmemmap_populate_basepages');
  const err = vmemmapPopulateRange(kernel, start, end, nid, altmap, NO_PAGE);
  kernel.observer?.leave();
  return err;
}

/** What vmemmap_populate_hugepages() finds at a PMD, told to an observer. */
const HUGEPAGES = 'vmemmap_populate_hugepages';
const NEW_LEAF: Decision = { because: 'the PMD is none and there is memory for a leaf', so: 'a leaf of the PMD' };
const NO_MEMORY_FOR_LEAF: Decision = { because: 'the PMD is none and there is no memory for a leaf', so: 'base pages' };
const NO_MEMORY_AT_ALL: Decision = { ...NO_MEMORY_FOR_LEAF, so: '-ENOMEM' };
const ENTRY_SERVES: Decision = {
  because: 'the PMD is there and passes for a leaf',
  so: 'nothing new: what is there serves',
};
const TABLE_THERE: Decision = { because: 'the PMD is there and is no leaf', so: 'base pages' };

/** When base pages serve in place of a leaf: never, unless there is an altmap that has no room, or always. */
export type BasePagesFallBack = 'never' | 'without-altmap' | 'always';

/**
 * vmemmap_populate_hugepages(): a large leaf for each PMD of the range; base pages where there is no memory for one,
 * or where the entry is a table already.
 * @param basePagesAltmap altmap for these base pages; releases differ in whether it is `altmap`
 * @param fallBack when base pages serve where there is no memory for a leaf; releases differ in it
 * @returns 0 or -ENOMEM; what was mapped stays mapped
 */
export function vmemmapPopulateHugepages(
  kernel: Kernel,
  start: number,
  end: number,
  nid: number,
  altmap: VmemAltmap | null,
  basePagesAltmap: VmemAltmap | null,
  fallBack: BasePagesFallBack = 'without-altmap',
): number {
  const paging = pagingOf(kernel);
  const { hugepages } = paging;
  if (hugepages === undefined) throw new TypeError('this architecture does not use vmemmap_populate_hugepages()');
  const { ram, observer } = kernel;
  const { loop = HUGEPAGES } = hugepages;
  const pmdSize = paging.table.span[PMD]!;
  const pmdOrder = 31 - Math.clz32(pmdSize / kernel.pageSize);
  let next: number;
  for (let address = start; address < end; address = next) {
    next = Math.min(alignDown(address, pmdSize) + pmdSize, end);
    const entry = vmemmapTablesPopulate(kernel, paging, PMD, address, nid);
    if (entry === NO_ENTRY) return -ENOMEM;
    if (observer !== null) observer.walk(PMD, address);
    if (paging.isNone(ram.words[entry]!, ram.words[entry + 1]!, PMD)) {
      const pfn = vmemmapAllocBlockBuf(kernel, pmdOrder, nid, altmap);
      if (pfn !== NO_PAGE) {
        if (observer !== null) observer.decide(loop, NEW_LEAF, address, next);
        hugepages.setPmd(entry, pfn * kernel.pageSize, address, next);
        continue;
      }
      const gaveUp = fallBack === 'never' || (fallBack === 'without-altmap' && altmap !== null);
      if (observer !== null) observer.decide(loop, gaveUp ? NO_MEMORY_AT_ALL : NO_MEMORY_FOR_LEAF, address, next);
      if (gaveUp) return -ENOMEM;
    } else if (hugepages.checkPmd(entry, address, next)) {
      if (observer !== null) observer.decide(loop, ENTRY_SERVES, address, next);
      continue;
    } else if (observer !== null) {
      observer.decide(loop, TABLE_THERE, address, next);
    }
    if (vmemmapPopulateBasepages(kernel, address, next, nid, basePagesAltmap) !== 0) return -ENOMEM;
  }
  return 0;
}

/** VMEMMAP_RESERVE_NR: vmemmap pages that a folded compound page keeps. */
export const VMEMMAP_RESERVE_NR = 2;

/**
 * vmemmap_can_optimize(): whether the memmap of compound device pages is folded to two pages each.
 * include/linux/mm.h
 */
export function vmemmapCanOptimize(kernel: Kernel, altmap: VmemAltmap | null, pgmap: DevPagemap | null): boolean {
  if (pgmap === null || altmap !== null || !kernel.traits.daxTailReuse) return false;
  if (kernel.traits.daxArchOptIn && !kernel.kconfig.optimizesDaxVmemmap) return false;
  const { structPageSize } = kernel;
  if ((structPageSize & (structPageSize - 1)) !== 0) return false;
  const nrPages = 2 ** pgmap.vmemmapShift;
  if (!kernel.traits.daxOptimizeNeedsMoreThanReserve) return nrPages > 1;
  return (nrPages * structPageSize) / kernel.pageSize > VMEMMAP_RESERVE_NR;
}

/**
 * section_nr_vmemmap_pages(): pages of memmap that a range counts for in nr_memmap, not those really allocated.
 * @param pfn first page described
 * @param nrPages pages described
 */
export function sectionNrVmemmapPages(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): number {
  if (pgmap === null || !vmemmapCanOptimize(kernel, altmap, pgmap) || !kernel.traits.countInHelpers) {
    return Math.ceil((nrPages * kernel.structPageSize) / kernel.pageSize);
  }
  const pagesPerCompound = 2 ** pgmap.vmemmapShift;
  if (pagesPerCompound < kernel.pagesPerSection) return (VMEMMAP_RESERVE_NR * nrPages) / pagesPerCompound;
  return pfn % pagesPerCompound === 0 ? VMEMMAP_RESERVE_NR : 0;
}

/** What vmemmap_populate_compound_pages() maps where, told to an observer. */
const COMPOUND_PAGES = 'vmemmap_populate_compound_pages';
const HEAD_AND_TAIL: Decision = {
  because: 'vmemmap_can_optimize(), and a compound page begins here',
  so: 'base pages: a head page and a tail page',
};
const OTHER_TAILS: Decision = {
  because: 'vmemmap_can_optimize(), and a compound page goes on here',
  so: 'its tail page again, as base pages',
};
const INSIDE_COMPOUND: Decision = {
  because: 'vmemmap_can_optimize(), and the compound page began in an earlier section',
  so: 'the tail page just below again, as base pages',
};

/**
 * vmemmap_populate_compound_pages(): a head page and a tail page for each compound page; the rest of its vmemmap maps
 * the tail page again. A section inside a compound page that began before it maps the tail page just below it.
 * @param startPfn pfn of the first page described
 * @param start low 52 bits of the first address
 * @returns 0 or -ENOMEM; what was mapped stays mapped
 */
export function vmemmapPopulateCompoundPages(
  kernel: Kernel,
  startPfn: number,
  start: number,
  end: number,
  nid: number,
  pgmap: DevPagemap,
): number {
  const { pageSize } = kernel;
  // Linux’s own table, which under the hash MMU is not what the hardware reads.
  const { table } = pagingOf(kernel);
  const nrPages = 2 ** pgmap.vmemmapShift;
  const { observer } = kernel;
  if ((startPfn - pgmap.rangeStartPfn) % nrPages !== 0 && nrPages > kernel.pagesPerSubsection) {
    observer?.decide(COMPOUND_PAGES, INSIDE_COMPOUND, start, end);
    const tail = table.walk(start - pageSize);
    if (tail === undefined) return -ENOMEM;
    return vmemmapPopulateRange(kernel, start, end, nid, null, Math.floor(tail.pa / pageSize));
  }
  const size = Math.min(end - start, nrPages * kernel.structPageSize);
  for (let address = start; address < end; address += size) {
    const reserved = address + VMEMMAP_RESERVE_NR * pageSize;
    observer?.decide(COMPOUND_PAGES, HEAD_AND_TAIL, address, reserved);
    observer?.decide(COMPOUND_PAGES, OTHER_TAILS, reserved, address + size);
    if (vmemmapPopulateRange(kernel, address, reserved, nid, null, NO_PAGE) !== 0) return -ENOMEM;
    const tail = table.walk(reserved - pageSize)!;
    const rest = vmemmapPopulateRange(kernel, reserved, address + size, nid, null, Math.floor(tail.pa / pageSize));
    if (rest !== 0) return -ENOMEM;
  }
  return 0;
}
