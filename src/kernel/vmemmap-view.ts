// SPDX-License-Identifier: GPL-2.0-only

import { addressText } from '../hardware/low-bits.js';
import type { Leaf, Table } from '../hardware/page-table.js';
import { type Kernel, pfnToPage } from './kernel.js';
import { ScenarioError } from './scenario-error.js';

/** Reading a kernel's vmemmap: what is active, what its page table maps, addresses as text. */

/**
 * Leaves of the memmap that a state can hold: 512 GiB of memory in base pages of 4 KiB, or 1024 TiB in PMD leaves. A run
 * keeps the states before and after a step, 160 bytes of heap for a leaf: about 1 GiB, and Node.js has room for that
 * wherever it runs.
 */
export const MAX_LEAVES = 2 ** 21;

/** A piece of the vmemmap, low 52 bits of its addresses. */
export interface AddressRange {
  start: number;
  end: number;
}

/** Renders the addresses of one kernel's vmemmap, which are numbers that count from a multiple of 2^52 on. */
export class AddressText {
  private readonly top: number;

  /** @param vmemmapBase virtual address of the struct page of pfn 0 */
  constructor(vmemmapBase: bigint) {
    this.top = Number(vmemmapBase >> 52n);
  }

  /** Hex digits without leading zeros. */
  of(address: number): string {
    return addressText(this.top, address);
  }

  /** With 0x; zero stands for "none". */
  pointer(address: number): string {
    return address === 0 ? '0x0' : `0x${this.of(address)}`;
  }

  /** Its first address, and the one behind its last. */
  range({ start, end }: AddressRange): string {
    return `${this.of(start)}-${this.of(end)}`;
  }
}

/** The memmap of all active subsections, ascending, neighbours joined. An early section keeps its whole memmap. */
export function activeMemmap(kernel: Kernel): AddressRange[] {
  const { sections, pagesPerSection, pagesPerSubsection } = kernel;
  const ranges: AddressRange[] = [];
  const add = (pfn: number, nrPages: number): void => {
    const start = pfnToPage(kernel, pfn);
    const end = start + nrPages * kernel.structPageSize;
    const last = ranges[ranges.length - 1];
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  };
  for (const sectionNr of sections.active()) {
    const pfn = sectionNr * pagesPerSection;
    if (sections.areSet(sectionNr, 0, sections.subsectionsPerSection) || sections.isEarly(sectionNr)) {
      add(pfn, pagesPerSection);
      continue;
    }
    for (let s = 0; s < sections.subsectionsPerSection;) {
      const end = sections.endOfAlike(sectionNr, s);
      if (sections.isSet(sectionNr, s)) add(pfn + s * pagesPerSubsection, (end - s) * pagesPerSubsection);
      s = end;
    }
  }
  return ranges;
}

/** All of the address space that memmap may take: up to the struct page of the last possible frame. */
export const vmemmapWindow = (kernel: Kernel): AddressRange => ({ start: kernel.vmemmap, end: kernel.vmemmapEnd });

/** What {@link walkVmemmap} found. */
export interface Walk {
  leaves: Leaf[];
  /** Tables below the root, each before those that it points to. */
  tables: Table[];
}

/** Tables by level, from pte to pgd. */
export function countTables(tables: readonly Table[]): number[] {
  const counts = [0, 0, 0, 0, 0];
  for (const { level } of tables) counts[level]!++;
  return counts;
}

/**
 * Reads the page table of the vmemmap.
 * @throws ScenarioError when it has more leaves than a state can hold
 */
export function walkVmemmap(kernel: Kernel, window: AddressRange): Walk {
  const leaves: Leaf[] = [];
  const tables: Table[] = [];
  kernel.platform.visit(
    window.start,
    window.end,
    (leaf) => {
      if (leaves.length === MAX_LEAVES) {
        throw new ScenarioError(`steps map more than ${MAX_LEAVES} leaves of memmap at a time; add less memory`);
      }
      leaves.push(leaf);
    },
    (table) => tables.push(table),
  );
  return { leaves, tables };
}
