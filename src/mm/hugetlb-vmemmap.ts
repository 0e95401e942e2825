// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, ReadOnlyPte } from '../kernel/vmemmap-code.js';
import { alignDown } from '../hardware/align.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { PageFault } from '../hardware/mmu.js';
import { PMD, PTE, tableIndex, type Leaf, type PageTable, ENTRY_WORDS } from '../hardware/page-table.js';
import { EINVAL, ENOMEM, ENOTSUPP } from '../kernel/errno.js';
import { allocPages, freePages, noteFlush, noteSet, pfnToPage, type Kernel } from '../kernel/kernel.js';
import type { Decision } from '../kernel/observer.js';
import { vmemmapAllocBlockZero } from './sparse-vmemmap.js';
import { blockPfn, INITIALISED, setAsidePages, type SystemMemory } from './system-memory.js';
import { zoneNumber } from './zone.js';

/**
 * mm/hugetlb_vmemmap.c: the memmap of a HugeTLB page says the same in most of its pages, so all but the first may be one.
 * Its large leaf is split to base pages first. A memmap that lies in its own memory block is left alone.
 */

/** Behind the last address, low 52 bits. */
const ADDRESS_END = 2 ** 52;

/** Pages of vmemmap that a HugeTLB page keeps (HUGETLB_VMEMMAP_RESERVE_PAGES). */
const reservedPages = (kernel: Kernel): number => (kernel.traits.hvoReservesOnePage ? 1 : 2);

/** What works on the vmemmap of one HugeTLB page, or why it cannot. */
interface Walk {
  readonly kernel: Kernel;
  readonly paging: KernelPaging & { readonly readOnlyPte: ReadOnlyPte };
  readonly table: PageTable;
  /** First address of its memmap. */
  readonly start: number;
  readonly end: number;
}

/** hugetlb_vmemmap_optimizable(): whole pages, more than are kept; struct pages must not straddle them. */
function walkOf(kernel: Kernel, pfn: number, nrPages: number): Walk | undefined {
  const { paging } = kernel.code;
  const bytes = nrPages * kernel.structPageSize;
  const isPowerOfTwo = Number.isInteger(Math.log2(kernel.structPageSize));
  if (paging?.readOnlyPte === undefined || !kernel.traits.hvo || !isPowerOfTwo) return undefined;
  if (bytes % kernel.pageSize !== 0 || bytes <= reservedPages(kernel) * kernel.pageSize) return undefined;
  const start = pfnToPage(kernel, pfn);
  const { readOnlyPte } = paging;
  return { kernel, paging: { ...paging, readOnlyPte }, table: paging.table, start, end: start + bytes };
}

/** PageVmemmapSelfHosted(): whether a frame holds the memmap of the block that it lies in. The page says so once online. */
function isSelfHosted(memory: SystemMemory, pfn: number): boolean {
  const block = memory.blocks.get(Math.floor(pfn / memory.blockPages));
  if (block?.state !== 'online') return false;
  return pfn < blockPfn(memory, block.id) + setAsidePages(memory.kernel, block);
}

/** Position of the entry for an address at the level of a leaf. */
function entryOf({ table }: Walk, address: number, level: Leaf['level']): number {
  let tablePa = table.root;
  for (const here of table.levels) {
    const entry = table.entry(tablePa, tableIndex(here, address));
    if (here.level === level) return entry;
    tablePa = table.format.address(here.level, table.lo(entry), table.hi(entry));
  }
  throw new RangeError('this page table has no such level');
}

function setPte(walk: Walk, address: number, pfn: number, isReadOnly: boolean): void {
  const { kernel, paging } = walk;
  const entry = entryOf(walk, address, PTE);
  const { words } = kernel.ram;
  words[entry] = isReadOnly ? paging.readOnlyPte.word0(pfn) : paging.pteWord0(pfn);
  words[entry + 1] = isReadOnly ? paging.readOnlyPte.word1(pfn) : paging.pteWord1(pfn);
  kernel.observer?.readEntry(PTE, address);
  noteSet(kernel, PTE, address, words[entry], words[entry + 1]!);
}

