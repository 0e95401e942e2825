// SPDX-License-Identifier: GPL-2.0-only

import { fieldMask, flagField, type EntryField, type Ptdump } from '../../src/kernel/ptdump.js';
import { entryBits } from '../../src/hardware/entry-bits.js';
import { ENTRY } from './layout.js';

/** kernel_page_tables of riscv64, arch/riscv/mm/ptdump.c. Where nothing is mapped there is no line. */

const PERMISSIONS: readonly EntryField[] = [
  flagField(ENTRY.DIRTY, 'D', '.'),
  flagField(ENTRY.ACCESSED, 'A', '.'),
  flagField(ENTRY.GLOBAL, 'G', '.'),
  flagField(ENTRY.USER, 'U', '.'),
  flagField(ENTRY.EXEC, 'X', '.'),
  flagField(ENTRY.WRITE, 'W', '.'),
  flagField(ENTRY.READ, 'R', '.'),
  flagField(ENTRY.PRESENT, 'V', '.'),
];

/** Stands for a field of several bits that are clear. */
const NONE_SET = '  ..  ';

/** Both bits are set where a T-Head core has normal memory, which is told as "??"; no other memory type is in the vmemmap. */
const MTMASK_SVPBMT = entryBits('_PAGE_MTMASK_SVPBMT', [61, 62], 'memory type of Svpbmt');
const NAPOT = entryBits('_PAGE_NAPOT', 63, 'one of a contiguous range');

/** Neither the kernel's own bits nor other memory types occur in entries of the vmemmap: one word stands for them. */
export const FIELDS: readonly EntryField[] = [
  flagField(NAPOT, 'N', '.'),
  flagField(MTMASK_SVPBMT, 'MT(??)', NONE_SET),
  flagField(ENTRY.SOFT, 'RSW(3)', NONE_SET),
  ...PERMISSIONS,
];

/** Before it knew of memory types and of contiguous ranges. */
export const EARLIER_FIELDS: readonly EntryField[] = [flagField(ENTRY.SOFT, 'RSW'), ...PERMISSIONS];

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
