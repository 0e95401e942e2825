// SPDX-License-Identifier: GPL-2.0-only

import type { FunctionNames } from '../architecture.js';

/** Functions of this room whose name is not the kernel's in camel case. */
export const FUNCTION_NAMES: FunctionNames = {
  populate: null,
  set: null,
  setLeaf: null,
  clear: null,
  tellSearch: null,
  tablesAlloc: 'vmemmap_pte_alloc',
  ptePopulate: 'radix__vmemmap_pte_populate',
  populateAddress: 'radix__vmemmap_populate_address',
  compoundTailPage: 'vmemmap_compound_tail_page',
  radixPopulateCompoundPages: 'vmemmap_populate_compound_pages',
  radixVmemmapPopulate: 'radix__vmemmap_populate',
  removeTable: 'remove_pmd_table',
  removeLeaf: null,
  pteOf: null,
  populateBlocks: '__vmemmap_populate',
  freeBlocks: '__vmemmap_free',
  htabBoltMapping: 'htab_bolt_mapping',
  removeBolted: 'hpte_removebolted',
  create: 'vmemmap_create_mapping',
  remove: 'vmemmap_remove_mapping',
  alloc: 'vmemmap_list_alloc',
};
