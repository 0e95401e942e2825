// SPDX-License-Identifier: GPL-2.0-only

import { entryBits } from '../../../src/hardware/entry-bits.js';

/** The fields of a bolted entry's second doubleword (arch/powerpc/include/asm/book3s/64/mmu-hash.h). */
export const HPTE_R = {
  PP: entryBits('HPTE_R_PP', [0, 1], 'protection; 0 is the kernel’s, read and write'),
  N: entryBits('HPTE_R_N', 2, 'is not executed'),
  G: entryBits('HPTE_R_G', 3, 'guarded'),
  M: entryBits('HPTE_R_M', 4, 'coherent'),
  I: entryBits('HPTE_R_I', 5, 'not cached'),
  W: entryBits('HPTE_R_W', 6, 'write-through'),
  C: entryBits('HPTE_R_C', 7, 'was written'),
  R: entryBits('HPTE_R_R', 8, 'was used'),
  KEY_LO: entryBits('HPTE_R_KEY_LO', [9, 11], 'lower bits of the storage key'),
} as const;
