// SPDX-License-Identifier: GPL-2.0-only

import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { ENTRY_BYTES, PTE } from '../hardware/page-table.js';
import { allocPages, type Kernel } from './kernel.js';
import type { PageEntry } from './vmemmap-code.js';

/**
 * Base pages by the hundred. The kernel takes and frees them one by one, and so it is told to whoever listens; where nobody does,
 * the allocator is asked once for as many as a table needs.
 */

/** Base pages that are taken or given back at once. */
const PAGES_AT_ONCE = 512;
/** Distance between the positions of neighbouring entries. */
const ENTRY_WORDS = ENTRY_BYTES / 4;

/** Frames of the pages that {@link allocBasePages} took last. */
const TAKEN = new Float64Array(PAGES_AT_ONCE);

/**
 * alloc_pages_node() for one base page after another; they lie in {@link TAKEN}.
 * @param count at most {@link PAGES_AT_ONCE}
 * @returns how many there were
 */
function allocBasePages(kernel: Kernel, count: number, nid: number): number {
  if (kernel.frameContent === null) return kernel.allocator.allocBasePages(TAKEN, count, nid);
  for (let i = 0; i < count; i++) {
    const pfn = allocPages(kernel, 0, nid);
    if (pfn === NO_PAGE) return i;
    TAKEN[i] = pfn;
  }
  return count;
}

/** An entry of a PTE table. */
interface PageTableEntry extends PageEntry {
  /** pte_none(), by the entry's words. */
  isNone(word0: number, word1: number, level: typeof PTE): boolean;
}

/**
 * Gives base pages of the page allocator to the entries of a PTE table that are none, where nobody listens.
 * @param entries how an entry is read and written
 * @param first position of the first entry
 * @param count of entries that are looked at
 * @returns whether there was a page for each
 */
export function mapBasePages(
  kernel: Kernel,
  entries: PageTableEntry,
  first: number,
  count: number,
  nid: number,
): boolean {
  const { words } = kernel.ram;
  const end = first + count * ENTRY_WORDS;
  for (let at = first; at < end;) {
    let asked = 0;
    for (let i = at; i < end && asked < PAGES_AT_ONCE; i += ENTRY_WORDS)
      if (entries.isNone(words[i]!, words[i + 1]!, PTE)) asked++;
    const pages = allocBasePages(kernel, asked, nid);
    for (let i = 0; i < pages; at += ENTRY_WORDS) {
      if (!entries.isNone(words[at]!, words[at + 1]!, PTE)) continue;
      const pfn = TAKEN[i++]!;
      words[at] = entries.pteWord0(pfn);
      words[at + 1] = entries.pteWord1(pfn);
    }
    kernel.counters.set[PTE]! += pages;
    if (pages < asked) return false;
    if (asked < PAGES_AT_ONCE) return true;
  }
  return true;
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
