// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { events } from './events.js';
import { count, counts, machine, named, pfn, returned, scenarioName, stepIndex, text, texts, whole } from './fields.js';
import { finding, frameEvent } from './finding.js';

/** What `vmemmap run` and `vmemmap verify` print. */

const span = z.array(z.int()).length(3).describe('First frame, frames spanned, frames present.');

export const state = z.object({
  ret: returned,
  leaves: texts('Ranges of leaves of one level and owner: virtual addresses, level, whose frames lie behind.'),
  prot: z.record(z.string(), z.string()).describe('Bits of a leaf other than its frame, hex, by level.'),
  tables: counts('Tables below the root, by the level of their entries.'),
  altmaps: z
    .record(
      z.string(),
      z.object({ alloc: z.int().describe('Pages given out.'), align: count('Pages lost to alignment.') }),
    )
    .describe('Books of each altmap, by name.'),
  ram: z.object({ pages: count('Base pages.') }).describe('System memory that leaves and tables have taken.'),
  partial: texts('Large leaves that are filled with PAGE_UNUSED in part: bytes from the start of the leaf.'),
  unusedStart: text(
    'Virtual address at which an unused tail begins that is not filled yet; 0x0 if none is remembered.',
  ),
  sections: z.object({ present: count('Sections.') }).describe('Sections that have a memmap.'),
  leaks: texts('Leaves that describe nothing active, and empty tables.'),
  holes: texts('Memmap of active memory that nothing maps.'),
  violations: texts('Frames freed that were not out, and warnings of the kernel.'),
  counters: counts('What the kernel did since the boot, by kind.'),
  vmstat: z
    .object({
      nrMemmapPages: z.int().describe('nr_memmap_pages.'),
      nrMemmapBootPages: z.int().describe('nr_memmap_boot_pages.'),
    })
    .describe('Books of /proc/vmstat, base pages, on releases that count.')
    .optional(),
  log: texts('Lines that the kernel logged, if it did.').optional(),
  hptes: texts('Bolted entries of a hashed page table, on machines that have one.').optional(),
  zones: z
    .record(z.string(), z.record(z.string(), span))
    .describe('Spans by node and zone, where a step can change them.')
    .optional(),
  nodes: z
    .record(z.string(), z.tuple([z.int(), z.int(), z.int(), z.boolean()]))
    .describe('First frame, frames spanned, frames present, and whether it is online, by node.')
    .optional(),
  sectionFlags: texts('Runs of sections: first-last flags.').optional(),
  blocks: texts('Runs of memory blocks: first-last state node zone altmap.').optional(),
  iomem: texts('Lines of /proc/iomem.').optional(),
  unreleasedBlocks: whole('Removed memory blocks of which a reference is left.').optional(),
  virtioMem: texts('Memory blocks of virtio-mem devices, and what of the last one is plugged.').optional(),
});

export const run = z.object({
  schema: named('vmemmap/run/v1'),
  name: scenarioName,
  machine,
  steps: z.array(state).describe('The state after each step.'),
  findings: z
    .array(
      finding.extend({
        frames: z
          .array(
            z.object({
              pfn: pfn('A frame'),
              history: z.array(frameEvent).describe('Who took it and who gave it back.'),
            }),
          )
          .describe('The frames that it is about.'),
      }),
    )
    .describe('What every invariant found after every step.'),
  unproved: texts(
    'Traits that its code asked for and of which it is not proved whether the release has them, where there are any.',
  ).optional(),
});

export const failEach = z.object({
  schema: named('vmemmap/fail-each/v1'),
  name: scenarioName,
  machine,
  allocations: count('Calls of the page allocator.'),
  failures: z
    .array(
      z.object({
        allocation: count('Which call failed, counted from 1.'),
        step: stepIndex,
        order: count('Order of the request: log2 of its base pages.'),
        stack: texts('Kernel functions that were running, outermost first.'),
        ret: returned,
        findings: z.array(finding).describe('What is wrong now and is not when nothing fails.'),
      }),
    )
    .describe('Failing allocations that leave a finding.'),
});

const ofFile = { file: text('The scenario file.') };

export const runs = z.object({
  schema: named('vmemmap/runs/v1'),
  runs: z
    .array(z.discriminatedUnion('schema', [run.extend(ofFile), failEach.extend(ofFile), events.extend(ofFile)]))
    .describe('A result for each file, in the order of the command line.'),
});

export const verify = z.object({
  schema: named('vmemmap/verify/v1'),
  passed: count('Cases that the emulator reproduces.'),
  failed: count('Cases that it does not.'),
  failures: z
    .array(
      z.object({
        file: text('The recording.'),
        name: text('The case.'),
        step: z.int().describe('Index of the step, from 0; below 0 where it is not about one.'),
        field: text('The first field that differs.'),
        expected: z.unknown().optional().describe('What the kernel has there; absent where it has nothing.'),
        actual: z.unknown().optional().describe('What the emulator has there; absent where it has nothing.'),
      }),
    )
    .describe('The first difference of each case.'),
  inputs: z
    .array(z.object({ file: text('The recording.'), taken: texts('Fields that were taken from it.') }))
    .describe('What was taken from recordings in place of being worked out.'),
});
