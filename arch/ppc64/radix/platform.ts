// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../../architecture.js';
import { PageTable } from '../../../src/hardware/page-table.js';
import { tablePlatform, type TablePlatform } from '../../../src/kernel/platform.js';
import { LEAF_FIELDS } from '../entry-bits.js';
import { flagBits, format, geometry } from './layout.js';
import { TRANSLATION_RULES } from '../translation-rules.js';

export const PMD_SIZE = 2 ** 21;
/** Bytes of the root table: 8192 entries. */
const ROOT_BYTES = 65536;

export function radixPlatform({ ram, allocator, pageSize }: Machine): TablePlatform {
  const root = allocator.reserve(Math.max(0, Math.log2(ROOT_BYTES / pageSize))) * pageSize;
  return tablePlatform(new PageTable(ram, root, geometry(Math.log2(pageSize)), format), {
    pmdSize: PMD_SIZE,
    translationRules: TRANSLATION_RULES,
    pageblockPages: PMD_SIZE / pageSize,
    leafSizes: [
      { name: 'pte', size: pageSize },
      { name: 'pmd', size: PMD_SIZE },
    ],
    leafFields: LEAF_FIELDS,
    leafFlags: ({ lo, hi }) => flagBits(lo, hi),
  });
}
