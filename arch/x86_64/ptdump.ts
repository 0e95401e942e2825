// SPDX-License-Identifier: GPL-2.0-only

import { LOW_52_BITS, low52 } from '../../src/hardware/low-bits.js';
import type { MachineConfig } from '../machine-fields.js';
import { PMD, PGD, P4D, PTE, PUD } from '../../src/hardware/page-table.js';
import { flagField, type EntryField, type Ptdump } from '../../src/kernel/ptdump.js';
import { GLOBAL, NX, PSE, RW, USER } from './layout.js';

/** kernel_page_tables of x86_64, arch/x86/mm/dump_pagetables.c. */

const low = (bit: number): bigint => BigInt(bit);
const PWT = 1n << 3n;
const PCD = 1n << 4n;
/** _PAGE_PAT of a page entry; the same bit that is PSE above it. */
const PAT = 1n << 7n;
const NX_BIT = BigInt(NX) << 32n;
/** PTE_FLAGS_MASK: all but bits 12 to 51. _PAGE_PAT_LARGE is bit 12, so no line ever shows it. */
const FLAGS = 0xfff0_0000_0000_0fffn;

export const FIELDS: readonly EntryField[] = [
  flagField('_PAGE_USER', low(USER), 'USR'),
  flagField('_PAGE_RW', low(RW), 'RW', 'ro'),
  flagField('_PAGE_PWT', PWT, 'PWT'),
  flagField('_PAGE_PCD', PCD, 'PCD'),
  { ...flagField('_PAGE_PSE', low(PSE), 'PSE'), levels: [PMD, PUD, P4D, PGD] },
  { ...flagField('_PAGE_PAT', PAT, 'PAT'), levels: [PTE] },
  flagField('_PAGE_GLOBAL', low(GLOBAL), 'GLB'),
  flagField('_PAGE_NX', NX_BIT, 'NX', 'x '),
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
