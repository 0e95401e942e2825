// SPDX-License-Identifier: GPL-2.0-only

import { ENTRY_WORDS, PTE, tableIndex, type PageTable } from '../hardware/page-table.js';
import type { Kernel } from './kernel.js';
import type { EntryRow, Observer } from './observer.js';

/**
 * Rows: a loop over the entries of a PTE table does the same to hundreds of them. An observer that takes rows is told once of
 * neighbours that fare alike, before the loop begins; others hear of each entry in its turn.
 */

/** Who wants to hear of each entry by itself, if anybody. */
export const entryByEntry = (observer: Observer | null): Observer | null =>
  observer === null || observer.entryRow !== undefined ? null : observer;

/** Neighbouring entries of a table. */
export interface EntryRange {
  /** Position of the first in RAM. */
  readonly first: number;
  readonly count: number;
  /** An address that the first covers, low 52 bits. */
  readonly address: number;
}

/** Entries of a PTE table that a loop goes through. */
export interface PteRange extends EntryRange {
  /** Position behind the last in RAM. */
  readonly end: number;
}

/**
 * The entries of a PTE table that map a range of addresses, all of which the table covers.
 * @param tablePa physical address of the table
 * @param start low 52 bits of the first address
 * @param end low 52 bits of the address behind the last
 */
export function pteRange(mmu: PageTable, tablePa: number, start: number, end: number): PteRange {
  const table = mmu.table(PTE);
  const first = mmu.entry(tablePa, tableIndex(table, start));
  const count = Math.ceil((end - start) / table.span);
  return { first, count, end: first + count * ENTRY_WORDS, address: start };
}

/** The address that an entry of a range covers. @param at position of the entry in RAM */
export const addressAt = ({ pageSize }: Kernel, { first, address }: EntryRange, at: number): number =>
  address + ((at - first) / ENTRY_WORDS) * pageSize;

/**
 * Tells an observer that takes rows what a loop is about to do; another hears nothing.
 * @param rowOf what the loop does to an entry, by its words; null where it passes the entry by without a look
 */
export function tellRows(
  { observer, ram, pageSize }: Kernel,
  { first, count, address }: EntryRange,
  rowOf: (word0: number, word1: number) => EntryRow | null,
): void {
  if (observer?.entryRow === undefined) return;
  let row: EntryRow | null = null;
  let from = 0;
  for (let i = 0; i <= count; i++) {
    const at = first + i * ENTRY_WORDS;
    const next = i < count ? rowOf(ram.words[at]!, ram.words[at + 1]!) : null;
    if (next === row) continue;
    if (row !== null) observer.entryRow(row, address + from * pageSize, i - from);
    row = next;
    from = i;
  }
}

/** A row that a loop finds out on its way, since it may have to stop. */
export class GrowingRow {
  private row: EntryRow | null = null;
  private address = 0;
  private count = 0;

  constructor(private readonly observer: Observer | null) {}

  /** What has been done to the next entry. @param address that it covers */
  add(row: EntryRow, address: number): void {
    if (row !== this.row) {
      this.tell();
      this.row = row;
      this.address = address;
    }
    this.count++;
  }

  /** Tells of what was added, as {@link tellRows}: the next entry is no neighbour, or the loop has ended. */
  tell(): void {
    if (this.row !== null) this.observer?.entryRow?.(this.row, this.address, this.count);
    this.row = null;
    this.count = 0;
  }
}
