// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { schemaId } from '../scenario/json-schema.js';

/** The forms of what commands print with --json: every field, its meaning and its unit. */

const text = (words: string) => z.string().describe(words);
const count = (words: string) => z.int().min(0).describe(words);
const texts = (words: string) => z.array(z.string()).describe(words);
const counts = (words: string) => z.record(z.string(), z.int()).describe(words);
const stepIndex = count('Index of the step, from 0.');
const named = (schema: string, version = 1) =>
  z.literal(`vmemmap/${schema}/v${version}`).describe('The form of this result, and its version.');
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

const bugName = z.object({ id: text('Number of an entry of the catalogue.'), name: text('Its name.') });

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

const pageSizeBytes = count('PAGE_SIZE, bytes.');
const scenario = z.looseObject({}).describe('A scenario, which vmemmap run takes.');

const explore = z.object({
  schema: named('explore', 2),
  machine: z.looseObject({}).describe('What the command line says of the machine.'),
  sections: count('Ranges next to each other that are added and removed.'),
  units: texts('What is added and removed: whole sections, halves, subsections, blocks.'),
  altmaps: texts('Where memmap may lie: in system memory, in an altmap of the range, in one for all.'),
  memory: texts('What memory may hold that becomes memmap.'),
  start: text('First address that is explored, hex; where it is not given, the usual one.').optional(),
  sectionBytes: count('Bytes of a range, where they are not a section.').optional(),
  compoundSize: count('Bytes of a compound page of device memory.').optional(),
  expect: texts('Expectations that are asked beside the invariants.'),
  fail: z.boolean().describe('Allocations fail, too.'),
  depth: count('Steps of the longest sequence.'),
  shard: z
    .object({ index: count('Which, from 1.'), count: count('Of how many.') })
    .optional()
    .describe('The part of the sequences that was tried; all if absent.'),
  complete: z.boolean().describe('All sequences were tried.'),
  ended: z.string().nullable().describe('What ended it before: states, memory, asked or interrupted.'),
  states: count('States that are not alike.'),
  statesByDepth: z.array(z.int()).describe('States that the sequences of each length reach first.'),
  steps: count('Steps that were run.').optional(),
  walks: count('Random walks beyond the depth.').optional(),
  seconds: z.number().describe('Seconds on the clock.').optional(),
  cpuSeconds: z.number().describe('Seconds of all processors.').optional(),
  statesPerSecond: z.number().describe('States a second on the clock.').optional(),
  stepsPerCpuSecond: z.number().describe('Steps a second of a processor.').optional(),
  bytesPerState: z.number().describe('Bytes that a visited state takes.').optional(),
  violations: z
    .array(
      finding.extend({
        function: z.string().nullable().describe('The kernel function at fault.'),
        entry: z.string().nullable().describe('The entry that it is about, by its level and the end of its address.'),
        length: count('Steps of the shortest sequence.'),
        releases: texts('Releases on which the sequence shows the same.'),
        like: z.array(bugName).describe('Entries of the catalogue that show the same.'),
        follows: z.array(bugName).describe('Entries whose fault comes before it in the sequence.'),
        scenario,
      }),
    )
    .describe('Each kind of violation, by its shortest sequence.'),
});

const cycles = z.object({
  schema: named('cycles'),
  name: text('The name of the scenario.'),
  cpu: text('The profile of the CPU.'),
  cpus: count('CPUs that a flush has to reach.'),
  clockGHz: z.number().describe('Clock of the CPU, GHz.'),
  hypervisor: text('What runs below the kernel.'),
  notTold: texts('What the code of a tree does not tell, and is not counted.'),
  steps: z
    .array(
      z.object({
        step: count('Number of the step, from 1.'),
        op: text('What the step does.'),
        ret: returned,
        cycles: count('Modelled cycles.'),
        microseconds: z.number().describe('The same in microseconds.'),
        causes: counts('Cycles by cause.'),
      }),
    )
    .describe('What each step costs.'),
  functions: z
    .array(
      z.object({
        name: text('A kernel function.'),
        calls: count('Calls of it.'),
        self: count('Cycles in itself.'),
        total: count('Cycles with what it calls.'),
      }),
    )
    .describe('What each function costs.'),
});

