// SPDX-License-Identifier: GPL-2.0-only

/** What the kernel did since the scenario began. Plain numbers, so that counting costs next to nothing. */
export class Counters {
  /** Entries written with a present value, by level from pte to pgd. */
  set = [0, 0, 0, 0, 0];
  /** Entries cleared, by level from pte to pgd. */
  clear = [0, 0, 0, 0, 0];
  /** Base pages taken from system memory. */
  allocPages = 0;
  /** Base pages given back to system memory. */
  freePages = 0;
  altmapAllocPages = 0;
  altmapFreePages = 0;
  /** Bytes filled with PAGE_UNUSED. */
  unusedBytes = 0;
  /** Bytes zeroed to mark a range used. */
  useMarkBytes = 0;
  tlbFlushAll = 0;
  /** Calls that flush a range of kernel addresses. */
  tlbFlushRange = 0;
  /** Calls that flush the cached walks of a freed table. */
  tlbFlushTable = 0;
  /** Top-level entries copied to other page tables (sync_global_pgds). */
  syncTopLevel = 0;
  /** Times that all CPUs were told of mappings that they may have cached the absence of (mark_new_valid_map). */
  markNewValidMap = 0;
  /** Tables of the vmemmap whose destructor ran, which nr_page_table_pages never counted. */
  strayTableDtor = 0;

  /** Counting starts anew. */
  reset(): void {
    Object.assign(this, new Counters());
  }
}

const LEVEL_SUFFIX = ['Pte', 'Pmd', 'Pud', 'P4d', 'Pgd'];
const SET_NAMES = LEVEL_SUFFIX.map((level) => `set${level}`);
const CLEAR_NAMES = LEVEL_SUFFIX.map((level) => `clear${level}`);

/** The counters that are not zero, by the names of the vectors' format. */
export function countersRecord(counters: Counters): Record<string, number> {
  const record: Record<string, number> = {};
  const note = (name: string, value: unknown): void => {
    if (typeof value === 'number' && value !== 0) record[name] = value;
  };
  for (let level = LEVEL_SUFFIX.length - 1; level >= 0; level--) note(SET_NAMES[level]!, counters.set[level]);
  for (let level = LEVEL_SUFFIX.length - 1; level >= 0; level--) note(CLEAR_NAMES[level]!, counters.clear[level]);
  for (const [name, value] of Object.entries(counters)) note(name, value);
  return record;
}
