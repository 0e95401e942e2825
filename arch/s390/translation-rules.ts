// SPDX-License-Identifier: GPL-2.0-only

import { isUnbroken, type TranslationRule } from '../../src/kernel/translation-rule.js';

export const TRANSLATION_RULES: readonly TranslationRule[] = [
  {
    name: 'change-by-idte-or-csp',
    manual: 'z/Architecture Principles of Operation, SA22-7832',
    section: 'chapter 3, Modification of Translation Tables',
    // Code of this emulator and of trees writes entries by stores alone.
    sentence:
      'A valid entry becomes another valid one by IDTE, IPTE, CRDTE or CSP; a store makes it invalid, and a purge comes before the next valid one.',
    changeBreaks: isUnbroken,
  },
];