/** free_vmemmap_page(): memory since boot and other memory are counted apart. */
function freeVmemmapPage(kernel: Kernel, pfn: number): void {
  const { traits, vmstat, allocator } = kernel;
  if (traits.countNrMemmap) {
    if (allocator.isReserved(pfn)) vmstat.nrMemmapBootPages--;
    else vmstat.nrMemmapPages--;
  }
  freePages(kernel, pfn, 0);
}

/** memmap_pages_add(). */
function countMemmapPages({ traits, vmstat }: Kernel, pages: number): void {
  if (traits.countNrMemmap) vmstat.nrMemmapPages += pages;
}

function copyPage(kernel: Kernel, toPfn: number, fromPfn: number): void {
  kernel.ram.copyFrame(toPfn, fromPfn);
  kernel.observer?.copyPage(toPfn, fromPfn);
}

/** flush_tlb_all(). */
const flushAll = (kernel: Kernel): void => noteFlush(kernel, 'all', kernel.vmemmap, ADDRESS_END);

const SPLIT: Decision = {
  because: 'pmd_leaf(), and a HugeTLB page in the range is folded',
  so: 'a page table that maps the same frames',
};

/** vmemmap_split_pmd(): a table of base pages takes the place of a leaf. Returns 0 or -ENOMEM. */
function splitPmd(walk: Walk, leaf: Leaf): number {
  const { kernel, paging, table } = walk;
  const { pageSize, ram } = kernel;
  const tablePfn = vmemmapAllocBlockZero(kernel, 0);
  if (tablePfn === NO_PAGE) return -ENOMEM;
  const first = table.entry(tablePfn * pageSize, 0);
  const pages = leaf.size / pageSize;
  for (let i = 0; i < pages; i++) {
    const pfn = leaf.pa / pageSize + i;
    ram.words[first + i * ENTRY_WORDS] = paging.pteWord0(pfn);
    ram.words[first + i * ENTRY_WORDS + 1] = paging.pteWord1(pfn);
  }
  kernel.observer?.decide('vmemmap_split_pmd', SPLIT, leaf.start, leaf.start + leaf.size);
  paging.populate(PMD, entryOf(walk, leaf.start, PMD), tablePfn * pageSize, leaf.start);
  // An address finds an entry of the new table only now.
  for (let i = 0; i < pages; i++) {
    const at = first + i * ENTRY_WORDS;
    noteSet(kernel, PTE, leaf.start + i * pageSize, ram.words[at]!, ram.words[at + 1]!);
  }
  return 0;
}

/** vmemmap_remap_range() as far as it splits. Returns 0, -ENOMEM, or -ENOTSUPP for a memmap that its block holds. */
function splitRange(memory: SystemMemory, walk: Walk): number {
  const { kernel, table, start, end } = walk;
  let isFirst = true;
  for (let address = start; address < end;) {
    const leaf = table.walk(address);
    if (leaf === undefined) return -EINVAL;
    if (isFirst && isSelfHosted(memory, Math.floor((leaf.pa + (address - leaf.start)) / kernel.pageSize))) {
      return -ENOTSUPP;
    }
    isFirst = false;
    if (leaf.level === PMD) {
      const err = splitPmd(walk, leaf);
      if (err !== 0) return err;
    }
    address = alignDown(address, leaf.size) + leaf.size;
  }
  return 0;
}

const frameOf = ({ table, kernel }: Walk, address: number): number => table.walk(address)!.pa / kernel.pageSize;

/** Numbers of zones are below this. */
const ZONES = 2 ** 16;

/**
 * vmemmap_get_tail(): the page of tails that all HugeTLB pages of an order and a zone show. It is made for the first of
 * them, and nobody gives it back.
 * @returns its frame, or NO_PAGE
 */
