// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { FIELD_WORDS } from '../../scenario/field-words.js';
import { roomFields } from '../../scenario/schema.js';

/** Fields that more than one result has, and what they are made of. */

export const text = (words: string) => z.string().describe(words);
export const count = (words: string) => z.int().min(0).describe(words);
export const number = (words: string) => z.number().describe(words);
export const flag = (words: string) => z.boolean().describe(words);
export const texts = (words: string) => z.array(z.string()).describe(words);
export const whole = (words: string) => z.array(z.int()).describe(words);
export const counts = (words: string) => z.record(z.string(), z.int()).describe(words);
export const orNull = (words: string) => z.string().nullable().describe(words);

/** The field by which a result says what it is: the name of its schema, and its version. */
export const named = <Name extends `vmemmap/${string}/v${number}`>(name: Name) =>
  z.literal(name).describe('The form of this result, and its version.');

export const stepIndex = count('Index of the step, from 0.');
export const pfn = (words: string) => count(`${words}, a page frame number.`);
export const pageSize = count('PAGE_SIZE, bytes.');
export const structPageSize = count('sizeof(struct page), bytes.');
export const arch = text('Architecture.');
export const mmu = text('MMU, where the architecture has several.');
export const release = text('Release.');
export const scenarioName = text('The name of the scenario.');

export const returned = z
  .union([z.int(), z.null(), z.literal('BUG')])
  .describe('What the kernel function returned: 0, an errno below 0, null for void, BUG where the kernel stopped.');

export const scenario = z.looseObject({}).describe('A scenario, which vmemmap run takes: see the schema of that name.');

/** What a field of a room becomes in a result: an address is hex, bytes are a number. */
const roomValue = z.union([z.number(), z.string(), z.boolean(), texts('Addresses, hex.'), counts('Counts by level.')]);

/** Fields that rooms add to a machine, with the words that a scenario has for them. */
const rooms = Object.fromEntries(
  Object.keys(roomFields).map((name) => [name, roomValue.optional().describe(FIELD_WORDS['machine']?.[name] ?? '')]),
);

export const machine = z
  .object({
    arch,
    kernel: release,
    pageSize,
    structPageSize,
    sectionSizeBits: count('SECTION_SIZE_BITS, log2 of bytes.'),
    vmemmapBase: text('Virtual address of the struct page of frame 0, hex.'),
    pagingLevels: count('Levels of the page table.').optional(),
    vaBits: count('Bits of a virtual address that the kernel is built for.').optional(),
    hugeVmemmap: flag('The CPU maps the vmemmap with large leaves.'),
    // What a room adds has no type here: it comes and goes with the room.
    ...(rooms as object),
  })
  .describe('The machine, with all that its scenario leaves open.');

export const bugName = z.object({ id: text('Number of an entry of the catalogue.'), name: text('Its name.') });

/** Of whom the memory behind a leaf or a table is. */
export const owner = {
  from: z.enum(['buddy', 'boot', 'unknown', 'altmap']).describe('Whose memory it is; buddy is the page allocator.'),
  altmap: text('The altmap that it is from.').optional(),
  offset: count("Base pages from the altmap's base.").optional(),
};
