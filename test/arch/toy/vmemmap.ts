// SPDX-License-Identifier: GPL-2.0-only

import type { KernelPaging, VmemmapCode } from '../../../src/kernel/vmemmap-code.js';
import { PMD, type PageTable } from '../../../src/hardware/page-table.js';
import { freePages, type Kernel } from '../../../src/kernel/kernel.js';
import { vmemmapPopulateHugepages } from '../../../src/mm/sparse-vmemmap.js';
import { vmemAltmapFree } from '../../../src/mm/vmem-altmap.js';
import { BLOCK, entryHi, entryLo, format, VALID } from './layout.js';

const PAGE_SIZE = 4096;
const PMD_ORDER = 9;

/** Blocks are mapped and unmapped whole; tables stay. */
export function toyVmemmap(kernel: Kernel, mmu: PageTable): VmemmapCode {
  const set = (level: number, entry: number, pa: number, bits: number): void => {
    mmu.write(entry, entryLo(pa, bits), entryHi(pa));
    kernel.counters.set[level]!++;
  };
  const paging: KernelPaging = {
    table: mmu,
    isNone: (lo, hi) => (lo | hi) === 0,
    populate: (level, entry, tablePa) => set(level, entry, tablePa, VALID),
    pteWord0: (pfn) => entryLo(pfn * PAGE_SIZE, VALID),
    pteWord1: (pfn) => entryHi(pfn * PAGE_SIZE),
    hugepages: { setPmd: (entry, pa) => set(PMD, entry, pa, VALID | BLOCK), checkPmd: () => true },
  };
  return {
    paging,
    vmemmapPopulate: (start, end, nid, altmap) => vmemmapPopulateHugepages(kernel, start, end, nid, altmap, altmap),
    vmemmapFree(start, end, altmap) {
      mmu.visit(
        start,
        end,
        (leaf) => {
          if (altmap !== null) vmemAltmapFree(kernel, altmap, 1 << PMD_ORDER);
          else freePages(kernel, leaf.pa / PAGE_SIZE, PMD_ORDER);
          const table = mmu.walk(leaf.start);
          if (table !== undefined) kernel.counters.clear[PMD]!++;
          clear(leaf.start);
        },
        () => undefined,
      );
    },
    keepsEmptyTable: () => true,
    unusedStart: () => 0,
  };

  function clear(address: number): void {
    let tablePa = mmu.root;
    for (const level of mmu.levels) {
      const entry = mmu.entry(tablePa, (address * level.perByte) & level.mask);
      if (level.level === PMD) mmu.write(entry, 0, 0);
      else tablePa = format.address(level.level, mmu.lo(entry), mmu.hi(entry));
      if (level.level === PMD) return;
    }
  }
}
