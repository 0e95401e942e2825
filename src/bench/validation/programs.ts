// SPDX-License-Identifier: GPL-2.0-only

import { CAUSE } from '../../cycles/causes.js';
import { ENTRY_BYTES } from '../../hardware/page-table.js';
import { Processor } from '../../cycles/processor.js';
import { WORK } from '../../cycles/work.js';

/**
 * What was timed, as operations of a processor. Only operations that the model charges for populating and freeing
 * appear here, so that a prediction says something about those.
 */

const PAGE = 4096;
const STRUCT_PAGE = 64;
const ENTRIES_PER_TABLE = 512;
/** Rounds that are executed; what was timed is so many times longer, and costs the same each time. */
const ROUNDS = 64;
/** Memory that nobody has touched lies from here on. */
const FRESH = 2 ** 40;

/** Cycles of a round, once caches are warm. */
function cyclesPerRound(processor: Processor, round: (index: number) => void): number {
  for (let i = 0; i < ROUNDS; i++) round(i);
  const start = processor.clock.cycles;
  for (let i = ROUNDS; i < 2 * ROUNDS; i++) round(i);
  return (processor.clock.cycles - start) / ROUNDS;
}

/** How a page table of the linear map is filled. */
export interface TableFill {
  /** TLB invalidations for each table, by the mapping of the table at a fixed address. */
  readonly flushes: number;
  /** Each entry is followed by a barrier. */
  readonly barriers: boolean;
}

/** One page table of base pages, filled: arm64's alloc_init_pte(). Returns µs. */
export function fillTable(processor: Processor, { flushes, barriers }: TableFill): number {
  const { profile } = processor;
  const { range } = profile.flush;
  const cycles = cyclesPerRound(processor, (index) => {
    const table = FRESH + index * PAGE;
    processor.allocate(0);
    processor.streamLinear(CAUSE.zero, profile.zero, table, PAGE, 'clear_page');
    for (let entry = 0; entry < ENTRIES_PER_TABLE; entry++) {
      processor.load(CAUSE.walk, table + entry * ENTRY_BYTES, ENTRY_BYTES);
      processor.store(CAUSE.entry, table + entry * ENTRY_BYTES, ENTRY_BYTES);
      processor.work(CAUSE.entry, WORK.entry.value);
      if (barriers) processor.charge(CAUSE.barrier, profile.barrier.leaf.value);
    }
    if (range !== undefined) processor.charge(CAUSE.flush, flushes * processor.cyclesOf(range.base.value));
  });
  return processor.microseconds(cycles);
}

/** One struct page, initialised in memory that is in no cache. @param passes how often it is written. Returns ns. */
export function initialiseStructPage(processor: Processor, passes = 1): number {
  const { profile } = processor;
  const pages = PAGE / STRUCT_PAGE;
  const cycles = cyclesPerRound(processor, (index) => {
    processor.streamLinear(CAUSE.initialise, profile.fillLoop, FRESH + index * PAGE, PAGE, '__init_single_page');
    processor.work(CAUSE.initialise, pages * WORK.structPage.value);
  });
  return (processor.microseconds(cycles) * 1000 * passes) / pages;
}

/** Memory zeroed page by page. @param bytes in all. Returns s. */
export function zero(processor: Processor, bytes: number): number {
  const cycles = cyclesPerRound(processor, (index) => {
    processor.streamLinear(CAUSE.zero, processor.profile.zero, FRESH + index * PAGE, PAGE, 'clear_page');
  });
  return (processor.microseconds(cycles) * (bytes / PAGE)) / 1e6;
}

/** Pages of the memmap of a 2 MiB hugepage, and those that folding gives back. */
const HUGEPAGE_VMEMMAP_PAGES = 8;
const FOLDED_PAGES = 7;

export interface Fold {
  /** hugetlb_vmemmap_restore_folio() in place of hugetlb_vmemmap_optimize_folio(). */
  readonly restores: boolean;
  /** Every hugepage is followed by a flush on all CPUs, as before flushes were batched. */
  readonly flushes: boolean;
}

/** The memmap of one hugepage folded or restored (mm/hugetlb_vmemmap.c). Returns µs. */
export function foldHugepage(processor: Processor, { restores, flushes }: Fold): number {
  const { profile } = processor;
  const { all } = profile.flush;
  const tables = FRESH;
  const shared = FRESH + 2 ** 35;
  const memmap = FRESH + 2 ** 36;
  const cycles = cyclesPerRound(processor, (index) => {
    processor.work(CAUSE.walk, (restores ? WORK.unfoldHugepage : WORK.foldHugepage).value);
    for (let page = 0; page < HUGEPAGE_VMEMMAP_PAGES; page++) {
      const entry = tables + (index * HUGEPAGE_VMEMMAP_PAGES + page) * ENTRY_BYTES;
      processor.load(CAUSE.walk, entry, ENTRY_BYTES);
      processor.store(CAUSE.entry, entry, ENTRY_BYTES);
      processor.work(CAUSE.entry, WORK.entry.value);
    }
    for (let page = 0; page < FOLDED_PAGES; page++) {
      if (restores) processor.allocate(0);
      else processor.free(0);
    }
    for (let page = 0; restores && page < FOLDED_PAGES; page++) {
      processor.copyPage(memmap + (index * FOLDED_PAGES + page) * PAGE, shared, PAGE);
    }
    processor.lock();
    if (flushes && all !== undefined) processor.flush(all, 'flush_tlb_all');
  });
  return processor.microseconds(cycles);
}

/** Hypervisor calls one after the other. Returns s. */
export function hypercalls(processor: Processor, calls: number): number {
  const cycles = cyclesPerRound(processor, () => processor.hypercall(CAUSE.hash, 'H_REMOVE'));
  return (processor.microseconds(cycles) * calls) / 1e6;
}
