// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../../src/hardware/low-bits.js';
import type { MachineConfig } from '../machine-fields.js';
import type { Traits } from '../../src/history/traits/index.js';
import { fieldMask, flagField, type EntryField, type FlagField, type Ptdump } from '../../src/kernel/ptdump.js';

/**
 * kernel_page_tables of ppc64, arch/powerpc/mm/ptdump/ptdump.c and book3s64.c. It shows the tables of the radix MMU; with the
 * hash MMU those that Linux keeps beside the hashed one, in which the vmemmap is not.
 */

/** Bits of an entry (arch/powerpc/include/asm/book3s/64/pgtable.h). */
const PAGE_EXEC = 0x1n;
const PAGE_WRITE = 0x2n;
const PAGE_READ = 0x4n;
const PAGE_PRIVILEGED = 0x8n;
const PAGE_NON_IDEMPOTENT = 0x20n;
const PAGE_TOLERANT = 0x30n;
const PAGE_DIRTY = 0x80n;
const PAGE_ACCESSED = 0x100n;
const PAGE_SPECIAL = 0x400n;
const PAGE_INVALID = 1n << 61n;
const PAGE_PTE = 1n << 62n;
const PAGE_PRESENT = 1n << 63n;
/** Bits by which the hash MMU's code remembers what it did (hash-4k.h, hash-64k.h). */
const H_PAGE_BUSY = 0x40n;
const H_PAGE_HASHPTE_4K = 1n << 60n;
const H_PAGE_HASHPTE_64K = 1n << 55n;
const H_PAGE_COMBO = 0x1000n;
const H_PAGE_4K_PFN = 0x2000n;
const H_PAGE_F_GIX_SHIFT = 53;
const H_PAGE_F_GIX = 7n << 53n;
const H_PAGE_F_SECOND = 1n << 56n;

/** A field that says nothing where its bit is clear. */
const silent = (name: string, mask: bigint, set: string): FlagField => ({ name, mask, value: mask, set });

const HASH_FIELDS: Readonly<Record<number, readonly EntryField[]>> = {
  4096: [
    { name: 'H_PAGE_F_GIX', mask: H_PAGE_F_GIX, shift: H_PAGE_F_GIX_SHIFT, label: 'f_gix' },
    silent('H_PAGE_F_SECOND', H_PAGE_F_SECOND, 'f_second'),
  ],
  65536: [silent('H_PAGE_COMBO', H_PAGE_COMBO, 'combo'), silent('H_PAGE_4K_PFN', H_PAGE_4K_PFN, '4K_pfn')],
};

/** @param pageSize bytes */
export const fields = (pageSize: number): readonly EntryField[] => [
  { name: '_PAGE_PRIVILEGED', mask: PAGE_PRIVILEGED, value: 0n, set: 'user', clear: '    ' },
  flagField('_PAGE_READ', PAGE_READ, 'r'),
  flagField('_PAGE_WRITE', PAGE_WRITE, 'w'),
  flagField('_PAGE_EXEC', PAGE_EXEC, ' X '),
  flagField('_PAGE_PTE', PAGE_PTE, 'pte'),
  flagField('_PAGE_PRESENT', PAGE_PRESENT, 'valid'),
  { name: '_PAGE_INVALID', mask: PAGE_PRESENT | PAGE_INVALID, value: 0n, set: '       ', clear: 'present' },
  flagField('H_PAGE_HASHPTE', pageSize === 4096 ? H_PAGE_HASHPTE_4K : H_PAGE_HASHPTE_64K, 'hpte'),
  flagField('_PAGE_DIRTY', PAGE_DIRTY, 'dirty'),
  flagField('_PAGE_ACCESSED', PAGE_ACCESSED, 'accessed'),
  flagField('_PAGE_NON_IDEMPOTENT', PAGE_NON_IDEMPOTENT, 'non-idempotent'),
  flagField('_PAGE_TOLERANT', PAGE_TOLERANT, 'tolerant'),
  silent('H_PAGE_BUSY', H_PAGE_BUSY, 'busy'),
  ...(HASH_FIELDS[pageSize] ?? []),
  silent('_PAGE_SPECIAL', PAGE_SPECIAL, 'special'),
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
