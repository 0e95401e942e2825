// SPDX-License-Identifier: GPL-2.0-only

import { LOW_52_BITS, low52 } from '../../src/hardware/low-bits.js';
import type { MachineConfig } from '../machine-fields.js';
import { PMD, PGD, P4D, PUD } from '../../src/hardware/page-table.js';
import { flagField, type EntryField, type Ptdump } from '../../src/kernel/ptdump.js';
import { ENTRY } from './layout.js';

/** kernel_page_tables of x86_64, arch/x86/mm/dump_pagetables.c. */

/** PTE_FLAGS_MASK: all but bits 12 to 51. _PAGE_PAT_LARGE is bit 12, so no line ever shows it. */
const FLAGS = 0xfff0_0000_0000_0fffn;

export const FIELDS: readonly EntryField[] = [
  flagField(ENTRY.USER, 'USR'),
  flagField(ENTRY.RW, 'RW', 'ro'),
  flagField(ENTRY.PWT, 'PWT'),
  flagField(ENTRY.PCD, 'PCD'),
  // The words know levels that no leaf of the vmemmap is of.
  { ...flagField(ENTRY.PSE, 'PSE'), levels: [PMD, PUD, P4D, PGD] },
  flagField(ENTRY.PAT, 'PAT'),
  flagField(ENTRY.GLOBAL, 'GLB'),
  flagField(ENTRY.NX, 'NX', 'x '),
];

/** Columns that the words take; blank where nothing is mapped. */
const WORD_COLUMNS = 30;
const LEVEL_NAMES = ['pte', 'pmd', 'pud', 'p4d', 'pgd'];
/** CPU_ENTRY_AREA_BASE: the next marker behind the vmemmap, and mapped in every kernel. */
const CPU_ENTRY_AREA = 0xffff_fe00_0000_0000n;
export function ptdump({ vmemmapBase }: MachineConfig): Ptdump {
  // With 5 levels it is 8 PiB on, so more than 52 bits count; entries there are large enough for a number to tell them.
  const cpuEntryArea = Number(CPU_ENTRY_AREA - (vmemmapBase & ~LOW_52_BITS));
  return {
    startMarker: 'Vmemmap',
    isolationWord: 'GLB',
    start: low52(vmemmapBase),
    end: cpuEntryArea,
    // What the tables above allow counts too (effective_prot()), but every table of the vmemmap is _PAGE_TABLE.
    compared: FLAGS,
    fields: FIELDS,
    mappedElsewhere: [cpuEntryArea],
    foldsIntoPgd: true,
    line: ({ start, end, size, level, isEmpty, words }) => {
      const shown = isEmpty ? ' '.repeat(WORD_COLUMNS) : words.map((word) => `${word} `).join('');
      return `0x${start}-0x${end}   ${size} ${shown}${LEVEL_NAMES[level]!}`;
    },
  };
}
