// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, VmemmapCode } from '../../src/kernel/vmemmap-code.js';
import { PMD, PTE, type PageTable } from '../../src/hardware/page-table.js';
import { noteFlush, writeEntry, type Kernel } from '../../src/kernel/kernel.js';
import type { Decision } from '../../src/kernel/observer.js';
import { vmemmapPopulateBasepages, vmemmapPopulateHugepages } from '../../src/mm/sparse-vmemmap.js';
import { entryLo, GLOBAL, HUGE, leafHi, PAGE_KERNEL, PAGE_KERNEL_LEAF, tableHi } from './layout.js';
import { fillTable, type Loongarch64Platform } from './platform.js';

/** arch/loongarch/mm/init.c: vmemmap_populate() and vmemmap_free(). */

/** 2^64, low 52 bits and what they carry. */
const ADDRESSES_END = 2 ** 52;

/** What vmemmap_populate() comes to, told to an observer. */
const TWO_LEVELS: Decision = { because: 'CONFIG_PGTABLE_LEVELS is 2', so: 'vmemmap_populate_basepages()' };
const MORE_LEVELS: Decision = { because: 'CONFIG_PGTABLE_LEVELS is not 2', so: 'vmemmap_populate_hugepages()' };

export class Loongarch64Vmemmap implements VmemmapCode {
  readonly paging: KernelPaging;
  private readonly mmu: PageTable;
  private readonly ram;

  constructor(
    private readonly kernel: Kernel,
    { table, none }: Loongarch64Platform,
  ) {
    const pmdSize = table.span[PMD]!;
    this.ram = kernel.ram;
    this.mmu = table;
    const emptyPte = { lo: kernel.traits.loongarchGlobalEmptyPte ? GLOBAL : 0, hi: 0 };
    this.paging = {
      table: this.mmu,
      isNone: (lo, hi, level) =>
        level === PTE ? ((lo & ~GLOBAL) | hi) === 0 : lo === none[level]!.lo && hi === none[level]!.hi,
      populate: (level, entry, tablePa, address) => {
        writeEntry(this.kernel, level, entry, address, entryLo(tablePa, 0), tableHi(tablePa));
      },
      initTable: (level, tablePa) => {
        const { lo, hi } = level === PTE ? emptyPte : none[level]!;
        fillTable(this.mmu, tablePa, lo, hi);
      },
      pteWord0: (pfn) => entryLo(pfn * kernel.pageSize, PAGE_KERNEL),
      pteWord1: (pfn) => leafHi(pfn * kernel.pageSize),
      hugepages: {
        setPmd: (entry, pa, address) => {
          writeEntry(this.kernel, PMD, entry, address, entryLo(pa, PAGE_KERNEL_LEAF), leafHi(pa));
          noteFlush(kernel, 'all', address, address + pmdSize);
        },
        checkPmd: (entry) => (this.ram.words[entry]! & HUGE) !== 0,
      },
    };
  }

  /** The altmap is not passed on. An end of 2^64 is 0 to the loops below, which have nothing to do then. */
  vmemmapPopulate(start: number, end: number, nid: number): number {
    const { kernel } = this;
    if (end === ADDRESSES_END) return 0;
    const isTwoLevels = this.mmu.levels.length === 2;
    kernel.observer?.decide('vmemmap_populate', isTwoLevels ? TWO_LEVELS : MORE_LEVELS, start, end);
    if (isTwoLevels) return vmemmapPopulateBasepages(kernel, start, end, nid, null);
    return vmemmapPopulateHugepages(kernel, start, end, nid, null, null);
  }

  /** The kernel's is empty: leaves and tables stay. */
  vmemmapFree(): void {
    return;
  }

  /** No table is ever freed. */
  keepsEmptyTable(): boolean {
    return true;
  }

  unusedStart(): number {
    return 0;
  }
}
