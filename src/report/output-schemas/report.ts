// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { recording, stretch } from './events.js';
import {
  arch,
  count,
  counts,
  named,
  number,
  orNull,
  pageSize,
  release,
  returned,
  scenario,
  stepIndex,
  structPageSize,
  text,
  texts,
  whole,
} from './fields.js';

/** What a report shows. Addresses are the low 52 bits of a virtual address, ends exclusive. */

const low = (words: string) => count(`${words}, the low 52 bits of a virtual address.`);

const spans = (words: string, more: z.ZodRawShape = {}) =>
  z
    .array(
      z.object({
        start: count('First frame, a page frame number.'),
        end: count('First frame behind it, a page frame number.'),
        text: text('What lies there.'),
        ...more,
      }),
    )
    .describe(words);

const state = {
  tables: whole('Places in tables of the run.'),
  online: z.array(stretch).describe('Memmap of sections that are online: stretches of addresses.'),
  altmaps: z
    .array(
      z.object({
        name: text('The altmap.'),
        basePfn: count('First frame, a page frame number.'),
        reserve: count('Pages at its start that it does not give out.'),
        free: count('Pages that it has.'),
        alloc: z.int().describe('Pages given out.'),
        align: count('Pages lost to alignment.'),
      }),
    )
    .describe('Books of the altmaps.'),
  physical: z
    .object({
      blocks: spans('Memory blocks.'),
      zones: spans('Zones.'),
      iomem: spans('Resources of /proc/iomem.', { depth: count('How many resources it lies in.') }),
    })
    .nullable()
    .describe('Books of memory hot-plug; null where no step can change them.'),
};

const step = z.object({
  ...state,
  op: text('What the step does.'),
  title: text('The step in a few words.'),
  text: text('The step with its addresses.'),
  ret: returned,
  given: stretch.nullable().describe('Memmap that the step was about: a stretch of addresses.'),
  counters: counts('What the kernel did in the step, by kind; zeros are left out.'),
  lines: z.record(z.string(), z.array(z.string())).describe('Words of the kernel and books, by what they are.'),
  cycles: z
    .object({
      total: count('Modelled cycles.'),
      microseconds: number('The same in microseconds.'),
      causes: counts('Cycles by cause.'),
    })
    .nullable()
    .describe('What the step costs; null where it is not told.'),
  nrMemmapPages: z.int().nullable().describe('nr_memmap_pages behind the step; null on a release that does not count.'),
});

const statement = {
  invariant: text('The invariant that the step breaks.'),
  sentence: text('What should hold.'),
  text: text('As the command line says it.'),
};

const finding = z.object({
  ...statement,
  id: text('The anchor, unique in the document.'),
  step: stepIndex,
  headline: text('What is the case.'),
  cause: text('Which call decided it; empty where no event tells.'),
  blamed: z.array(stretch).describe('The bytes to blame, ascending: stretches of addresses.'),
  event: z.int().describe('Index of the event of the step that decided it; -1 where the step has none.'),
  chain: z
    .array(
      z.object({
        at: z.tuple([z.int(), z.int()]).describe('Index of the step and of its event; -1 is before the first event.'),
        text: text('What happened.'),
      }),
    )
    .describe('How it came to that, earliest first.'),
  frames: whole('The frames that it is about, page frame numbers.'),
  function: orNull('The kernel function that did it; null where no event tells.'),
  books: orNull('Which books it is in, where it is in none of what maps the vmemmap.'),
  counter: z
    .object({
      name: text('The counter.'),
      actual: z.int().describe('What it says, pages.'),
      expected: z.int().describe('What it should say, pages.'),
      because: text('Why so many are expected.'),
    })
    .nullable()
    .describe('The counter that is wrong, where it is one.'),
  also: z.array(z.object(statement)).describe('What else the same event breaks about the same bytes.'),
  command: text('The command that shows it again.'),
  known: z
    .object({
      id: text('Number of an entry of the catalogue.'),
      name: text('Its name.'),
      title: text('One line.'),
      explanation: text('What goes wrong and why.'),
      fix: text('The change that ended it.'),
      endedBy: orNull('The release that has it no more; null where nothing has ended it.'),
    })
    .nullable()
    .describe('An entry of the catalogue whose finding is the same.'),
});

const run = z.object({
  top: text('Hex digits that stand before the 13 of an address.'),
  vmemmap: low('Address of the struct page of frame 0'),
  structPageSize,
  sectionBytes: count('Bytes of memmap of a section.'),
  sectionSize: count('Bytes of a section.'),
  pageSize,
  name: text('What the reader calls the scenario.'),
  title: text('The title of the scenario.'),
  arch,
  kernel: release,
  proposal: orNull("The proposal's one line, if the kernel is one."),
  command: text('The command that runs it.'),
  scenario,
  cpu: orNull('The CPU whose cycles are told.'),
  remarks: texts('What the reader should know first.'),
  recording: z.object(recording).describe('What the kernel did, event by event.'),
  tables: z
    .array(
      z.object({
        level: text('Level of its entries.'),
        start: low('First address that it covers'),
        span: count('Bytes that it covers.'),
        frame: count('Its frame, a page frame number.'),
      }),
    )
    .describe('Tables below the root that were there at some time.'),
  fields: z
    .array(
      z.object({
        name: text('The field.'),
        mask: text('Its bits, hex digits.'),
        says: text('What it means.'),
        levels: texts('Levels that have it; all if absent.').optional(),
      }),
    )
    .describe('Fields of a leaf entry, lowest bit first; none where they are not known.'),
  boot: z.object(state).describe('The machine before the first step.'),
  steps: z.array(step).describe('The steps that ran.'),
  notReached: texts('Titles of steps that the kernel did not live to see.'),
  findings: z.array(finding).describe('What every invariant found.'),
});

export const report = z.object({
  schema: named('vmemmap/report/v2'),
  version: text('Version of this program.'),
  runs: z.array(run).describe('One scenario on one kernel each.'),
  comparisons: z
    .array(
      z.object({
        runs: z.tuple([z.int(), z.int()]).describe('Places in runs of the two that are compared.'),
        differing: count('Behaviours in which the kernels differ.'),
        deciding: z
          .array(
            z.object({
              name: text('The behaviour.'),
              since: text('The change that brought it.'),
              effect: text('What it changes.'),
            }),
          )
          .describe('Those that change the findings, each by itself.'),
      }),
    )
    .describe('Which change decides between two runs of one scenario.'),
});
