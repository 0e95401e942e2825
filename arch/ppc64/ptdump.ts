// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../../src/hardware/low-bits.js';
import type { MachineConfig } from '../machine-fields.js';
import type { Traits } from '../../src/history/traits/index.js';
import { fieldMask, flagField, silentField, type EntryField, type Ptdump } from '../../src/kernel/ptdump.js';
import { ENTRY, INVALID_MASK, NON_IDEMPOTENT, TOLERANT } from './entry-bits.js';

/**
 * kernel_page_tables of ppc64, arch/powerpc/mm/ptdump/ptdump.c and book3s64.c. It shows the tables of the radix MMU; with the
 * hash MMU those that Linux keeps beside the hashed one, in which the vmemmap is not.
 */

/** Bits by which the hash MMU's code remembers what it did (hash-4k.h, hash-64k.h). */
const H_PAGE_BUSY = { name: 'H_PAGE_BUSY', mask: 0x40n };
const H_PAGE_HASHPTE_4K = { name: 'H_PAGE_HASHPTE', mask: 1n << 60n };
const H_PAGE_HASHPTE_64K = { name: 'H_PAGE_HASHPTE', mask: 1n << 55n };
const H_PAGE_COMBO = { name: 'H_PAGE_COMBO', mask: 0x1000n };
const H_PAGE_4K_PFN = { name: 'H_PAGE_4K_PFN', mask: 0x2000n };
const H_PAGE_F_GIX_SHIFT = 53;
const H_PAGE_F_GIX = 7n << 53n;
const H_PAGE_F_SECOND = { name: 'H_PAGE_F_SECOND', mask: 1n << 56n };

const HASH_FIELDS: Readonly<Record<number, readonly EntryField[]>> = {
  4096: [
    { name: 'H_PAGE_F_GIX', mask: H_PAGE_F_GIX, shift: H_PAGE_F_GIX_SHIFT, label: 'f_gix' },
    silentField(H_PAGE_F_SECOND, 'f_second'),
  ],
  65536: [silentField(H_PAGE_COMBO, 'combo'), silentField(H_PAGE_4K_PFN, '4K_pfn')],
};

/** @param pageSize bytes */
export const fields = (pageSize: number): readonly EntryField[] => [
  { name: '_PAGE_PRIVILEGED', mask: ENTRY.PRIVILEGED.mask, value: 0n, set: 'user', clear: '    ' },
  flagField(ENTRY.READ, 'r'),
  flagField(ENTRY.WRITE, 'w'),
  flagField(ENTRY.EXEC, ' X '),
  flagField(ENTRY.PTE, 'pte'),
  flagField(ENTRY.PRESENT, 'valid'),
  { name: '_PAGE_INVALID', mask: ENTRY.PRESENT.mask | INVALID_MASK, value: 0n, set: '       ', clear: 'present' },
  flagField(pageSize === 4096 ? H_PAGE_HASHPTE_4K : H_PAGE_HASHPTE_64K, 'hpte'),
  flagField(ENTRY.DIRTY, 'dirty'),
  flagField(ENTRY.ACCESSED, 'accessed'),
  flagField(NON_IDEMPOTENT, 'non-idempotent'),
  flagField(TOLERANT, 'tolerant'),
  silentField(H_PAGE_BUSY, 'busy'),
  ...(HASH_FIELDS[pageSize] ?? []),
  silentField(ENTRY.SPECIAL, 'special'),
];

const LEVEL_NAMES = ['PTE', 'PMD', 'PUD', 'P4D', 'PGD'];
/** The walk ends with the root table, 2^52 bytes from PAGE_OFFSET on; no marker stands before. */
const END = 2 ** 52;

/** @returns what is printed, or a sentence on a release of which it is not known */
export function ptdump({ pageSize, vmemmapBase }: MachineConfig, traits: Traits): Ptdump | string {
  if (!traits.ppc64PtdumpJoinsFrames) {
    return 'before 5.15 ppc64 began a new line wherever frames do not continue, in a form that is not known here exactly';
  }
  const known = fields(pageSize);
  return {
    startMarker: 'vmemmap start',
    start: low52(vmemmapBase),
    end: END,
    compared: fieldMask(known),
    fields: known,
    mappedElsewhere: [],
    foldsIntoPgd: true,
    line: ({ start, last, phys, size, level, isEmpty, words }) => {
      if (isEmpty) return undefined;
      const name = traits.ppc64PtdumpNamesLevel ? `${LEVEL_NAMES[level]!} ` : '';
      return `0x${start}-0x${last}  0x${phys} ${size} ${name}${words.map((word) => `  ${word}`).join('')}`;
    },
  };
}
