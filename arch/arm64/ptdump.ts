// SPDX-License-Identifier: GPL-2.0-only

import { fieldMask, flagField, type EntryField, type FlagField, type Ptdump } from '../../src/kernel/ptdump.js';
import { ENTRY } from './layout.js';

/** kernel_page_tables of arm64, arch/arm64/mm/ptdump.c. */

/** Position of AttrIndx[2:0], the number of a memory type. */
const ATTRINDX_SHIFT = 2n;

const memoryType = (name: string, index: bigint, set: string): FlagField => ({
  name,
  mask: ENTRY.ATTRINDX.mask,
  value: index << ATTRINDX_SHIFT,
  set,
});

export const FIELDS: readonly EntryField[] = [
  flagField(ENTRY.VALID, ' ', 'F'),
  flagField(ENTRY.USER, 'USR'),
  flagField(ENTRY.READ_ONLY, 'ro', 'RW'),
  flagField(ENTRY.PXN, 'NX', 'x '),
  flagField(ENTRY.SHARED, 'SHD'),
  flagField(ENTRY.ACCESS_FLAG, 'AF'),
  flagField(ENTRY.NOT_GLOBAL, 'NG'),
  flagField(ENTRY.CONT, 'CON'),
  flagField(ENTRY.TABLE, '   ', 'BLK'),
  flagField(ENTRY.UXN, 'UXN'),
  flagField(ENTRY.GUARDED, 'GP'),
  memoryType('MT_DEVICE_nGnRnE', 3n, 'DEVICE/nGnRnE'),
  memoryType('MT_DEVICE_nGnRE', 4n, 'DEVICE/nGnRE'),
  memoryType('MT_NORMAL_NC', 2n, 'MEM/NORMAL-NC'),
  memoryType('MT_NORMAL', 0n, 'MEM/NORMAL'),
  memoryType('MT_NORMAL_TAGGED', 1n, 'MEM/NORMAL-TAGGED'),
];

const LEVEL_NAMES = ['PTE', 'PMD', 'PUD', 'P4D', 'PGD'];
const TOP = 2 ** 52;
/** FIXADDR_TOP below the top of the address space, where the vmemmap region is sized exactly; before, it lay below that. */
const FIXMAP_BELOW_TOP = 2 ** 23;

/** What of the address space the dump has to know. */
export interface PtdumpRegion {
  /** VMEMMAP_START and VMEMMAP_END, low 52 bits. */
  start: number;
  end: number;
  /** The fixmap lies behind the vmemmap, so that its tables reach into the region. */
  fixmapBehind: boolean;
  /** Ranges that nothing maps have lines. */
  showsHoles: boolean;
  /** Bytes. */
  pageSize: number;
}

export const ptdump = ({ start, end, fixmapBehind, showsHoles, pageSize }: PtdumpRegion): Ptdump => ({
  startMarker: 'vmemmap start',
  endMarker: 'vmemmap end',
  start,
  end,
  compared: fieldMask(FIELDS),
  fields: FIELDS,
  mappedElsewhere: fixmapBehind ? [TOP - FIXMAP_BELOW_TOP - pageSize] : [],
  foldsIntoPgd: true,
  isolationWord: 'NG',
  line: ({ start, end, size, level, isEmpty, words }) => {
    if (isEmpty && !showsHoles) return undefined;
    const shown = isEmpty ? '' : words.map((word) => ` ${word}`).join('');
    return `0x${start}-0x${end}   ${size} ${LEVEL_NAMES[level]!}${shown}`;
  },
});
