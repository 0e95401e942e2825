// SPDX-License-Identifier: GPL-2.0-only

import type { TraitKey } from './traits/index.js';

/** Traits of which no scenario is known that shows them, and why. */

const KERNEL_PAGE_TABLES = 'words of kernel_page_tables: what `vmemmap dump` prints differs, and no step does';
/** The search goes through sequences of one step on every machine, and through longer ones on some. */
const SEARCHED = 'no single step shows it, and longer sequences were searched on a part of the machines';

export const UNSEEN: Readonly<Partial<Record<TraitKey, string>>> = {
  genericSectionMapReset:
    'no field of a state has section_mem_map: the invariant section-state tells, see `vmemmap repro stale-section-mem-map`',
  x86MemsetNeedsFsrs:
    'a price: the same bytes are written by other instructions, which only the cycle model tells apart',
  arm64PtdumpShowsHoles: KERNEL_PAGE_TABLES,
  arm64OfflineNeedsWholeLeaves: `${SEARCHED}; three steps show it, see \`vmemmap repro online-for-ever\``,
  ppc64PtdumpJoinsFrames: KERNEL_PAGE_TABLES,
  ppc64PtdumpNamesLevel: KERNEL_PAGE_TABLES,
  ppc64AltEndExact: `${SEARCHED}; it takes a device of three leaves, see \`vmemmap repro altmap-end-too-far\``,
  s390PtdumpEndMarkers: KERNEL_PAGE_TABLES,
  riscvPtdumpMemoryTypes: KERNEL_PAGE_TABLES,
  riscvNoPmdDtor: `${SEARCHED}; it takes a PMD table that goes while its machine has more levels`,
  riscvStartsAtSection: 'boot only: where the vmemmap lies, on a machine whose RAM begins inside a section',
  loongarchGlobalEmptyPte: 'no field of a state has what an empty entry holds',
  momFallbackToRam: 'a step asks for memmap_on_memory only where the release and the block support it',
  momRadix: `${SEARCHED}; the recorded parameter of the module tells`,
  momForceReadsBack: 'words of /sys/module/memory_hotplug/parameters/memmap_on_memory: no step reads them',
  momErrorPathWarns: `${SEARCHED}; it takes an altmap that a failed add leaves in use`,
  nodeOnlineFirst: 'the order of two calls, which no field of a state has: recorded cases tell',
  removalFindsNode: 'needs a caller that names another node than the blocks have: no step does',
  spanSearchUsesOnlinePages: `${SEARCHED}; it takes a hole between memory that is online`,
  onlinePageBySubsection: `${SEARCHED}; it takes boot memory with a hole inside a section`,
  daxInitsReusedTails:
    'no field of a state has the bytes of struct pages: an expectation tells, see `vmemmap repro tails-not-initialised`',
  kmemMemmapOnMemory: `${SEARCHED}; it takes a namespace, its hand-over and memory blocks that hold their memmap`,
};
