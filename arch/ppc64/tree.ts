// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../tree-target.js';

/** What of a kernel tree makes the memmap of ppc64. */

const POWERPC = 'arch/powerpc/include/asm';
const BOOK3S_64 = `${POWERPC}/book3s/64`;

export const TREE: TreeTarget = {
  mark: 'CONFIG_PPC_BOOK3S_64',
  files: [
    ...['sparsemem', 'page_64', 'pgtable-masks'].map((h) => `${POWERPC}/${h}.h`),
    ...['hash-4k', 'hash-64k', 'radix-4k', 'radix-64k', 'hash', 'mmu-hash', 'radix', 'pgtable', 'pgalloc'].map(
      (h) => `${BOOK3S_64}/${h}.h`,
    ),
    ...['hash-pkey', 'pkeys'].map((h) => `${BOOK3S_64}/${h}.h`),
    ...['hash_utils', 'hash_pgtable', 'radix_pgtable', 'pgtable'].map((c) => `arch/powerpc/mm/book3s64/${c}.c`),
    'arch/powerpc/mm/init_64.c',
  ],
  conditions: {
    [`${BOOK3S_64}/hash-4k.h`]: '!defined(CONFIG_PPC_64K_PAGES)',
    [`${BOOK3S_64}/radix-4k.h`]: '!defined(CONFIG_PPC_64K_PAGES)',
    [`${BOOK3S_64}/hash-64k.h`]: 'defined(CONFIG_PPC_64K_PAGES)',
    [`${BOOK3S_64}/radix-64k.h`]: 'defined(CONFIG_PPC_64K_PAGES)',
  },
  entryPoints: ['PAGE_KERNEL', 'vmemmap_list', 'vmemmap_backing', 'MMU_SEGSIZE_256M', 'MMU_SEGSIZE_1T', 'pmd_pte'],
  seams: ['htab_bolt_mapping', 'vmemmap_alloc_block', 'vmemmap_list_alloc'],
  configuration: {
    CONFIG_PPC64: true,
    CONFIG_PPC_BOOK3S_64: true,
    CONFIG_PPC_RADIX_MMU: true,
    CONFIG_PPC_64S_HASH_MMU: true,
    CONFIG_HAVE_ARCH_PFN_VALID: false,
    CONFIG_DEBUG_PAGEALLOC: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
  },
  of: ({ pageSize }) => ({ CONFIG_PPC_64K_PAGES: pageSize === 65536, CONFIG_PPC_4K_PAGES: pageSize === 4096 }),
  radixEnabled: ({ mmu }) => mmu !== 'hash',
};
