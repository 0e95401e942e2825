// SPDX-License-Identifier: GPL-2.0-only

import type { TranslationRule } from '../../src/kernel/translation-rule.js';

export const TRANSLATION_RULES: readonly TranslationRule[] = [
  {
    name: 'fence-before-reuse',
    manual: 'The RISC-V Instruction Set Manual, Volume II, 20211203',
    // Supervisor Memory-Management Fence Instruction, read in the manual's source (src/supervisor.tex).
    section: '4.2.1',
    sentence: 'Memory that an entry pointed to goes to somebody else only behind an SFENCE.VMA on every hart.',
    releaseBreaks: true,
  },
];
