// SPDX-License-Identifier: GPL-2.0-only

import { fieldMask, flagField, type EntryField, type FlagField, type Ptdump } from '../../src/kernel/ptdump.js';
import { ACCESS_FLAG, CONT_HI, PXN_HI, SHARED, TABLE, UXN_HI, VALID } from './layout.js';

/** kernel_page_tables of arm64, arch/arm64/mm/ptdump.c. */

const low = (bits: number): bigint => BigInt(bits >>> 0);
const high = (bits: number): bigint => BigInt(bits >>> 0) << 32n;
const PTE_USER = 1n << 6n;
const PTE_RDONLY = 1n << 7n;
const PTE_NG = 1n << 11n;
const PTE_GP = 1n << 50n;
/** AttrIndx[2:0], the number of a memory type. */
const ATTRINDX_SHIFT = 2n;
const ATTRINDX_MASK = 7n << ATTRINDX_SHIFT;

const memoryType = (name: string, index: bigint, set: string): FlagField => ({
  name,
  mask: ATTRINDX_MASK,
  value: index << ATTRINDX_SHIFT,
  set,
});

export const FIELDS: readonly EntryField[] = [
  flagField('PTE_VALID', low(VALID), ' ', 'F'),
  flagField('PTE_USER', PTE_USER, 'USR'),
  flagField('PTE_RDONLY', PTE_RDONLY, 'ro', 'RW'),
  flagField('PTE_PXN', high(PXN_HI), 'NX', 'x '),
  flagField('PTE_SHARED', low(SHARED), 'SHD'),
  flagField('PTE_AF', low(ACCESS_FLAG), 'AF'),
  flagField('PTE_NG', PTE_NG, 'NG'),
  flagField('PTE_CONT', high(CONT_HI), 'CON'),
  flagField('PTE_TABLE_BIT', low(TABLE), '   ', 'BLK'),
  flagField('PTE_UXN', high(UXN_HI), 'UXN'),
  flagField('PTE_GP', PTE_GP, 'GP'),
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
