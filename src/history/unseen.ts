// SPDX-License-Identifier: GPL-2.0-only

import type { TraitKey } from './traits/index.js';

/** Traits that no scenario can show, and why. */
export const UNSEEN: Readonly<Partial<Record<TraitKey, string>>> = {
  x86MemsetNeedsFsrs: 'a price: the same bytes are written by other instructions, which only the cycle model tells apart',
  arm64PtdumpShowsHoles: 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does',
  ppc64PtdumpJoinsFrames: 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does',
  ppc64PtdumpNamesLevel: 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does',
  s390PtdumpEndMarkers: 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does',
  riscvPtdumpMemoryTypes: 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does',
  momForceReadsBack: 'words of /sys/module/memory_hotplug/parameters/memmap_on_memory: no step reads them',
};
