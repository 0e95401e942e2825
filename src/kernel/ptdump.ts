// SPDX-License-Identifier: GPL-2.0-only

import type { LeafField, Level } from '../hardware/page-table.js';

/**
 * /sys/kernel/debug/kernel_page_tables as an architecture prints it (mm/ptdump.c and each architecture's own dumper): the
 * words of an entry's fields, the form of a line, and where the vmemmap's part begins and ends.
 */

/** A field of an entry and the word that stands for it. */
export interface FlagField {
  /** The kernel's constant. */
  readonly name: string;
  /** Bits of the entry that are looked at, and the value for which {@link set} is printed. */
  readonly mask: bigint;
  readonly value: bigint;
  readonly set: string;
  /** The word for any other value; nothing at all if not given. */
  readonly clear?: string;
  /** Levels whose entries have the field; all if not given. Elsewhere it reads as clear. */
  readonly levels?: readonly Level[];
}

/** A field that is printed as a number, "label:hex". */
export interface NumberField {
  readonly name: string;
  readonly mask: bigint;
  /** Position of its lowest bit. */
  readonly shift: number;
  readonly label: string;
}

/** What a line of kernel_page_tables tells of an entry. */
export type EntryField = FlagField | NumberField;

/** Neighbouring entries of one level and one set of flags, as a line shows them. */
export interface PtdumpLine {
  /** Virtual addresses, 16 hex digits each: the first, the one behind the last, and the last. */
  readonly start: string;
  readonly end: string;
  readonly last: string;
  /** Bytes in nine columns, and a unit. */
  readonly size: string;
  readonly level: Level;
  /** Nothing is mapped. */
  readonly isEmpty: boolean;
  /** The words of the fields, in order. */
  readonly words: readonly string[];
  /** Physical byte address behind the first entry, 16 hex digits. */
  readonly phys: string;
}

/** The vmemmap's part of an architecture's kernel_page_tables. */
export interface Ptdump {
  /** Title of the marker line before it, and of the one behind it where that is the vmemmap's own. */
  readonly startMarker: string;
  readonly endMarker?: string;
  /** Where the markers stand: low 52 bits of the addresses; 2^52 and more for an end that lies in a later 4 PiB. */
  readonly start: number;
  readonly end: number;
  /** Bits in which the entries of a line agree; also some that have no word. */
  readonly compared: bigint;
  readonly fields: readonly EntryField[];
  /**
   * Addresses behind the vmemmap that the kernel maps since boot, and whose tables reach into its range: where such a table
   * is, the hole is one of a lower level.
   */
  readonly mappedElsewhere: readonly number[];
  /** Levels without a table are folded into the level above (real_depth(), mm/pagewalk.c): holes of the root are the pgd's. */
  readonly foldsIntoPgd: boolean;
  /**
   * The word that page-table isolation (KPTI) changes in every entry: whether a CPU is safe without it is nothing that a
   * memmap knows.
   */
  readonly isolationWord?: string;
  /** The text of a line; undefined for one that is left out. */
  line(line: PtdumpLine): string | undefined;
}

/** What of a declared field its word stands for. */
type Declared = Pick<LeafField, 'name' | 'mask' | 'levels'>;

/** The word of a field that has all of its bits set; where it has not, there is nothing at all. */
export const silentField = ({ name, mask, levels }: Declared, set: string): FlagField => ({
  name,
  mask,
  value: mask,
  set,
  ...(levels !== undefined && { levels }),
});

/** The words of a field that has all of its bits set or not; blanks of the same width stand for it where it has not. */
export const flagField = (field: Declared, set: string, clear = ' '.repeat(set.length)): FlagField => ({
  ...silentField(field, set),
  clear,
});

/** Every bit that a field looks at. */
export const fieldMask = (fields: readonly EntryField[]): bigint =>
  fields.reduce((mask, field) => mask | field.mask, 0n);
