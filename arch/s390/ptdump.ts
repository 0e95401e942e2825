// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../../src/hardware/low-bits.js';
import type { MachineConfig } from '../machine-fields.js';
import { alignUp } from '../../src/hardware/align.js';
import type { EntryBits } from '../../src/hardware/entry-bits.js';
import { fieldMask, flagField, type EntryField, type Ptdump } from '../../src/kernel/ptdump.js';
import type { Traits } from '../../src/history/traits/index.js';
import { PAGE } from './layout.js';

/** kernel_page_tables of s390, arch/s390/mm/dump_pagetables.c. */

/** A bit that stands in segment entries where it stands in page entries. */
const everywhere = ({ name, mask }: EntryBits): Pick<EntryBits, 'name' | 'mask'> => ({ name, mask });

export const FIELDS: readonly EntryField[] = [
  flagField(everywhere(PAGE.PROTECT), 'RO', 'RW'),
  flagField(everywhere(PAGE.NOEXEC), 'NX', 'X'),
];

/** A region-first table is what the ASCE designates, a region-second table the pgd, and so on down. */
const LEVEL_NAMES = ['PTE', 'PMD', 'PUD', 'PGD', 'ASCE'];
/**
 * @param memoryEnd ident_map_size, bytes: the memory that the machine can have at all, for which vmemmap_size makes room
 * @returns what is printed, or a sentence on a release of which it is not known
 */
export function ptdump(config: MachineConfig, traits: Traits, memoryEnd: number): Ptdump | string {
  if (!traits.s390PtdumpEndMarkers) {
    return 'before 5.10 s390 had a dumper of its own and no marker at the end of the vmemmap, in a form that is not known here exactly';
  }
  const { vmemmapBase, structPageSize, sectionSizeBits, pageSize } = config;
  const start = low52(vmemmapBase);
  const pages = alignUp(memoryEnd, 2 ** sectionSizeBits) / pageSize;
  return {
    startMarker: 'vmemmap Area Start',
    endMarker: 'vmemmap Area End',
    start,
    end: start + pages * structPageSize,
    compared: fieldMask(FIELDS),
    fields: FIELDS,
    mappedElsewhere: [],
    foldsIntoPgd: false,
    line: ({ start, end, size, level, isEmpty, words }) =>
      `0x${start}-0x${end} ${size} ${LEVEL_NAMES[level]!} ${isEmpty ? 'I' : words.join(' ')}`,
  };
}
