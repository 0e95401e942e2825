// SPDX-License-Identifier: GPL-2.0-only

import { isUnbroken, type EntryChange, type TranslationRule } from '../../src/kernel/translation-rule.js';

/** Bytes of the smallest page. */
const PAGE_SIZE = 4096;

/** Whether a page of the entry's range has another frame than before. */
function hasOtherFrame({ start, span, was, translate }: EntryChange): boolean {
  for (let offset = 0; offset < span; offset += PAGE_SIZE) {
    if (translate(start + offset) !== was.pa + offset) return true;
  }
  return false;
}

export const TRANSLATION_RULES: readonly TranslationRule[] = [
  {
    name: 'one-size-at-a-time',
    manual: 'Intel 64 and IA-32 Architectures Software Developer’s Manual, Volume 3A',
    section: '4.10.4.2, Recommended Invalidation (4.10.3.2 in older editions)',
    sentence:
      'A write to a valid entry does not change the size of a page together with its frame; for both the entry is made not present first, and invalidated.',
    changeBreaks: (change) => isUnbroken(change) && change.was.isLeaf && !change.is.isLeaf && hasOtherFrame(change),
  },
];
