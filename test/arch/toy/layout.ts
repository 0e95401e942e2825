// SPDX-License-Identifier: GPL-2.0-only

import { PMD, PTE, PUD, type EntryFormat, type TableGeometry } from '../../../src/hardware/page-table.js';
import { highHalf } from '../../../src/hardware/word-halves.js';

/** An invented machine: three levels of 512 entries, 4 KiB pages, bit 0 valid, bit 1 block. */

export const VALID = 1;
export const BLOCK = 2;
/** Bytes that a block maps. */
export const PMD_SIZE = 2 ** 21;
const FRAME_LO = 0xffff_f000;

export const geometry: TableGeometry = {
  levels: [
    { level: PUD, shift: 30, bits: 9 },
    { level: PMD, shift: 21, bits: 9 },
    { level: PTE, shift: 12, bits: 9 },
  ],
  endian: 'little',
};

export const format: EntryFormat = {
  isPresent: (_level, lo) => (lo & VALID) !== 0,
  isLeaf: (_level, lo) => (lo & BLOCK) !== 0,
  address: (_level, lo, hi) => hi * 2 ** 32 + ((lo & FRAME_LO) >>> 0),
};

export const entryLo = (pa: number, bits: number): number => ((pa & FRAME_LO) | bits) >>> 0;
export const entryHi = highHalf;
