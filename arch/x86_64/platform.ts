// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../architecture.js';
import { PageTable } from '../../src/hardware/page-table.js';
import { tablePlatform, type TablePlatform } from '../../src/kernel/platform.js';
import { flagBits, format, geometry, LEAF_FIELDS } from './layout.js';
import { TRANSLATION_RULES } from './translation-rules.js';

export const PAGE_SIZE = 4096;
export const PMD_SIZE = 2 ** 21;
export const PUD_SIZE = 2 ** 30;
export const P4D_SIZE = 2 ** 39;
export const PMD_ORDER = 9;

/** A machine with the kernel's page table and others, such as those of processes, that share its top-level entries. */
export interface X86Platform extends TablePlatform {
  readonly loadedMmu: PageTable;
  readonly otherTables: readonly PageTable[];
}

/**
 * @param otherPageTables how many there are besides the kernel's own
 * @param currentPageTable which one the CPU has loaded: 0 for the kernel's own, else one of the others
 */
export function x86Platform(
  { ram, allocator }: Machine,
  pagingLevels: 4 | 5,
  otherPageTables: number,
  currentPageTable: number,
): X86Platform {
  const newTable = (): PageTable => new PageTable(ram, allocator.reserve() * PAGE_SIZE, geometry(pagingLevels), format);
  const table = newTable();
  const otherTables = Array.from({ length: otherPageTables }, newTable);
  const platform = tablePlatform(table, {
    pmdSize: PMD_SIZE,
    translationRules: TRANSLATION_RULES,
    iommuSharesTables: true,
    pageblockPages: 1 << PMD_ORDER,
    leafSizes: [
      { name: 'pte', size: PAGE_SIZE },
      { name: 'pmd', size: PMD_SIZE },
      { name: 'pud', size: PUD_SIZE },
    ],
    leafFields: LEAF_FIELDS,
    leafFlags: ({ lo, hi }) => flagBits(lo, hi),
  });
  return { ...platform, otherTables, loadedMmu: currentPageTable === 0 ? table : otherTables[currentPageTable - 1]! };
}