function vmemmapGetTail(memory: SystemMemory, pfn: number, nrPages: number): number {
  const { kernel, nodes, pageZones, vmemmapTails } = memory;
  const zone = pageZones.get(pfn) ?? null;
  const key = Math.log2(nrPages) * ZONES + zoneNumber(nodes, zone);
  const known = vmemmapTails.get(key);
  if (known !== undefined) return known;
  const tail = allocPages(kernel, 0, zone?.nid ?? 0);
  if (tail === NO_PAGE) return NO_PAGE;
  kernel.ram.fillFrames(tail, 1, INITIALISED);
  vmemmapTails.set(key, tail);
  return tail;
}

/**
 * alloc_pages_node() for a page of the memmap of a HugeTLB page. Until 6.7 it says __GFP_THISNODE, and such an allocation
 * fails where all memory of the node is movable.
 * @returns the frame, or NO_PAGE
 */
function allocVmemmapPage({ kernel, pageZones, movableNodes }: SystemMemory, pfn: number): number {
  const nid = pageZones.get(pfn)?.nid ?? 0;
  return movableNodes.has(nid) && !kernel.traits.hvoAsksOtherNodes ? NO_PAGE : allocPages(kernel, 0, nid);
}

/**
 * vmemmap_remap_free(): a leaf that is still whole is split, then all pages but those kept map one frame, read-only.
 * @param freed takes the frames that nothing maps any more
 * @returns 0 or -ENOMEM
 */
function remapFree(memory: SystemMemory, walk: Walk, pfn: number, nrPages: number, freed: number[]): number {
  const { kernel, start, end } = walk;
  const { pageSize, traits } = kernel;
  const tail = traits.hvoSharesTail ? vmemmapGetTail(memory, pfn, nrPages) : undefined;
  if (tail === NO_PAGE) return -ENOMEM;
  let kept = start + reservedPages(kernel) * pageSize;
  const head = traits.hvoCopiesHead ? allocVmemmapPage(memory, pfn) : NO_PAGE;
  if (head === NO_PAGE && traits.hvoNeedsHead) return -ENOMEM;
  const err = splitRange(memory, walk);
  if (err !== 0) {
    if (head !== NO_PAGE) freePages(kernel, head, 0);
    return err;
  }
  if (head !== NO_PAGE) {
    countMemmapPages(kernel, 1);
    const former = frameOf(walk, start);
    copyPage(kernel, head, former);
    setPte(walk, start, head, false);
    freed.push(former);
    kept = start + pageSize;
  }
  const shared = tail ?? frameOf(walk, kept - pageSize);
  for (let address = kept; address < end; address += pageSize) {
    freed.push(frameOf(walk, address));
    setPte(walk, address, shared, true);
  }
  return 0;
}

/** What became of HugeTLB pages. */
export interface HugetlbResult {
  /** Pages whose memmap was folded, or restored. */
  done: number;
  /** The first error; 0 if there was none. */
  err: number;
}

/**
 * hugetlb_vmemmap_optimize_folios(): first all leaves are split, then each page is folded, then what was freed goes back;
 * sooner, where a page lacks memory, which is tried again then.
 * @param pages first frames of HugeTLB pages
 * @param nrPages base pages of each
 */
