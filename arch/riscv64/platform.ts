// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../architecture.js';
import { PageTable } from '../../src/hardware/page-table.js';
import { tablePlatform, type TablePlatform } from '../../src/kernel/platform.js';
import { flagBits, format, geometry, LEAF_FIELDS } from './layout.js';
import { TRANSLATION_RULES } from './translation-rules.js';

export const PAGE_SIZE = 4096;
const PMD_SIZE = 2 ** 21;
const PUD_SIZE = 2 ** 30;

/** @param pagingLevels 3 for Sv39, 4 for Sv48, 5 for Sv57 */
export function riscv64Platform({ ram, allocator }: Machine, pagingLevels: number): TablePlatform {
  const table = new PageTable(ram, allocator.reserve() * PAGE_SIZE, geometry(pagingLevels), format);
  return tablePlatform(table, {
    pmdSize: PMD_SIZE,
    translationRules: TRANSLATION_RULES,
    pageblockPages: PMD_SIZE / PAGE_SIZE,
    leafSizes: [
      { name: 'pte', size: PAGE_SIZE },
      { name: 'pmd', size: PMD_SIZE },
      { name: 'pud', size: PUD_SIZE },
    ],
    leafFields: LEAF_FIELDS,
    leafFlags: ({ lo, hi }) => flagBits(lo, hi),
  });
}
