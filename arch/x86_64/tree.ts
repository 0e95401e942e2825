// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../tree-target.js';

/** What of a kernel tree makes the memmap of x86_64. */

export const TREE: TreeTarget = {
  mark: 'CONFIG_X86_64',
  files: ['arch/x86/include/asm/pgtable_64_types.h', 'arch/x86/mm/init_64.c'],
  entryPoints: [],
  configuration: {
    CONFIG_X86_64: true,
    CONFIG_PGTABLE_LEVELS: true,
    CONFIG_X86_5LEVEL: true,
    CONFIG_DYNAMIC_MEMORY_LAYOUT: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
    CONFIG_ARCH_WANT_HUGETLB_PAGE_OPTIMIZE_VMEMMAP: true,
    CONFIG_RANDOMIZE_MEMORY: false,
    CONFIG_MITIGATION_PAGE_TABLE_ISOLATION: false,
    CONFIG_PAGE_TABLE_ISOLATION: false,
  },
};