export function hugetlbVmemmapOptimize(memory: SystemMemory, pages: readonly number[], nrPages: number): HugetlbResult {
  const { kernel, hugetlbPages, hugetlbOptimized } = memory;
  const freed: number[] = [];
  const result = { done: 0, err: 0 };
  // An architecture that does not select HUGETLB_PAGE_OPTIMIZE_VMEMMAP has an empty function in its place.
  if (!hugetlbOptimized || kernel.code.paging?.readOnlyPte === undefined) return result;
  const walks = pages.flatMap((pfn): { pfn: number; walk: Walk }[] => {
    const walk = hugetlbPages.has(pfn) ? undefined : walkOf(kernel, pfn, nrPages);
    return walk === undefined ? [] : [{ pfn, walk }];
  });
  // Where memory for a table runs out, the other leaves are split when their page's turn comes.
  for (const { walk } of walks) if (splitRange(memory, walk) === -ENOMEM) break;
  const giveBack = (): void => {
    flushAll(kernel);
    for (const pfn of freed.splice(0)) freeVmemmapPage(kernel, pfn);
  };
  const fold = (pfn: number, walk: Walk): number => {
    kernel.observer?.enter('hugetlb_vmemmap_optimize_folio');
    kernel.observer?.fold(false);
    const err = remapFree(memory, walk, pfn, nrPages, freed);
    kernel.observer?.leave();
    return err;
  };
  flushAll(kernel);
  for (const { pfn, walk } of walks) {
    let err = fold(pfn, walk);
    // What earlier pages have freed may be enough for this one.
    if (err === -ENOMEM && freed.length > 0) {
      giveBack();
      err = fold(pfn, walk);
    }
    if (err === 0) {
      hugetlbPages.set(pfn, nrPages);
      result.done++;
    } else if (result.err === 0) result.err = err;
  }
  giveBack();
  return result;
}

/** hugetlb_vmemmap_restore_folio(): every page of the memmap has a frame of its own again. */
export function hugetlbVmemmapRestore(memory: SystemMemory, pages: readonly number[]): HugetlbResult {
  const { kernel, hugetlbPages } = memory;
  const result = { done: 0, err: 0 };
  for (const pfn of pages) {
    const nrPages = hugetlbPages.get(pfn);
    // folio_test_hugetlb_vmemmap_optimized() reads the first struct page.
    if (nrPages !== undefined && kernel.platform.mmu.walk(pfnToPage(kernel, pfn)) === undefined) {
      throw new PageFault(pfnToPage(kernel, pfn));
    }
    const walk = nrPages === undefined ? undefined : walkOf(kernel, pfn, nrPages);
    if (walk === undefined) continue;
    kernel.observer?.enter('hugetlb_vmemmap_restore_folio');
    kernel.observer?.fold(true);
    const err = restore(memory, walk, pfn);
    kernel.observer?.leave();
    if (err !== 0) return { ...result, err };
    hugetlbPages.delete(pfn);
    result.done++;
  }
  if (result.done > 0) flushAll(kernel);
  return result;
}

/**
 * dissolve_free_hugetlb_folios(): HugeTLB pages of a range that goes offline become ordinary pages, with all of their memmap.
 * A page that reaches out of the range goes too.
 * @returns 0, or -ENOMEM where there is no memory for a memmap; the pages before stay dissolved
 */
export function dissolveFreeHugetlbFolios(memory: SystemMemory, pfn: number, nrPages: number): number {
  const inRange = [...memory.hugetlbPages]
    .filter(([first, pages]) => first < pfn + nrPages && first + pages > pfn)
    .map(([first]) => first)
    .sort((a, b) => a - b);
  for (const first of inRange) {
    const { err } = hugetlbVmemmapRestore(memory, [first]);
    if (err !== 0) return err;
  }
  return 0;
}

/** vmemmap_remap_alloc(): all frames are taken before the first is mapped. Returns 0 or -ENOMEM. */
function restore(memory: SystemMemory, walk: Walk, folio: number): number {
  const { kernel, start, end } = walk;
  const { pageSize } = kernel;
  const first = start + reservedPages(kernel) * pageSize;
  const frames: number[] = [];
  for (let address = first; address < end; address += pageSize) {
    const pfn = allocVmemmapPage(memory, folio);
    if (pfn === NO_PAGE) {
      for (const taken of frames) freePages(kernel, taken, 0);
      return -ENOMEM;
    }
    frames.push(pfn);
  }
  countMemmapPages(kernel, frames.length);
  for (let address = first; address < end; address += pageSize) {
    // The list of frames is taken from its head, which is the last that came.
    const pfn = frames.pop()!;
    copyPage(kernel, pfn, frameOf(walk, address));
    setPte(walk, address, pfn, false);
  }
  return 0;
}
