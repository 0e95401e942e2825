// SPDX-License-Identifier: GPL-2.0-only

import { fieldMask, flagField, type EntryField, type Ptdump } from '../../src/kernel/ptdump.js';
import { ACCESSED, DIRTY, EXEC, GLOBAL, PRESENT, READ, USER, WRITE } from './layout.js';

/** kernel_page_tables of riscv64, arch/riscv/mm/ptdump.c. Where nothing is mapped there is no line. */

const flag = (name: string, bit: number, letter: string): EntryField =>
  flagField({ name, mask: BigInt(bit) }, letter, '.');

const PERMISSIONS: readonly EntryField[] = [
  flag('_PAGE_DIRTY', DIRTY, 'D'),
  flag('_PAGE_ACCESSED', ACCESSED, 'A'),
  flag('_PAGE_GLOBAL', GLOBAL, 'G'),
  flag('_PAGE_USER', USER, 'U'),
  flag('_PAGE_EXEC', EXEC, 'X'),
  flag('_PAGE_WRITE', WRITE, 'W'),
  flag('_PAGE_READ', READ, 'R'),
  flag('_PAGE_PRESENT', PRESENT, 'V'),
];

const SOFT = { name: '_PAGE_SOFT', mask: 3n << 8n };
/** Bits 62 and 61: Svpbmt's memory type. Both are set where a T-Head core has normal memory, which is told as "??". */
const MTMASK_SVPBMT = 3n << 61n;
const PAGE_NAPOT = 1n << 63n;
/** Stands for a field of several bits that are clear. */
const NONE_SET = '  ..  ';

/** Neither the kernel's own bits nor other memory types occur in entries of the vmemmap: one word stands for them. */
export const FIELDS: readonly EntryField[] = [
  flagField({ name: '_PAGE_NAPOT', mask: PAGE_NAPOT }, 'N', '.'),
  flagField({ name: '_PAGE_MTMASK_SVPBMT', mask: MTMASK_SVPBMT }, 'MT(??)', NONE_SET),
  flagField(SOFT, 'RSW(3)', NONE_SET),
  ...PERMISSIONS,
];

/** Before it knew of memory types and of contiguous ranges. */
export const EARLIER_FIELDS: readonly EntryField[] = [flagField(SOFT, 'RSW'), ...PERMISSIONS];

const LEVEL_NAMES = ['PTE', 'PMD', 'PUD', 'P4D', 'PGD'];

/**
 * @param start VMEMMAP_START, low 52 bits
 * @param end VMEMMAP_END, in the same count
 * @param showsMemoryTypes the release tells memory types and contiguous ranges
 */
export function ptdump(start: number, end: number, showsMemoryTypes: boolean): Ptdump {
  const fields = showsMemoryTypes ? FIELDS : EARLIER_FIELDS;
  return {
    startMarker: 'vmemmap start',
    endMarker: 'vmemmap end',
    start,
    end,
    compared: fieldMask(fields),
    fields,
    mappedElsewhere: [],
    foldsIntoPgd: true,
    line: ({ start, end, phys, size, level, isEmpty, words }) =>
      isEmpty ? undefined : `0x${start}-0x${end}    0x${phys} ${size} ${LEVEL_NAMES[level]!} ${words.join(' ')}`,
  };
}
