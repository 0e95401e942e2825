// SPDX-License-Identifier: GPL-2.0-only

import type { Level, PageTable, Table } from '../hardware/page-table.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import type { DevPagemap, VmemAltmap } from './memremap.js';

/** The door of an architecture's kernel code: what mm/ calls, and what is asked of it between two steps. */
export interface VmemmapCode {
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

  /**
   * What arch_add_memory() asks before it makes a memmap, in releases where the architecture has a question of its own.
   * @param start first byte address
   * @param size bytes
   * @returns 0 or a negative errno
   */
  readonly refusesMemory?: (start: number, size: number, altmap: VmemAltmap | null) => number;

  /** add_pages() warns when __add_pages() fails. */
  readonly addPagesWarns?: boolean;

  /**
   * What the architecture answers on the memory notifier chain when pages are to go offline (MEM_GOING_OFFLINE).
   * @returns 0 or a negative errno
   */
  readonly goingOffline?: (pfn: number, nrPages: number) => number;

  /**
   * Fields that this architecture adds to the state after a step.
   * @param text renders an address given by its low 52 bits
   */
  readonly describe?: (text: (address: number) => string) => Record<string, string[]>;

  /** Whether a table, once it is empty, stays by design: this kernel never frees tables of its kind. */
  keepsEmptyTable(table: Table): boolean;

  /** Base pages of system memory that are neither leaf nor table and that this code keeps for its own records; 0 if not given. */
  readonly bookPages?: () => number;

  /** Start of the range that is unused but not yet marked so, low 52 bits; 0 if there is none. */
  unusedStart(): number;

  /** Writes down what this code remembers outside memory, if it remembers anything. */
  readonly save?: (to: StateWriter) => void;

  /** Writes what {@link save} does as far as the kernel acts by it: alike in states that differ in nothing else; save() if not given. */
  readonly saveWhatActs?: (to: StateWriter) => void;

  /** Takes back what {@link save} wrote. */
  readonly restore?: (from: StateReader) => void;

  /** How this code writes the entry of a page, on architectures that have page tables and no {@link paging}. */
  readonly pageEntry?: PageEntry;

  /** What mm/sparse-vmemmap.ts needs, on architectures that use its helpers. */
  readonly paging?: KernelPaging;
}

/** pfn_pte(pfn, PAGE_KERNEL). */
export interface PageEntry {
  /** First 32-bit word in memory order: bits 0-31 on little-endian machines, bits 32-63 on big-endian ones. */
  pteWord0(pfn: number): number;
  /** The second word. */
  pteWord1(pfn: number): number;
}

/** The page table as the kernel's own helpers write it (pgalloc.h, pgtable.h). */
export interface KernelPaging extends PageEntry {
  readonly table: PageTable;
  /** pXd_none() of an entry, by its words as they lie in RAM. */
  isNone(word0: number, word1: number, level: Level): boolean;
  /** pud_init(), pmd_init(), kernel_pte_init(): fills a new table, which is zeroed, with entries that are none. */
  readonly initTable?: ((level: Level, tablePa: number) => void) | undefined;
  /** pXd_populate(): the entry at position `entry` points to a table of the level below. */
  populate(level: Level, entry: number, tablePa: number, address: number): void;
  /** On architectures that use vmemmap_populate_hugepages(). */
  readonly hugepages?: HugepageHooks;
  /** On architectures that fold the memmap of HugeTLB pages (ARCH_WANT_OPTIMIZE_HUGETLB_VMEMMAP). */
  readonly readOnlyPte?: ReadOnlyPte;
}

/** pfn_pte(pfn, PAGE_KERNEL_RO), its first and its second word as they lie in RAM. */
export interface ReadOnlyPte {
  /** The first word. @param pfn page frame number */
  word0(pfn: number): number;
  /** The second word. @param pfn page frame number */
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
