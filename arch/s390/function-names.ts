// SPDX-License-Identifier: GPL-2.0-only

import type { FunctionNames } from '../architecture.js';

/** Functions of this room whose name is not the kernel's in camel case. */
export const FUNCTION_NAMES: FunctionNames = {
  clear: null,
  set: null,
  modifyTable: 'modify_pud_table',
  populateForEver: null,
  segmentTable: null,
  mayFree: null,
  tryFreeCrst: 'try_free_pmd_table',
};

/** unused-sub-pmd.ts under the names of arch/s390/mm/vmem.c. */
export const sharedNames = (): FunctionNames => ({ __vmemmap_use_sub_pmd: 'vmemmap_mark_sub_pmd_used' });
