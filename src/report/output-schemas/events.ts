// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { count, flag, machine, named, owner, pageSize, scenarioName, text, whole } from './fields.js';

/** What a kernel was seen doing. Addresses are the low 52 bits of a virtual address, ends exclusive. */

const place = (list: string) => count(`Place in ${list}, from 0.`);
const places = (list: string) => whole(`Places in ${list}, from 0.`);
export const stretch = z.tuple([z.int(), z.int()]);
const stretchOf = {
  start: count('First address, its low 52 bits.'),
  end: count('First address behind it, its low 52 bits.'),
};

const frames = z
  .array(z.tuple([z.int(), z.int(), z.int()]))
  .describe(
    'Blocks of frames: the first page frame number, how many blocks, how far each begins behind the one before.',
  );
const content = text('What the step says that they hold.').optional();
const pages = count('Base pages of one block.');

const mishap = z
  .object({
    kind: text('warn, free-not-allocated, double-free, altmap-underflow or uninitialised-struct-page.'),
    text: text('What the kernel warns of.').optional(),
    pfn: count('The frame, a page frame number.').optional(),
    altmap: text('The altmap.').optional(),
  })
  .describe('What a kernel says or does and should never have to.');

/** What every event tells besides what happened. */
const seen = {
  stack: place('stacks'),
  times: count('How often it happened, one directly after the other; addresses and frames cover all of them.'),
  active: place('actives'),
  unusedStart: z
    .int()
    .nullable()
    .describe(
      'Memmap from here to the end of the leaf is unused and not yet marked so; the low 52 bits of the address.',
    ),
};

const is = <What extends string>(what: What) => z.literal(what).describe('What happened.');
const leaves = places('leaves');
const byte = count('The byte.');
const altmap = text('The altmap.');
const level = text('Level of the entry.');

const kernelEvent = z.discriminatedUnion('what', [
  z.object({ what: is('alloc'), pages, frames, out: count('Base pages that were out before.'), content, ...seen }),
  z.object({ what: is('free'), pages, frames, out: count('Base pages that were out before.'), content, ...seen }),
  z.object({ what: is('get'), frames, ...seen }),
  z.object({ what: is('altmap-alloc'), altmap, pages, frames, content, ...seen }),
  z.object({ what: is('altmap-free'), altmap, pages, ...seen }),
  z.object({ what: is('set'), level, ...stretchOf, entry: text('The entry, hex digits.'), leaves, ...seen }),
  z.object({ what: is('clear'), level, ...stretchOf, leaves, ...seen }),
  z.object({ what: is('memset'), ...stretchOf, byte, ...seen }),
  z.object({ what: is('scan'), ...stretchOf, byte, filled: flag('Every byte has the value.'), ...seen }),
  z.object({ what: is('initialise'), ...stretchOf, ...seen }),
  z.object({
    what: is('copy'),
    to: count('The frame that is written, a page frame number.'),
    from: count('The frame that is read, a page frame number.'),
    ...seen,
  }),
  z.object({ what: is('flush'), of: text('What is flushed: all, range or table.'), ...stretchOf, ...seen }),
  z.object({
    what: is('decide'),
    by: text('The kernel function that tests.'),
    because: text('What it finds.'),
    so: text('What follows.'),
    ...stretchOf,
    ...seen,
  }),
  z.object({ what: is('warn'), mishap, ...seen }),
  z.object({ what: is('stop'), text: text('Why the kernel stops.'), ...seen }),
]);

const leafRun = z.object({
  start: stretchOf.start,
  size: count('Bytes that one leaf maps.'),
  count: count('Leaves.'),
  level: text('Level of the leaves.'),
  frame: count("The first leaf's frame, a page frame number."),
  frameStep: z.number().describe('How far the frame of each next one is from it; a leaf may map less than a page.'),
  entry: text("The first leaf's entry, 16 hex digits."),
  entryStep: text('How far the next one is from it, 16 hex digits.'),
  flags: text('The entry without its frame, the same for all, hex.'),
  from: owner.from,
  altmap: owner.altmap,
});

const books = {
  active: place('actives'),
  unusedStart: seen.unusedStart,
  ramPages: count('Base pages of the page allocator that are out.'),
};

export const recording = {
  pageSize,
  recycledPages: z.enum(['zero', 'keep']).describe('What recycled pages hold: zeros, or what was in them.'),
  stacks: z.array(z.array(z.string())).describe('Stacks of kernel functions, outermost first.'),
  actives: z.array(z.array(stretch)).describe('Memmap of active subsections, by moment: stretches of addresses.'),
  leaves: z.array(leafRun).describe('Neighbouring leaves whose entries and frames go on evenly.'),
  boot: z.object({ ...books, leaves: places('leaves') }).describe('The machine before the first step.'),
  steps: z.array(z.array(kernelEvent)).describe('Events by step.'),
  ends: z
    .array(z.object({ ...books, leaves: places('leaves').optional() }))
    .describe('Books at the end of each step, which its events do not tell.'),
};

export const events = z.object({
  schema: named('vmemmap/events/v1'),
  name: scenarioName,
  machine,
  ...recording,
});
