// SPDX-License-Identifier: GPL-2.0-only

import type { Leaf, LeafField, Level, PageTable, Table } from '../hardware/page-table.js';
import type { Mmu } from '../hardware/mmu.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import type { DevPagemap, VmemAltmap } from './memremap.js';

/** The door of an architecture: what mm/ asks of it. */

/** An architecture at work in one kernel. */
export interface Arch {
  readonly mmu: Mmu;
  /** What the CPU translates with where that is not the kernel's own page table. */
  readonly loadedMmu?: Mmu;
  /** PMD_SIZE: bytes that a large leaf maps. */
  readonly pmdSize: number;
  /** The vmemmap is mapped by tables that {@link visit} finds; not so with a hashed page table. */
  readonly hasPageTables: boolean;
  /** Sizes of a leaf, bytes, by the names that recordings give its level. */
  readonly leafSizes: readonly { name: string; size: number }[];
  /** pageblock_nr_pages. */
  readonly pageblockPages: number;
  /** CONFIG_HOLES_IN_ZONE: pfn_valid() is asked for single pages of boot memory, and memblock answers. */
  readonly holesInZone?: boolean;
  /** ARCH_WANT_OPTIMIZE_DAX_VMEMMAP: the memmap of compound device pages may be folded. */
  readonly optimizesDaxVmemmap: boolean;
  /** ARCH_MHP_MEMMAP_ON_MEMORY_ENABLE: memory blocks may hold their own memmap, as far as the rest allows it. */
  readonly selectsMemmapOnMemory: boolean;
  /** arch_supports_memmap_on_memory(). @param memmapBytes memmap of one memory block */
  supportsMemmapOnMemory(memmapBytes: number): boolean;

  /**
   * vmemmap_populate(): maps [start, end) of the vmemmap.
   * @param start low 52 bits of the first address
   * @returns 0 or a negative errno
   */
  vmemmapPopulate(start: number, end: number, nid: number, altmap: VmemAltmap | null): number;

  /** vmemmap_free(): unmaps [start, end) of the vmemmap and gives its backing back. */
  vmemmapFree(start: number, end: number, altmap: VmemAltmap | null): void;

  /** flush_cache_vmap() of memmap that was populated, on architectures where it does something. */
  readonly flushCacheVmap?: ((start: number, end: number) => void) | undefined;

  /**
   * vmemmap_populate_compound_pages(), on architectures that have their own.
   * @param startPfn pfn of the first page described
   * @returns 0 or a negative errno
   */
  readonly populateCompoundPages?:
    ((startPfn: number, start: number, end: number, nid: number, pgmap: DevPagemap) => number) | undefined;

  /** Every present leaf of [start, end) and every table that serves it. */
  visit(start: number, end: number, onLeaf: (leaf: Leaf) => void, onTable: (table: Table) => void): void;

  /** The bits of a leaf other than its frame number. */
  leafFlags(leaf: Leaf): bigint;

  /** The fields of a leaf other than its frame number, lowest bit first; where they are not known, a leaf is a number. */
  readonly leafFields?: readonly LeafField[];

  /**
   * Fields that this architecture adds to the state after a step.
   * @param text renders an address given by its low 52 bits
   */
  readonly describe?: (text: (address: number) => string) => Record<string, string[]>;

  /** Whether a table, once it is empty, stays by design: this kernel never frees tables of its kind. */
  keepsEmptyTable(table: Table): boolean;

  /** Base pages that a table takes; one if not given. */
  readonly tablePages?: (level: Level) => number;

  /** Base pages of system memory that are neither leaf nor table and that this architecture keeps for its books. */
  readonly bookPages?: () => number;

  /** Start of the range that is unused but not yet marked so, low 52 bits; 0 if there is none. */
  unusedStart(): number;

  /** Writes down what this architecture remembers outside memory, if it remembers anything. */
  readonly save?: (to: StateWriter) => void;

  /** Takes back what {@link save} wrote. */
  readonly restore?: (from: StateReader) => void;

  /** What mm/sparse-vmemmap.ts needs, on architectures that use its helpers. */
  readonly paging?: KernelPaging;
}

/** The page table as the kernel's own helpers write it (pgalloc.h, pgtable.h). */
export interface KernelPaging {
  readonly table: PageTable;
  /** pXd_none() of an entry, by its words as they lie in RAM. */
  isNone(word0: number, word1: number, level: Level): boolean;
  /** pud_init(), pmd_init(), kernel_pte_init(): fills a new table, which is zeroed, with entries that are none. */
  readonly initTable?: ((level: Level, tablePa: number) => void) | undefined;
  /** pXd_populate(): the entry at position `entry` points to a table of the level below. */
  populate(level: Level, entry: number, tablePa: number, address: number): void;
  /** pfn_pte(pfn, PAGE_KERNEL), its first word as it lies in RAM. */
  pteWord0(pfn: number): number;
  /** The second word. */
  pteWord1(pfn: number): number;
  /** On architectures that use vmemmap_populate_hugepages(). */
  readonly hugepages?: HugepageHooks;
  /** On architectures that fold the memmap of HugeTLB pages (ARCH_WANT_OPTIMIZE_HUGETLB_VMEMMAP). */
  readonly readOnlyPte?: ReadOnlyPte;
}

/** pfn_pte(pfn, PAGE_KERNEL_RO), its first and its second word as they lie in RAM. */
export interface ReadOnlyPte {
  word0(pfn: number): number;
  word1(pfn: number): number;
}

/** What vmemmap_populate_hugepages() asks of an architecture. */
export interface HugepageHooks {
  /** The kernel function that has the loop, in releases where the architecture has one of its own. */
  readonly loop?: string | undefined;
  /** vmemmap_set_pmd(): the entry at position `entry` becomes a large leaf for the range [address, next). */
  setPmd(entry: number, pa: number, address: number, next: number): void;
  /** vmemmap_check_pmd(): whether an existing entry serves [address, next). */
  checkPmd(entry: number, address: number, next: number): boolean;
}
