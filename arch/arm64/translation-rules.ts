// SPDX-License-Identifier: GPL-2.0-only

import { isUnbroken, pointsElsewhere, type TranslationRule } from '../../src/kernel/translation-rule.js';

/** Attributes that two translations of one address must not differ in: AttrIndx 4:2, SH 9:8, nG 11. */
const ATTRIBUTES_LO = 0x0b1c;

export const TRANSLATION_RULES: readonly TranslationRule[] = [
  {
    name: 'break-before-make',
    manual: 'Arm Architecture Reference Manual, DDI 0487K.a',
    section: 'D8.16.1, Using break-before-make when updating translation table entries, rule R_WHZWS',
    sentence:
      'A valid entry changes its output address, its size or its memory attributes only by way of an invalid one, with what TLBs hold invalidated between.',
    changeBreaks: (change) =>
      isUnbroken(change) &&
      (pointsElsewhere(change) || (change.is.isLeaf && ((change.was.lo ^ change.is.lo) & ATTRIBUTES_LO) !== 0)),
  },
];