const bisect = z.object({
  schema: named('bisect'),
  expect: text('The expectation that is asked.'),
  turns: z
    .array(
      z.object({
        good: text('The release on which it holds.'),
        bad: text('The release next to it on which it breaks.'),
        trait: z.string().nullable().describe('The change that makes the difference.'),
        commit: z.string().nullable().describe('Its commit, as far as it is known.'),
        culprits: z
          .array(
            z.looseObject({
              name: text('A change of behaviour.'),
              effect: text('What it changes.'),
              change: text('Where it comes from.'),
            }),
          )
          .describe('All changes that make the difference alone.'),
        finding: z.looseObject({ step: stepIndex, text: finding.shape.text }).describe('What breaks.'),
      }),
    )
    .describe('Where the scenario begins or ceases to break the expectation.'),
  releases: z
    .array(z.object({ release: text('Release.'), outcome: text('holds, broken or untestable.') }))
    .describe('What each release makes of the scenario, oldest first.'),
});

const memmapCost = {
  leaves: counts('Leaves that it takes, by level.'),
  systemPages: count('Base pages of system memory.'),
  ownPages: count('Base pages of its own memory.'),
  error: text('What the kernel answers, where it refuses.').optional(),
};
const blockVerdict = {
  verdict: text('Whether a block can hold its own memmap.'),
  reason: z.string().nullable().describe('Why it cannot.'),
};
const ownMemmap = z.object({
  mode: text('The parameter memory_hotplug.memmap_on_memory.'),
  ...blockVerdict,
  sentence: text('The verdict for people.'),
  memmapPages: count('Base pages of the memmap of a block.'),
  wastedPages: count('Base pages that are set aside beside it.'),
});

const plan = z.object({
  schema: named('plan'),
  machine: z
    .object({
      arch: text('Architecture.'),
      kernel: text('Release.'),
      pageSize: pageSizeBytes,
      structPageSize: count('sizeof(struct page), bytes.'),
      sectionSize: count('Bytes of a section.'),
      blockSize: count('Bytes of a memory block.'),
      mmu: text('MMU, where the architecture has several.').optional(),
      assumed: texts('Facts that no list gave, and that are taken as usual.'),
    })
    .describe('The machine.'),
  memoryBytes: count('Bytes of system memory.'),
  memmapBytes: count('Bytes of its struct pages.'),
  overheadBytes: count('Bytes of leaves and tables.'),
  overheadPercent: z.number().describe('The same of the memory, percent.'),
  leaves: counts('Leaves of the vmemmap, by level.'),
  tables: counts('Tables of the vmemmap, by level.'),
  memmapOnMemory: ownMemmap.describe('What the parameter as it is means for a block.'),
  modes: z
    .object({ y: ownMemmap.describe('With y.'), force: ownMemmap.describe('With force.') })
    .describe('What else it could be.'),
  blocks: z
    .array(
      z.object({
        first: count('Number of the first block.'),
        last: count('Number of the last block.'),
        range: text('Physical addresses, the end inclusive.'),
        state: text('online, offline or what else the list says.'),
        memmapBytes: count('Bytes of struct pages of a block.'),
        memmapOnMemory: z.object(blockVerdict).describe('Whether each can hold its own memmap.'),
        holdsMemmapNow: z.boolean().describe('Whether it does, where a list tells.').optional(),
      }),
    )
    .describe('Runs of memory blocks that are alike.'),
  hotAdd: z
    .array(z.object({ mode: ownMemmap.shape.mode, start: text('First byte, hex.'), ...memmapCost }))
    .describe('What one block more would take.'),
  devices: z
    .array(
      z.object({
        name: text('The device.'),
        size: count('Its bytes.'),
        mode: text('What it is used as.'),
        map: z.string().nullable().optional().describe('Where its memmap lies.'),
        ...memmapCost,
      }),
    )
    .describe('What the memmap of each device takes.'),
  remarks: texts('What is taken for granted, and what is not known.'),
});

/** By the name that `schema` in a result has. */
export const OUTPUT_SCHEMAS = {
  run,
  runs,
  'fail-each': failEach,
  verify,
  validate,
  diff,
  bisect,
  explore,
  cycles,
  plan,
} as const;

/** The JSON Schema of a result. Fields may be added to it within a version, so others than these are allowed. */
export const outputJsonSchema = (name: keyof typeof OUTPUT_SCHEMAS): unknown => ({
  $id: schemaId(name),
  title: `What vmemmap prints as ${OUTPUT_SCHEMAS[name].shape.schema.value}`,
  ...z.toJSONSchema(OUTPUT_SCHEMAS[name], { io: 'input' }),
});
