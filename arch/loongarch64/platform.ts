// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../architecture.js';
import { P4D, PageTable, PGD, PMD, PTE, PUD, ENTRY_WORDS } from '../../src/hardware/page-table.js';
import { tablePlatform, type TablePlatform } from '../../src/kernel/platform.js';
import { entryLo, flagBits, format, geometry, LEAF_FIELDS, tableHi, type NoneEntries } from './layout.js';

/** A page table whose empty entries point to a table of empty entries, so that a walk always ends in a PTE. */
export interface Loongarch64Platform extends TablePlatform {
  readonly none: NoneEntries;
}

/**
 * pagetable_init(): the root and the tables that empty entries point to; invalid_pte_table stays zero.
 * @param pageShift 12, 14 or 16
 * @param pagingLevels 2 to 4
 */
export function loongarch64Platform(
  { ram, allocator, pageSize }: Machine,
  pageShift: number,
  pagingLevels: number,
): Loongarch64Platform {
  const newPage = (): number => allocator.reserve() * pageSize;
  const root = newPage();
  const [invalidPteTable, invalidPmdTable, invalidPudTable] = [newPage(), newPage(), newPage()];
  const pointerTo = (pa: number): { lo: number; hi: number } => ({ lo: entryLo(pa, 0), hi: tableHi(pa) });
  const none: NoneEntries = {
    [PTE]: undefined,
    [PMD]: pointerTo(invalidPteTable),
    [PUD]: pointerTo(invalidPmdTable),
    [P4D]: pointerTo(invalidPudTable),
    [PGD]: undefined,
    5: undefined,
  };
  const table = new PageTable(ram, root, geometry(pageShift, pagingLevels), format(pageShift, none));
  const fillWithNone = (pa: number, { lo, hi }: { lo: number; hi: number }): void => fillTable(table, pa, lo, hi);
  fillWithNone(root, none[table.levels[0]!.level]!);
  fillWithNone(invalidPmdTable, none[PMD]!);
  fillWithNone(invalidPudTable, none[PUD]!);
  const pmdSize = table.span[PMD]!;
  const platform = tablePlatform(table, {
    pmdSize,
    pageblockPages: pmdSize / pageSize,
    leafSizes: [
      { name: 'pte', size: pageSize },
      { name: 'pmd', size: pmdSize },
    ],
    leafFields: LEAF_FIELDS,
    leafFlags: ({ lo, hi, size }) => flagBits(lo, hi, size),
  });
  return { ...platform, none, emptyTables: [undefined, invalidPteTable, invalidPmdTable, invalidPudTable] };
}

/** Writes every entry of a table. @param lo bits 0-31 of the entry @param hi bits 32-63 */
export function fillTable(table: PageTable, tablePa: number, lo: number, hi: number): void {
  if ((lo | hi) === 0) return;
  const first = table.entry(tablePa, 0);
  const { words } = table.ram;
  const end = first + (table.levels[0]!.mask + 1) * ENTRY_WORDS;
  for (let entry = first; entry < end; entry += ENTRY_WORDS) {
    words[entry] = lo;
    words[entry + 1] = hi;
  }
}
