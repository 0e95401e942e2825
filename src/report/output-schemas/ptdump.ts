// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { count, flag, machine, named, owner, pfn, scenarioName, text, texts } from './fields.js';
import { frameEvent } from './finding.js';

/** What is printed of page tables: dump and where. */

const bytes = (words: string) => z.array(z.tuple([z.int(), z.int()])).describe(words);
const unused = bytes('Byte ranges that hold 0xFD, from the start of the leaf, ends exclusive.');

export const dump = z.object({
  schema: named('vmemmap/dump/v1'),
  name: scenarioName,
  machine,
  leaves: z
    .array(
      z.object({
        start: text('Virtual address, hex.'),
        end: text('Virtual address, hex, exclusive.'),
        level: text('Level of the leaf.'),
        phys: text('Physical byte address of its frame, hex.'),
        flags: text('The entry without its frame, hex.'),
        unused,
        ...owner,
      }),
    )
    .describe('Leaves of the vmemmap, in the order of their addresses.'),
  tables: z
    .array(
      z.object({
        level: text('Level of its entries.'),
        start: text('First virtual address that it covers, hex.'),
        phys: text('Physical byte address of the table, hex.'),
        ...owner,
      }),
    )
    .describe('Tables of the vmemmap below the root.'),
});

export const dumpCompare = z.object({
  schema: named('vmemmap/dump-compare/v1'),
  file: text('The dump that the model is compared with.'),
  differences: z
    .array(
      z.object({
        start: text('Virtual address, hex.'),
        end: text('Virtual address, hex, exclusive.'),
        real: text('What the file has there.'),
        model: text('What the model has there.'),
      }),
    )
    .describe('Stretches that differ.'),
  remarks: texts('What was not compared.'),
});

export const where = z.object({
  schema: named('vmemmap/where/v1'),
  name: scenarioName,
  step: count('Steps that have run.'),
  pfn: pfn('The frame that is asked about'),
  physical: text('Its physical byte address, hex.'),
  structPage: text('Virtual address of its struct page, hex digits.'),
  offset: count('Bytes from the start of the struct page to the address that was asked for.'),
  section: count('Number of its section.'),
  valid: flag('pfn_valid(): there is a memmap for it.'),
  online: flag('pfn_to_online_page(): the page allocator has it.'),
  early: flag('Its memmap was made at boot.'),
  block: z
    .object({ id: count('Number of the block.'), state: text('Its state.') })
    .describe('Its memory block, if there is one.')
    .optional(),
  zone: z
    .object({ name: text('The zone.'), node: count('Number of the node.') })
    .describe('The zone that its struct page names, if it names one.')
    .optional(),
  device: text('The device whose memory it is, if it is one.').optional(),
  leaf: z
    .object({
      range: text('Virtual addresses that the leaf maps, hex digits.'),
      level: text('Level of the leaf.'),
      entry: text('The entry, hex.'),
      pfn: pfn('The frame behind the struct page'),
      owner: z.object(owner).describe('Whose memory the frame is.'),
      history: z.array(frameEvent).describe('Who took the frame and who gave it back.'),
      unused,
    })
    .describe('The leaf that maps its struct page, if one does.')
    .optional(),
});
