// SPDX-License-Identifier: GPL-2.0-only

import type { z } from 'zod';
import type { CpuProfile } from './cycles/profile.js';
import type { Leaf, LeafField, Level, LevelName, PageTable, Table } from './hardware/page-table.js';
import type { Mmu } from './hardware/mmu.js';
import type { StateReader, StateWriter } from './hardware/saved-state.js';
import type { Kernel } from './kernel/kernel.js';
import type { Ptdump } from './kernel/ptdump.js';
import type { Traits } from './kernel/traits/index.js';
import type { RoomValues } from './machine-fields.js';
import type { DevPagemap } from './mm/sparse-vmemmap.js';
import type { VmemAltmap } from './mm/vmem-altmap.js';

/** The door of an architecture: what mm/ asks of it, and what a machine has to say to get one. */

/**
 * What a scenario says of the machine. Addresses are bigint: they leave here as numbers. Fields that one architecture
 * alone has are declared in its room, see {@link RoomFields}.
 */
export interface MachineConfig extends RoomValues {
  arch: string;
  kernel: string;
  /** PAGE_SIZE, bytes. */
  pageSize: number;
  /** sizeof(struct page), bytes. */
  structPageSize: number;
  sectionSizeBits: number;
  /** Virtual address of the struct page of pfn 0. */
  vmemmapBase: bigint;
  /** Levels of the page table in use; x86_64, arm64, s390. */
  pagingLevels?: number | undefined;
  /** Bits of a virtual address; arm64. */
  vaBits?: number | undefined;
  /** ppc64: which MMU. */
  mmu?: 'radix' | 'hash' | undefined;
  /** The CPU can map the vmemmap with large leaves: PSE, EDAT1. */
  hugeVmemmap: boolean;
  /** ppc64 hash: bytes of the hashed page table. */
  htabSizeBytes?: number | undefined;
  /** ppc64 hash: bytes of a bolted mapping of the vmemmap. */
  vmemmapPageSize?: number | undefined;
  /** ppc64 hash: bytes of a segment, 256 MiB or 1 TiB. */
  segmentSize?: number | undefined;
  /** Page tables besides the kernel's own that share its top-level entries; x86_64. */
  otherPageTables: number;
  /** Which of them the CPU has loaded that adds and removes memory; 0 for the kernel's own. */
  currentPageTable: number;
}

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

/** One configuration that an architecture knows, as `vmemmap arch` lists it. */
export interface ArchConfiguration {
  /** For people: "4-level", "64K pages, radix". */
  title: string;
  pageSize: number;
  pagingLevels?: number;
  vaBits?: number;
  mmu?: 'radix' | 'hash';
  /** Page-table levels with the bits they index, root first; empty where no table maps the vmemmap. */
  levels: readonly { name: LevelName; bits: number; shift: number }[];
  /** Leaf sizes of the vmemmap, bytes. */
  leafSizes: readonly number[];
  sectionSizeBits: number;
  vmemmapBase: bigint;
  /** Which recordings say what this configuration does. */
  groundTruth: string;
}

/** A zone below Movable. */
export interface KernelZone {
  readonly name: string;
  /** First byte address that is not in the zone any more. */
  readonly end: number;
}

/** What an architecture registers. */
export interface Architecture {
  readonly name: string;
  readonly configurations: readonly ArchConfiguration[];
  /** Sizes of struct page that a kernel of this architecture can have, bytes. */
  readonly structPageSizes: readonly number[];
  /** CPUs whose costs are known; the first is the one that is meant where nobody names one. */
  readonly cpus: readonly CpuProfile[];
  /** Order of the largest block of the page allocator, by page size in bytes. */
  maxOrder(pageSize: number): number;
  /** Zones that the kernel may allocate from, in the order of enum zone_type, and where each ends, bytes. */
  readonly kernelZones: readonly KernelZone[];
  /** CONFIG_ARCH_KEEP_MEMBLOCK: memblock stays, and knows hot-added memory too. */
  readonly keepsMemblock: boolean;
  /** First physical byte address that memory cannot have; 2^52 if not given. */
  readonly physicalLimit?: number;
  /** First physical byte address that an entry of a page table cannot hold; 2^52 if not given. */
  readonly entryLimit?: number;
  /** Address of the struct page of pfn 0 where the machine does not say it. */
  vmemmapBase(config: MachineConfig, traits: Traits): bigint;
  /** SECTION_SIZE_BITS. @param pageSize bytes */
  sectionSizeBits(pageSize: number, traits: Traits): number;
  /**
   * memory_block_size_bytes() of a machine that does not say it, bytes.
   * @param pageSize bytes
   * @param endOfRam first byte address behind boot memory
   */
  memoryBlockSize(pageSize: number, endOfRam: number): number;
  /** Fields of `machine` that this architecture alone has, and what each may be; all may be left out. */
  readonly machineFields?: z.ZodRawShape;
  /** A sentence on what is wrong with the machine, or undefined. */
  check(config: MachineConfig, traits: Traits): string | undefined;
  /** Why a release of this architecture can neither add nor remove memory; undefined if it can. */
  readonly withoutHotplug?: (traits: Traits) => string | undefined;
  /**
   * The vmemmap's part of kernel_page_tables, on architectures of which it is known.
   * @param memoryEnd bytes: the end of all memory that the machine will ever have
   * @returns a sentence where the release prints something that is not known
   */
  readonly ptdump?: (config: MachineConfig, traits: Traits, memoryEnd: number) => Ptdump | string;
  /** Starts the architecture's part of a kernel: the root page table, if it has one, is allocated here. */
  boot(kernel: Kernel, config: MachineConfig): Arch;
}
