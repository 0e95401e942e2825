// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { findRelease } from '../../history/releases.js';
import { ARCHITECTURES } from '../../scenario/names.js';

/** Fields that the recordings of memory hot-plug have in common, with the values that they can have. */

/** A frame number: no machine has more physical address bits than 64. */
const MAX_PFN = 2 ** 52;
/** Pages of one step, 1 TiB of 4 KiB pages: the stand-in books the memmap page by page. */
const MAX_PAGES = 2 ** 28;
/** Bytes of a section or a memory block. */
const MAX_UNIT = 2 ** 40;
const MAX_PAGEBLOCK_ORDER = 20;

/** A number as hex text. */
export const hexNumber = z
  .string({ error: 'must be a hex string such as "0x100000000"' })
  .regex(/^0x[0-9a-f]{1,16}$/i, 'must be a hex string such as "0x100000000"')
  .transform(Number);

/** Bytes of a range, as hex text. */
export const hexSize = hexNumber.refine((bytes) => bytes <= MAX_PAGES * 4096, {
  error: `must be a size of at most 2^40 bytes`,
});

export const pfn = z.int('must be a frame number').min(0, 'must not be negative').max(MAX_PFN, 'must be at most 2^52');
export const nrPages = z
  .int('must be pages')
  .min(0, 'must not be negative')
  .max(MAX_PAGES, 'must be at most 2^28 pages');

/** Bytes that are a power of two. */
export const powerOfTwo = (from: number, to: number) =>
  z
    .number({ error: 'must be bytes as a number' })
    .refine((bytes) => Number.isInteger(Math.log2(bytes)) && bytes >= from && bytes <= to, {
      error: `must be a power of two from ${from} to ${to}`,
    });

export const pageSize = powerOfTwo(4096, 65536);
export const structPageSize = z.int('must be bytes').min(8, 'must be 8 to 256').max(256, 'must be 8 to 256');
/** Bytes of a section. */
export const sectionSize = powerOfTwo(2 ** 21, MAX_UNIT);
/** Bytes of a memory block. */
export const blockSize = z
  .int('must be bytes')
  .min(2 ** 21, `must be 2 MiB to 1 TiB`)
  .max(MAX_UNIT, `must be 2 MiB to 1 TiB`);
export const pageblockOrder = z
  .int('must be an order')
  .min(0, 'must be 0 to 20')
  .max(MAX_PAGEBLOCK_ORDER, 'must be 0 to 20');

export const arch = z.enum(ARCHITECTURES.map(({ name }) => name) as [string, ...string[]], {
  error: `must be one of ${ARCHITECTURES.map(({ name }) => name).join(', ')}`,
});

export const release = z
  .string('must name a release')
  .refine((name) => findRelease(name) !== undefined, { error: 'must be a release that is covered' });

/** The n-th time that the kernel comes by a place. */
export const count = z.int('must be a whole number').min(1, 'counts from 1');
