// SPDX-License-Identifier: GPL-2.0-only

import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { PTE, ENTRY_WORDS } from '../hardware/page-table.js';
import { addressAt, tellRows, type EntryRange } from './entry-rows.js';
import { fillTaken } from './frame-content.js';
import type { Kernel } from './kernel.js';
import type { EntryRow } from './observer.js';
import type { PageEntry } from './vmemmap-code.js';

/**
 * Base pages by the hundred. The kernel takes and frees them one by one, and so it is told to whoever wants to hear of each; where
 * nobody does, the allocator is asked once for as many as a table needs.
 */

/** Base pages that are taken or given back at once. */
const PAGES_AT_ONCE = 512;

/** Frames of the pages that {@link allocBasePages} took last. */
const TAKEN = new Float64Array(PAGES_AT_ONCE);

/**
 * alloc_pages_node() for one base page after another; they lie in {@link TAKEN}.
 * @param count at most {@link PAGES_AT_ONCE}
 * @returns how many there were
 */
function allocBasePages(kernel: Kernel, count: number, nid: number): number {
  const taken = kernel.allocator.allocBasePages(TAKEN, count, nid);
  if (kernel.frameContent !== null) for (let i = 0; i < taken; i++) fillTaken(kernel, TAKEN[i]!, 1);
  return taken;
}

/** An entry of a PTE table. */
interface PageTableEntry extends PageEntry {
  /** pte_none(), by the entry's words. */
  isNone(word0: number, word1: number, level: typeof PTE): boolean;
}

/** What a loop that maps base pages does to an entry that is none, and to another; null for nothing that takes time. */
export interface MappingRows {
  readonly none: EntryRow;
  readonly mapped: EntryRow | null;
}

/**
 * Gives base pages of the page allocator to the entries of a PTE table that are none, where nobody wants to hear of each.
 * @param entries how an entry is read and written
 * @param range the entries that are looked at
 * @param rows what is told of them
 * @returns whether there was a page for each
 */
export function mapBasePages(
  kernel: Kernel,
  entries: PageTableEntry,
  range: EntryRange,
  nid: number,
  rows: MappingRows,
): boolean {
  const { ram } = kernel;
  const isNone = (at: number): boolean => entries.isNone(ram.words[at]!, ram.words[at + 1]!, PTE);
  const end = range.first + range.count * ENTRY_WORDS;
  for (let at = range.first; at < end;) {
    let asked = 0;
    let stop = at;
    for (; stop < end && asked < PAGES_AT_ONCE; stop += ENTRY_WORDS) if (isNone(stop)) asked++;
    const pages = allocBasePages(kernel, asked, nid);
    if (pages < asked) {
      // The kernel stops at the first entry that there is no page for.
      stop = at;
      for (let left = pages; left > 0 || !isNone(stop); stop += ENTRY_WORDS) if (isNone(stop)) left--;
    }
    if (kernel.observer !== null) tellMapping(kernel, entries, range, at, stop, rows);
    const { words } = ram;
    for (let i = 0; i < pages; at += ENTRY_WORDS) {
      if (!isNone(at)) continue;
      const pfn = TAKEN[i++]!;
      words[at] = entries.pteWord0(pfn);
      words[at + 1] = entries.pteWord1(pfn);
    }
    at = stop;
    kernel.counters.set[PTE]! += pages;
    if (pages < asked) {
      kernel.observer?.allocPages(0, nid, NO_PAGE);
      return false;
    }
  }
  return true;
}

/** Tells what becomes of the entries of a range from one position to another. */
function tellMapping(
  kernel: Kernel,
  entries: PageTableEntry,
  range: EntryRange,
  from: number,
  to: number,
  rows: MappingRows,
): void {
  const address = addressAt(kernel, range, from);
  tellRows(kernel, { first: from, count: (to - from) / ENTRY_WORDS, address }, (word0, word1) =>
    entries.isNone(word0, word1, PTE) ? rows.none : rows.mapped,
  );
}

/** Base pages on their way back to the page allocator. Whoever collects them gives them back before it says anything. */
export class FreedBasePages {
  private readonly pfns = new Float64Array(PAGES_AT_ONCE);
  private length = 0;

  constructor(private readonly kernel: Kernel) {}

  /** free_pages() of a base page, soon. */
  add(pfn: number): void {
    if (this.length === PAGES_AT_ONCE) this.give();
    this.pfns[this.length++] = pfn;
  }

  /** free_pages() of all that were added, in their order. */
  give(): void {
    const { allocator, log } = this.kernel;
    const { length } = this;
    this.length = 0;
    if (length > 0) allocator.freeBasePages(this.pfns, length, log.badFree);
  }
}
