// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../tree-target.js';

/** What of a kernel tree makes the memmap of s390. */

export const TREE: TreeTarget = {
  mark: 'CONFIG_S390',
  files: [...['sparsemem', 'pgtable', 'pgalloc'].map((h) => `arch/s390/include/asm/${h}.h`), 'arch/s390/mm/vmem.c'],
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_S390: true,
    CONFIG_MEM_SOFT_DIRTY: false,
    CONFIG_PGSTE: false,
  },
};
