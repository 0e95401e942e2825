// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { count, pfn, returned, stepIndex, text, texts, whole } from './fields.js';

/** What a check complains of. */

/** Fields that some kinds of findings have. */
const facts = z
  .object({
    range: z
      .object({ start: text('Virtual address, hex.'), end: text('Virtual address, hex, exclusive.') })
      .describe('The stretch of the vmemmap that it is about.'),
    level: text('Level of the leaf, or of the entries of the table.'),
    table: text('First virtual address that the table covers, hex.'),
    fault: text('Virtual address that nothing maps, hex.'),
    frames: whole('The frames that it is about, page frame numbers.'),
    lost: whole('Frames that nothing maps any more, page frame numbers.'),
    pfn: pfn('The frame that it is about'),
    head: pfn('The first frame of the compound page'),
    count: z.int().describe('How many pages, frames or tables it is about.'),
    pages: count('Base pages.'),
    compounds: count('Compound pages.'),
    bytes: count('Bytes of memmap that the leaf is made for.'),
    of: count('Bytes of the leaf.'),
    section: count('Number of the section.'),
    block: count('Number of the memory block.'),
    device: text('The device.'),
    altmap: text('The altmap.'),
    alloc: z.int().describe('Pages that the altmap counts as handed out.'),
    align: count('Pages that the altmap lost to alignment.'),
    free: count('Pages that the altmap has.'),
    mapped: count('Pages of the altmap that leaves map.'),
    zone: text('The zone.'),
    node: count('Number of the node.'),
    start: count('First frame of the zone; first byte of a resource.'),
    end: count('Last byte of a resource.'),
    spanned: count('Frames that the zone spans.'),
    present: count('Frames of the zone that are present.'),
    name: text('Name of the resource.'),
    op: text('What the step does.'),
    ret: returned,
    reason: text('Why the kernel stops.'),
    warning: text('What the kernel warns of.'),
    set: text('What the parameter was set to.'),
    shown: text('What the parameter reads as.'),
    rule: text('The rule that is broken.'),
    by: text('The manual, or the kernel function, that has the rule.'),
  })
  .partial();

export const finding = z.object({
  step: stepIndex,
  invariant: text('The invariant that the step breaks.'),
  text: text('A sentence for people; its wording is free.'),
  kind: text('What was found. It says which of the fields below there are.'),
  ...facts.shape,
});
export type FindingJson = z.input<typeof finding>;

export const frameEvent = z.object({
  step: stepIndex,
  what: text('allocated, freed, referenced, or allocated from the altmap.'),
  pfn: pfn('First frame of the request'),
  nrPages: count('Base pages of the request.'),
  stack: texts('Kernel functions, outermost first.'),
  times: count('How often, where it happened again and again in a step.').optional(),
});
