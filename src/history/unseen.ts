// SPDX-License-Identifier: GPL-2.0-only

import type { TraitKey } from './traits/index.js';

/** Traits of which no scenario is known that shows them, and why. */

const KERNEL_PAGE_TABLES = 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does';

export const UNSEEN: Readonly<Partial<Record<TraitKey, string>>> = {
  genericSectionMapReset:
    'no field of a state has section_mem_map: the invariant section-state tells, see `vmemmap repro stale-section-mem-map`',
  x86MemsetNeedsFsrs:
    'a price: the same bytes are written by other instructions, which only the cycle model tells apart',
  arm64PtdumpShowsHoles: KERNEL_PAGE_TABLES,
  ppc64PtdumpJoinsFrames: KERNEL_PAGE_TABLES,
  ppc64PtdumpNamesLevel: KERNEL_PAGE_TABLES,
  s390PtdumpEndMarkers: KERNEL_PAGE_TABLES,
  riscvPtdumpMemoryTypes: KERNEL_PAGE_TABLES,
  loongarchGlobalEmptyPte: 'no field of a state has what an empty entry holds',
  momFallbackToRam: 'a step asks for memmap_on_memory only where the release and the block support it',
  momForceReadsBack: 'words of /sys/module/memory_hotplug/parameters/memmap_on_memory: no step reads them',
  nodeOnlineFirst: 'the order of two calls, which no field of a state has: recorded cases tell',
  removalFindsNode: 'needs a caller that names another node than the blocks have: no step does',
  daxInitsReusedTails:
    'no field of a state has the bytes of struct pages: an expectation tells, see `vmemmap repro tails-not-initialised`',
};
