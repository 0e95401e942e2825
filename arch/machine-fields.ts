// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';

/** Values that fields of `machine` are made of: those of every machine, and those that an architecture adds. */

/** Fields of `machine` that one architecture alone has, and what each may be. Every room that has such fields adds them. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the rooms fill it
export interface RoomFields {}

/** What a machine says in these fields. */
export type RoomValues = { [Field in keyof RoomFields]?: z.output<RoomFields[Field]> };

/** Physical addresses end here on every architecture; most have fewer. */
export const ADDRESS_LIMIT = 2 ** 57;
/** Where they end on an architecture that does not say it. */
const DEFAULT_LIMIT = 2 ** 52;

/**
 * What a scenario says of the machine. vmemmapBase has all 64 bits; code below here takes its low 52 bits as a number.
 * Fields that one architecture alone has are declared in its room, see `RoomFields`.
 */
export interface MachineConfig extends RoomValues {
  arch: string;
  kernel: string;
  /** PAGE_SIZE, bytes. */
  pageSize: number;
  /** sizeof(struct page), bytes. */
  structPageSize: number;
  sectionSizeBits: number;
  /** Virtual address of the struct page of pfn 0. */
  vmemmapBase: bigint;
  /** Levels of the page table in use. */
  pagingLevels?: number | undefined;
  /** Bits of a virtual address that the kernel is built for, VA_BITS. */
  vaBits?: number | undefined;
  /** The CPU can map the vmemmap with large leaves: PSE, EDAT1. */
  hugeVmemmap: boolean;
}

/** What a letter behind a size stands for, bytes. */
const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** First physical byte address that memory of an architecture cannot have. */
export const physicalLimit = ({ physicalLimit = DEFAULT_LIMIT }: { readonly physicalLimit?: number }): number =>
  physicalLimit;

/** A count. @param what the unit, for the complaint */
export const whole = (what: string) =>
  z.int({ error: `must be a whole number of ${what}` }).min(0, `must not be negative`);

/** Bytes as a number, or text with a unit. */
export const size = z
  .union([z.number(), z.string()], { error: 'must be bytes as a number, or text such as "128M"' })
  .transform((value, context): number => {
    const text = /^(\d+)([kmgt]?)(?:i?b)?$/i.exec(String(value));
    const bytes = text ? Number(text[1]) * (UNITS[text[2]!.toLowerCase()] ?? 1) : NaN;
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    context.addIssue({
      code: 'custom',
      message: 'must be bytes as a positive whole number, or text such as "128M" or "2G"',
    });
    return z.NEVER;
  })
  .meta({ id: 'Size', description: 'Bytes, or text with a unit K, M, G, T of 1024: "128M".' });

const address = z
  .string({ error: 'must be a hex string such as "0x100000000"' })
  .regex(/^0x[0-9a-f]{1,16}$/i, 'must be a hex string such as "0x100000000"')
  .meta({ id: 'Address', description: 'A byte address as a hex string: "0x100000000".' });

/** A physical byte address, as a number. */
export const physical = address.transform((value, context): number => {
  const bytes = Number(value);
  if (bytes < ADDRESS_LIMIT) return bytes;
  context.addIssue({ code: 'custom', message: 'must be a physical address below 2^57' });
  return z.NEVER;
});

/** A virtual byte address, all 64 bits of it. */
export const virtual = address.transform((value) => BigInt(value));

/** A switch. */
export const flag = z.boolean({ error: 'must be true or false' });

/** VMEMMAP_START and VMEMMAP_END, the end exclusive; an end of "0x0" is 2^64. */
export const vmemmapWindow = z.tuple([virtual, virtual], {
  error: 'must be two hex strings, the start and the exclusive end of the vmemmap',
});
