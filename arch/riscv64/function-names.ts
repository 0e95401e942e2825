// SPDX-License-Identifier: GPL-2.0-only

import type { FunctionNames } from '../architecture.js';

/** Functions of this room whose name is not the kernel's in camel case. */
export const FUNCTION_NAMES: FunctionNames = {
  checkPmd: 'vmemmap_check_pmd',
  setPmd: 'vmemmap_set_pmd',
  populate: null,
  set: null,
  clear: null,
  // Of each level, remove_p4d_mapping() down to remove_pmd_mapping(), which alone finds leaves.
  removeMapping: 'remove_pmd_mapping',
  freeTable: null,
  isInside: null,
};
