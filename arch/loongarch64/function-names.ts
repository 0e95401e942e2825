// SPDX-License-Identifier: GPL-2.0-only

import type { FunctionNames } from '../architecture.js';

/** Functions of this room whose name is not the kernel's in camel case. */
export const FUNCTION_NAMES: FunctionNames = {
  checkPmd: 'vmemmap_check_pmd',
  populate: null,
  initTable: null,
  setPmd: 'vmemmap_set_pmd',
  set: null,
  fillTable: null,
};
