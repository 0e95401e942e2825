// SPDX-License-Identifier: GPL-2.0-only

import type { FunctionNames } from '../architecture.js';
import type { Traits } from '../../src/history/traits/index.js';

/** Functions of this room whose name is not the kernel's in camel case. */
export const FUNCTION_NAMES: FunctionNames = {
  checkPmd: 'vmemmap_check_pmd',
  setPmd: 'vmemmap_set_pmd',
  populate: null,
  // Of each level, free_pte_table() to free_p4d_table(): which one is not told by a name here.
  freeTableIfEmpty: null,
  // The table goes behind remove_pte_table(), in remove_pmd_table().
  removePteTable: null,
  removePtes: 'remove_pte_table',
  removeP4dTables: null,
  decide: null,
  clear: null,
  clearLocked: null,
  set: null,
};

/** unused-sub-pmd.ts under the names of arch/x86/mm/init_64.c. Before it tracked the parts of a leaf, remove_pmd_table() did it itself. */
export const sharedNames = (traits: Traits): FunctionNames => ({
  vmemmap_unuse_sub_pmd: traits.x86TrackUnusedSubPmd ? 'vmemmap_pmd_is_unused' : null,
  vmemmap_flush_unused_sub_pmd: traits.x86TrackUnusedSubPmd ? 'vmemmap_flush_unused_pmd' : null,
});
