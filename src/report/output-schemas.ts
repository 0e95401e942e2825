// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { schemaId } from '../scenario/json-schema.js';

/** The forms of what commands print with --json: every field, its meaning and its unit. */

const text = (words: string) => z.string().describe(words);
const count = (words: string) => z.int().min(0).describe(words);
const texts = (words: string) => z.array(z.string()).describe(words);
const counts = (words: string) => z.record(z.string(), z.int()).describe(words);
const stepIndex = count('Index of the step, from 0.');
const named = (schema: string) =>
  z.literal(`vmemmap/${schema}/v1`).describe('The form of this result, and its version.');
const returned = z
  .union([z.int(), z.null(), z.literal('BUG')])
  .describe('What the kernel function returned: 0, an errno below 0, null for void, BUG where the kernel stopped.');

const state = z.object({
  ret: returned,
  leaves: texts('Ranges of leaves of one level and owner: virtual addresses, level, whose frames lie behind.'),
  prot: z.record(z.string(), z.string()).describe('Bits of a leaf other than its frame, hex, by level.'),
  tables: counts('Tables below the root, by the level of their entries.'),
  altmaps: z
    .record(z.string(), z.object({ alloc: count('Pages given out.'), align: count('Pages lost to alignment.') }))
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
});

const machine = z
  .object({
    arch: text('Architecture.'),
    kernel: text('Release.'),
    pageSize: count('PAGE_SIZE, bytes.'),
    structPageSize: count('sizeof(struct page), bytes.'),
    sectionSizeBits: count('SECTION_SIZE_BITS, log2 of bytes.'),
    vmemmapBase: text('Virtual address of the struct page of frame 0, hex.'),
  })
  .describe('The machine, with all that its scenario leaves open.');

const finding = z.object({
  step: stepIndex,
  invariant: text('The invariant that the step breaks.'),
  text: text('A sentence for people; its wording is free.'),
  kind: text('What was found. It says which further fields there are.'),
});

const frameEvent = z.object({
  step: stepIndex,
  what: text('allocated, freed, referenced, or allocated from the altmap.'),
  pfn: count('First frame of the request, a page frame number.'),
  nrPages: count('Base pages of the request.'),
  stack: texts('Kernel functions, outermost first.'),
});

const run = z.object({
  schema: named('run'),
  name: text('The name of the scenario.'),
  machine,
  steps: z.array(state).describe('The state after each step.'),
  findings: z
    .array(
      finding.extend({
        frames: z
          .array(
            z.object({
              pfn: count('A frame, a page frame number.'),
              history: z.array(frameEvent).describe('Who took it and who gave it back.'),
            }),
          )
          .describe('The frames that it is about.'),
      }),
    )
    .describe('What every invariant found after every step.'),
});

const failEach = z.object({
  schema: named('fail-each'),
  name: text('The name of the scenario.'),
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

const verify = z.object({
  schema: named('verify'),
  passed: count('Cases that the emulator reproduces.'),
  failed: count('Cases that it does not.'),
  failures: z
    .array(
      z.object({
        file: text('The recording.'),
        name: text('The case.'),
        step: z.int().describe('Index of the step, from 0; below 0 where it is not about one.'),
        field: text('The first field that differs.'),
        expected: z.unknown().describe('What the kernel has there.'),
        actual: z.unknown().describe('What the emulator has there.'),
      }),
    )
    .describe('The first difference of each case.'),
  inputs: z
    .array(z.object({ file: text('The recording.'), taken: texts('Fields that were taken from it.') }))
    .describe('What was taken from recordings in place of being worked out.'),
});

const validate = z.object({
  schema: named('validate'),
  cells: z
    .array(
      z.object({
        arch: text('Architecture.'),
        pageSize: count('PAGE_SIZE, bytes.'),
        mmu: z.string().nullable().describe('MMU, where the architecture has several.'),
        structPageSize: count('sizeof(struct page), bytes.'),
        shape: text('Shape of the altmap.'),
        release: text('Release.'),
        verdict: z.enum(['supported', 'ignored', 'refused', 'broken', 'untestable']).describe('What becomes of it.'),
        reason: text('A sentence for people.'),
        breaks: texts('Invariants that break, in the order of the steps.').optional(),
      }),
    )
    .describe('A machine, a release and a shape of altmap each.'),
});

const diff = z.object({
  schema: named('diff'),
  from: text('One release.'),
  to: text('The other release.'),
  first: z
    .object({
      step: stepIndex,
      event: count('Index of the event in the run, from 0.'),
      before: texts('The last events in common.'),
      from: z.string().nullable().describe('What the one kernel does next; null where it does nothing more.'),
      to: z.string().nullable().describe('What the other kernel does next.'),
    })
    .optional()
    .describe('Where they part; absent where both do the same.'),
  steps: z
    .array(
      z.array(
        z.object({
          field: text('A field of the state.'),
          from: z.unknown().describe('What the one kernel has there.'),
          to: z.unknown().describe('What the other kernel has there.'),
        }),
      ),
    )
    .describe('By step, the fields in which the states differ.'),
});

const runs = z.object({
  schema: named('runs'),
  runs: z
    .array(z.union([run, failEach]).and(z.object({ file: text('The scenario file.') })))
    .describe('A result for each file, in the order of the command line.'),
});

/** By the name that `schema` in a result has. */
export const OUTPUT_SCHEMAS = { run, runs, 'fail-each': failEach, verify, validate, diff } as const;

/** The JSON Schema of a result. Fields may be added to it within a version, so others than these are allowed. */
export const outputJsonSchema = (name: keyof typeof OUTPUT_SCHEMAS): unknown => ({
  $id: schemaId(name),
  title: `What vmemmap prints as vmemmap/${name}/v1`,
  ...z.toJSONSchema(OUTPUT_SCHEMAS[name], { io: 'input' }),
});
