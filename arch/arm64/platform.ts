// SPDX-License-Identifier: GPL-2.0-only

import type { Machine } from '../architecture.js';
import { LEVELS, PageTable, PMD, PUD } from '../../src/hardware/page-table.js';
import { tablePlatform, type TablePlatform } from '../../src/kernel/platform.js';
import { addressLayout, flagBits, format, geometry, leafFields } from './layout.js';
import { TRANSLATION_RULES } from './translation-rules.js';

/** @param vaBits bits of a virtual address that the hardware has */
export function arm64Platform({ ram, allocator, pageSize }: Machine, pageShift: number, vaBits: number): TablePlatform {
  const layout = addressLayout(pageShift, vaBits);
  const table = new PageTable(ram, allocator.reserve() * pageSize, geometry(pageShift, vaBits), format(layout));
  const pmdSize = table.span[PMD]!;
  return tablePlatform(table, {
    pmdSize,
    translationRules: TRANSLATION_RULES,
    rangeFlushKeepsWalks: true,
    pageblockPages: pmdSize / pageSize,
    leafSizes: table.levels
      .filter(({ level }) => level <= PUD)
      .map(({ level, span }) => ({ name: LEVELS[level], size: span }))
      .reverse(),
    leafFields: leafFields(layout),
    leafFlags: ({ lo, hi }) => flagBits(layout, lo, hi),
  });
}
