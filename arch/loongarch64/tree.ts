// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../tree-target.js';

/** What of a kernel tree makes the memmap of loongarch64. */

export const TREE: TreeTarget = {
  mark: 'CONFIG_LOONGARCH',
  files: [...['sparsemem', 'pgtable-bits'].map((h) => `arch/loongarch/include/asm/${h}.h`), 'arch/loongarch/mm/init.c'],
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_LOONGARCH: true,
    CONFIG_32BIT: false,
  },
  of: ({ pagingLevels = 3 }) => ({ CONFIG_PGTABLE_LEVELS: pagingLevels }),
};
