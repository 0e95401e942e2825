// SPDX-License-Identifier: GPL-2.0-only

import type { Mmu } from '../hardware/mmu.js';
import type { Observer } from './observer.js';
import type { Leaf, LeafField, Level, PageTable, Table } from '../hardware/page-table.js';
import type { TranslationRule } from './translation-rule.js';

/** A hashed page table, as the kernel's code reaches it: mmu_hash_ops. It tells the observer given what it reads and writes. */
export interface HashedPageTable {
  /** Number of groups, less one. */
  readonly groupMask: number;
  /** log2 of the bytes of a page of the vmemmap. */
  readonly pageShift: number;
  /** log2 of a segment's bytes. */
  readonly segmentShift: number;
  /**
   * hpte_insert() of a bolted entry.
   * @param vsid virtual segment
   * @param offset in the segment, units of 4 KiB
   * @param pa real byte address of the page
   * @param flags protection and storage bits
   * @param address of the vmemmap that the entry is for, low 52 bits
   * @returns the slot in the group, or -1 when the group is full
   */
  insert(
    group: number,
    vsid: number,
    offset: number,
    pa: number,
    flags: number,
    address: number,
    observer: Observer | null,
  ): number;
  /** hpte_remove(): takes an entry that is not bolted out of a group. Returns whether there was one. */
  evict(group: number): boolean;
  /** hpte_removebolted(). @param address low 52 bits. @returns whether there was an entry */
  removeBolted(address: number, observer: Observer | null): boolean;
}

/** What a machine's MMU makes of the vmemmap, whichever kernel code runs on it. */
export interface Platform {
  /** What reads the kernel's own mapping. */
  readonly mmu: Mmu;
  /** What the CPU translates with where that is not the kernel's own page table. */
  readonly loadedMmu?: Mmu;
  /** The kernel's own page table, where {@link mmu} reads one; not so with a hashed page table. */
  readonly table?: PageTable;
  /** What {@link mmu} reads where it is no page table. */
  readonly hashed?: HashedPageTable;
  /** Physical address of the table that an empty entry of a level points to, where an empty entry is not zero. */
  readonly emptyTables?: readonly (number | undefined)[];
  /** A list in memory of what is mapped: the physical address of its first node, 0 if it has none. The kernel's code writes it. */
  readonly list?: { first: number };
  /** Page tables besides the kernel's own that share its top-level entries. */
  readonly otherTables?: readonly PageTable[];
  /** PMD_SIZE: bytes that a large leaf maps. */
  readonly pmdSize: number;
  /** Sizes of a leaf, bytes, by the names that recordings give its level. */
  readonly leafSizes: readonly { name: string; size: number }[];
  /** pageblock_nr_pages. */
  readonly pageblockPages: number;
  /** The fields of a leaf other than its frame number, lowest bit first; where they are not known, a leaf is a number. */
  readonly leafFields?: readonly LeafField[];
  /** The bits of a leaf other than its frame number. */
  leafFlags(leaf: Leaf): bigint;
  /** What the manual asks of whoever changes the page table; nothing if not given. */
  readonly translationRules?: readonly TranslationRule[];
  /** A flush of a range covers leaves alone, and no way through tables. */
  readonly rangeFlushKeepsWalks?: true;
  /** An IOMMU that shares a process's page table (SVA) walks the kernel's tables too, which hang under the same root. */
  readonly iommuSharesTables?: true;
  /** Base pages that a table takes; one if not given. */
  readonly tablePages?: (level: Level) => number;
  /** Every present leaf of [start, end) and every table that serves it. */
  visit(start: number, end: number, onLeaf: (leaf: Leaf) => void, onTable: (table: Table) => void): void;
}

/** A machine whose MMU walks the page table that the kernel writes. */
export interface TablePlatform extends Platform {
  readonly table: PageTable;
}

/** @param facts what the page table does not say itself */
export const tablePlatform = (table: PageTable, facts: Omit<Platform, 'mmu' | 'table' | 'visit'>): TablePlatform => ({
  mmu: table,
  table,
  visit: (start, end, onLeaf, onTable) => table.visit(start, end, onLeaf, onTable),
  ...facts,
});
