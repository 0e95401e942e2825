// SPDX-License-Identifier: GPL-2.0-only

import { isUnbroken, pointsElsewhere, type TranslationRule } from '../../src/kernel/translation-rule.js';

/** With the radix MMU; entries of a hashed page table are no entries of a tree. */
export const TRANSLATION_RULES: readonly TranslationRule[] = [
  {
    name: 'invalidate-before-modify',
    manual: 'Power ISA, Version 3.1B, Book III',
    section: '6.10.1.2, Modifying a Translation Table Entry (5.10.1.2 in 3.0)',
    sentence: 'A valid entry points elsewhere, or maps in another size, only behind an invalid one and a tlbie of it.',
    changeBreaks: (change) => isUnbroken(change) && pointsElsewhere(change),
  },
];
