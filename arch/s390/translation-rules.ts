// SPDX-License-Identifier: GPL-2.0-only

import { isUnbroken, type TranslationRule } from '../../src/kernel/translation-rule.js';

export const TRANSLATION_RULES: readonly TranslationRule[] = [
  {
    name: 'change-by-idte-or-csp',
    manual: 'z/Architecture Principles of Operation, SA22-7832',
    // What it asks is quoted in arch/s390/include/asm/tlb.h; the heading is from memory.
    section: 'chapter 3, Modification of Translation Tables',
    // The manual asks more: that no store makes a valid entry invalid either while CPUs may use it. vmem.c does that with
    // every entry of the kernel's own tables and flushes behind it, so it would be told of each step and is not asked.
    sentence:
      'A valid entry that CPUs may use is changed by IPTE, IDTE or a compare and swap that purges; by stores no valid one becomes another before the TLB was purged.',
    changeBreaks: isUnbroken,
  },
];
