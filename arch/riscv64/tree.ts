// SPDX-License-Identifier: GPL-2.0-only

import type { TreeTarget } from '../tree-target.js';

/** What of a kernel tree makes the memmap of riscv64. */

export const TREE: TreeTarget = {
  mark: 'CONFIG_RISCV',
  files: [
    ...['sparsemem', 'pgtable-bits', 'pgtable-64', 'pgtable', 'cacheflush'].map((h) => `arch/riscv/include/asm/${h}.h`),
    ...['pgtable', 'init'].map((c) => `arch/riscv/mm/${c}.c`),
  ],
  entryPoints: ['PAGE_KERNEL'],
  configuration: {
    CONFIG_RISCV: true,
    CONFIG_SWAP: false,
    CONFIG_SPLIT_PTE_PTLOCKS: false,
    CONFIG_SPLIT_PMD_PTLOCKS: false,
    CONFIG_SHADOW_CALL_STACK: false,
    CONFIG_RISCV_ISA_SVNAPOT: false,
    CONFIG_NUMA_BALANCING: false,
    CONFIG_IOMMU_SUPPORT: false,
    CONFIG_ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: true,
  },
  of: ({ theadMemoryTypes }) => ({ CONFIG_ERRATA_THEAD_MAE: theadMemoryTypes ?? false }),
};
