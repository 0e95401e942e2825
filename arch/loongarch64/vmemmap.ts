// SPDX-License-Identifier: GPL-2.0-only

import type { Arch, KernelPaging } from '../../src/kernel/arch.js';
import { PageTable, PMD, PTE, PUD, type Level } from '../../src/hardware/page-table.js';
import { noteFlush, noteSet, type Kernel } from '../../src/kernel/kernel.js';
import type { Decision } from '../../src/kernel/observer.js';
import { vmemmapPopulateBasepages, vmemmapPopulateHugepages } from '../../src/mm/sparse-vmemmap.js';
import {
  entryLo,
  flagBits,
  format,
  geometry,
  GLOBAL,
  HUGE,
  LEAF_FIELDS,
  leafHi,
  PAGE_KERNEL,
  PAGE_KERNEL_LEAF,
  tableHi,
  type NoneEntries,
} from './layout.js';

/** arch/loongarch/mm/init.c: vmemmap_populate() and vmemmap_free(). */

const ENTRY_WORDS = 2;
/** 2^64, low 52 bits and what they carry. */
const ADDRESSES_END = 2 ** 52;

/** What vmemmap_populate() comes to, told to an observer. */
const TWO_LEVELS: Decision = { because: 'CONFIG_PGTABLE_LEVELS is 2', so: 'vmemmap_populate_basepages()' };
const MORE_LEVELS: Decision = { because: 'CONFIG_PGTABLE_LEVELS is not 2', so: 'vmemmap_populate_hugepages()' };

export interface Loongarch64Options {
  /** 12, 14 or 16. */
  readonly pageShift: number;
  /** 2 to 4. */
  readonly pagingLevels: number;
}

/** Physical byte addresses of the kernel's own tables. */
export interface KernelTables {
  /** swapper_pg_dir. */
  readonly root: number;
  readonly invalidPteTable: number;
  readonly invalidPmdTable: number;
  readonly invalidPudTable: number;
}

const pointerTo = (tablePa: number): { lo: number; hi: number } => ({ lo: entryLo(tablePa, 0), hi: tableHi(tablePa) });

export class Loongarch64Vmemmap implements Arch {
  readonly optimizesDaxVmemmap = false;
  readonly selectsMemmapOnMemory = false;
  readonly hasPageTables = true;
  readonly leafFields = LEAF_FIELDS;
  readonly pmdSize: number;
  readonly pageblockPages: number;
  readonly leafSizes: readonly { name: string; size: number }[];
  readonly mmu: PageTable;
  readonly paging: KernelPaging;
  private readonly ram;

  constructor(
    private readonly kernel: Kernel,
    private readonly options: Loongarch64Options,
    tables: KernelTables,
  ) {
    const { pageShift, pagingLevels } = options;
    const none = {
      [PMD]: pointerTo(tables.invalidPteTable),
      [PUD]: pointerTo(tables.invalidPmdTable),
      [PUD + 1]: pointerTo(tables.invalidPudTable),
    } as NoneEntries;
    this.ram = kernel.ram;
    this.mmu = new PageTable(kernel.ram, tables.root, geometry(pageShift, pagingLevels), format(pageShift, none));
    this.pmdSize = this.mmu.table(PMD).span;
    this.pageblockPages = this.pmdSize / kernel.pageSize;
    this.leafSizes = [
      { name: 'pte', size: kernel.pageSize },
      { name: 'pmd', size: this.pmdSize },
    ];
    const emptyPte = { lo: kernel.traits.loongarchGlobalEmptyPte ? GLOBAL : 0, hi: 0 };
    this.paging = {
      table: this.mmu,
      isNone: (lo, hi, level) =>
        level === PTE ? ((lo & ~GLOBAL) | hi) === 0 : lo === none[level]!.lo && hi === none[level]!.hi,
      populate: (level, entry, tablePa, address) => {
        this.set(level, entry, address, entryLo(tablePa, 0), tableHi(tablePa));
      },
      initTable: (level, tablePa) => {
        const { lo, hi } = level === PTE ? emptyPte : none[level]!;
        this.fillTable(tablePa, lo, hi);
      },
      pteWord0: (pfn) => entryLo(pfn * kernel.pageSize, PAGE_KERNEL),
      pteWord1: (pfn) => leafHi(pfn * kernel.pageSize),
      hugepages: {
        setPmd: (entry, pa, address) => {
          this.set(PMD, entry, address, entryLo(pa, PAGE_KERNEL_LEAF), leafHi(pa));
          noteFlush(kernel, 'all', address, address + this.pmdSize);
        },
        checkPmd: (entry) => (this.ram.words[entry]! & HUGE) !== 0,
      },
    };
    this.pagetableInit(none, tables);
  }

  /** The altmap is not passed on. An end of 2^64 is 0 to the loops below, which have nothing to do then. */
  vmemmapPopulate(start: number, end: number, nid: number): number {
    const { kernel } = this;
    if (end === ADDRESSES_END) return 0;
    const isTwoLevels = this.options.pagingLevels === 2;
    kernel.observer?.decide('vmemmap_populate', isTwoLevels ? TWO_LEVELS : MORE_LEVELS, start, end);
    if (isTwoLevels) return vmemmapPopulateBasepages(kernel, start, end, nid, null);
    return vmemmapPopulateHugepages(kernel, start, end, nid, null, null);
  }

  /** The kernel's is empty: leaves and tables stay. */
  vmemmapFree(): void {
    return;
  }

  supportsMemmapOnMemory(): boolean {
    return false;
  }

  visit: Arch['visit'] = (start, end, onLeaf, onTable) => this.mmu.visit(start, end, onLeaf, onTable);

  leafFlags: Arch['leafFlags'] = (leaf) => flagBits(leaf.lo, leaf.hi, leaf.size);

  /** No table is ever freed. */
  keepsEmptyTable(): boolean {
    return true;
  }

  unusedStart(): number {
    return 0;
  }

  /** pagetable_init(): the root and the tables that empty entries point to; invalid_pte_table stays zero. */
  private pagetableInit(none: NoneEntries, tables: KernelTables): void {
    const rootNone = none[this.mmu.levels[0]!.level]!;
    this.fillTable(tables.root, rootNone.lo, rootNone.hi);
    this.fillTable(tables.invalidPmdTable, none[PMD]!.lo, none[PMD]!.hi);
    this.fillTable(tables.invalidPudTable, none[PUD]!.lo, none[PUD]!.hi);
  }

  /** Every entry of a table. */
  private fillTable(tablePa: number, lo: number, hi: number): void {
    if ((lo | hi) === 0) return;
    const first = this.mmu.entry(tablePa, 0);
    const { words } = this.ram;
    const end = first + (this.mmu.levels[0]!.mask + 1) * ENTRY_WORDS;
    for (let entry = first; entry < end; entry += ENTRY_WORDS) {
      words[entry] = lo;
      words[entry + 1] = hi;
    }
  }

  private set(level: Level, entry: number, address: number, lo: number, hi: number): void {
    const { words } = this.ram;
    words[entry] = lo;
    words[entry + 1] = hi;
    noteSet(this.kernel, level, address, lo, hi);
  }
}
