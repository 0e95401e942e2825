// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../architecture.js';
import { ENTRY_BYTES, PageTable, PTE, swap32, type Level, ENTRY_WORDS } from '../../src/hardware/page-table.js';
import type { Ram } from '../../src/hardware/ram.js';
import { tablePlatform, type TablePlatform } from '../../src/kernel/platform.js';
import { EMPTY, flagBits, format, geometry, segmentBits } from './layout.js';
import { TRANSLATION_RULES } from './translation-rules.js';

export const PAGE_SIZE = 4096;
export const PMD_SIZE = 2 ** 20;
const PUD_SIZE = 2 ** 31;
/** Order of a 1 MiB frame. */
export const PMD_ORDER = 8;
/** CRST_ALLOC_ORDER: a region or segment table takes four pages. */
export const CRST_ALLOC_ORDER = 2;

export const ENTRIES_PER_PAGE = PAGE_SIZE / ENTRY_BYTES;

/** crst_table_init(): a region or segment table of empty entries. */
export function crstTableInit(ram: Ram, tablePa: number, level: Level): void {
  for (let page = 0; page < 1 << CRST_ALLOC_ORDER; page++) {
    fillEntries(ram, tablePa + page * PAGE_SIZE, ENTRIES_PER_PAGE, EMPTY[level]!);
  }
}

/** Entries of one value, within a page. */
export function fillEntries(ram: Ram, pa: number, count: number, value: number): void {
  const first = ram.wordIndex(pa);
  const word = swap32(value);
  for (let i = first; i < first + count * ENTRY_WORDS; i += ENTRY_WORDS) {
    ram.words[i] = 0;
    ram.words[i + 1] = word;
  }
}

/** @param pagingLevels 3 to 5 */
export function s390Platform({ ram, allocator, traits }: Machine, pagingLevels: number): TablePlatform {
  const root = allocator.reserve(CRST_ALLOC_ORDER) * PAGE_SIZE;
  const table = new PageTable(ram, root, geometry(pagingLevels), format);
  crstTableInit(ram, root, table.levels[0]!.level);
  return tablePlatform(table, {
    pmdSize: PMD_SIZE,
    translationRules: TRANSLATION_RULES,
    pageblockPages: 1 << PMD_ORDER,
    leafSizes: [
      { name: 'pte', size: PAGE_SIZE },
      { name: 'pmd', size: PMD_SIZE },
      { name: 'pud', size: PUD_SIZE },
    ],
    leafFields: segmentBits(traits).fields,
    leafFlags: ({ level, lo }) => flagBits(level, lo),
    tablePages: (level) => (level === PTE ? 1 : 1 << CRST_ALLOC_ORDER),
  });
}
