// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import { CONFIDENCES } from '../../cycles/figure.js';
import {
  arch,
  count,
  counts,
  flag,
  named,
  number,
  pageSize,
  release,
  returned,
  scenarioName,
  structPageSize,
  text,
  texts,
  whole,
} from './fields.js';

/** What is printed of cycles: cycles, bench and cpu. */

const elsewhere = {
  node: text('The node that memory is added to, where it is not the CPU’s own.').optional(),
  nestedLeaf: count('Leaf size of the second stage under nested paging, bytes.').optional(),
};
const plainCycles = count('The same on the CPU’s own node and on bare metal, where either was changed.').optional();

export const cycles = z.object({
  schema: named('vmemmap/cycles/v1'),
  name: scenarioName,
  cpu: text('The profile of the CPU.'),
  cpus: count('CPUs that a flush has to reach.'),
  clockGHz: number('Clock of the CPU, GHz.'),
  hypervisor: text('What runs below the kernel.'),
  ...elsewhere,
  notTold: texts('What the code of a tree does not tell, and is not counted.'),
  steps: z
    .array(
      z.object({
        step: count('Number of the step, from 1.'),
        op: text('What the step does.'),
        ret: returned,
        cycles: count('Modelled cycles.'),
        plainCycles,
        microseconds: number('The same in microseconds.'),
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

const benchRow = z.object({
  name: text('The case.'),
  arch,
  kernel: release,
  cpu: text('The profile of the CPU.'),
  hypervisor: text('What runs below the kernel.'),
  pageSize,
  structPageSize,
  sections: count('Sections that come and go.'),
  ...elsewhere,
  cycles: count('Modelled cycles.'),
  plainCycles,
  microseconds: number('The same in microseconds, at the nominal clock.'),
  cyclesPerSection: number('Cycles a section.'),
  range: z
    .tuple([z.int(), z.int()])
    .describe('Cycles with every figure at the cheap and at the dear end of its range.')
    .optional(),
  bytesTouched: count('Bytes that are written and read.'),
  tables: count('Tables that were made.'),
  causes: counts('Cycles by cause.'),
});

const suites = <Row extends z.ZodType>(row: Row) =>
  z
    .array(
      z.object({
        name: text('The suite.'),
        title: text('What it is about.'),
        rows: z.array(row).describe('Its cases.'),
      }),
    )
    .describe('The suites that were played.');

export const bench = z.object({ schema: named('vmemmap/bench/v1'), suites: suites(benchRow) });

const wallTime = (words: string) =>
  z
    .object({
      nanoseconds: number('Nanoseconds a section that comes and goes.'),
      errorPercent: number('Relative margin of error, percent.'),
    })
    .describe(words);

export const benchWall = z.object({
  schema: named('vmemmap/bench-wall/v1'),
  suites: suites(
    z.object({
      name: text('The case.'),
      clockOff: wallTime('How fast the emulator is without the cycle model.'),
      clockOn: wallTime('How fast it is with the cycle model.'),
    }),
  ),
});

const ratio = (words: string) => number(`${words}, as a ratio.`);

export const benchComparison = z.object({
  schema: named('vmemmap/bench-comparison/v1'),
  thresholdPercent: number('What counts as slower, percent.'),
  rows: z
    .array(
      z.object({
        suite: text('The suite.'),
        name: text('The case.'),
        before: number('Modelled cycles in the earlier result.'),
        after: count('Modelled cycles now.'),
        ratio: ratio('Cycles now to cycles before'),
        regressed: flag('It is slower by more than the threshold.'),
      }),
    )
    .describe('Cases that both results have.'),
});

const validated = {
  id: text('Number of the measurement.'),
  what: text('What was measured.'),
  machine: text('The machine.'),
  cpu: text('The profile of the CPU.'),
};
const predictedRatio = ratio('Predicted to measured');

export const benchValidation = z.object({
  schema: named('vmemmap/bench-validation/v1'),
  rows: z
    .array(
      z.object({
        ...validated,
        group: text('Its group.'),
        step: text('The point of the series.'),
        role: z.enum(['calibration', 'test']).describe('A calibration set a figure of the model; tests count.'),
        isCovered: flag('A profile is of this machine; other rows do not count.'),
        unit: text('The unit of both values.'),
        measured: number('What was measured, in the unit.'),
        predicted: number('What the model says, in the unit.'),
        ratio: predictedRatio,
      }),
    )
    .describe('Predictions beside measurements.'),
  errors: z
    .array(
      z.object({
        group: text('A group, or all that count.'),
        rows: count('Its rows.'),
        meanSigned: ratio('Mean of predicted to measured, less 1'),
        meanAbsolute: ratio('Mean of the same without its sign'),
        medianAbsolute: ratio('Median of the same'),
      }),
    )
    .describe('Errors of the test rows.'),
  bound: z
    .object({
      ...validated,
      measured: number('Microseconds of the whole.'),
      predicted: number('Microseconds of what is modelled.'),
    })
    .describe('A measurement that the model must stay below.'),
});

const notExpressed = z
  .array(z.object({ id: text('The composite.'), why: text('Why the model has no words for it.') }))
  .describe('Composites that the model has no words for.');
const medianAbsoluteError = ratio('Median of predicted to measured, less 1, without its sign');

export const benchMeasured = z.object({
  schema: named('vmemmap/bench-measured/v1'),
  machines: z
    .array(
      z.object({
        machine: text('The machine.'),
        cpu: text('The profile of the CPU.'),
        rows: z
          .array(
            z.object({
              id: text('The composite.'),
              group: text('Its group.'),
              measured: number('Cycles a unit that were measured.'),
              predicted: number('Cycles a unit that the model says.'),
              ratio: predictedRatio,
            }),
          )
          .describe('Predictions beside measurements.'),
        groups: z
          .array(
            z.object({
              group: text('The group.'),
              rows: count('Its rows.'),
              medianRatio: ratio('Median of predicted to measured'),
              medianAbsoluteError,
            }),
          )
          .describe('Errors by group.'),
        medianAbsoluteError,
        notExpressed,
      }),
    )
    .describe('The machines of the file.'),
  medianAbsoluteError,
});

const sourced = {
  confidence: z.enum(CONFIDENCES).describe('How it is known.'),
  source: text('Where it is from.'),
};
const figure = z.object({
  value: number('The value, in its unit.'),
  unit: text('The unit.'),
  ...sourced,
  range: z.tuple([z.number(), z.number()]).describe('Both ends where the source gives a range.').optional(),
});
const figures = (words: string) => z.array(figure).describe(words);
const fig = (words: string) => figure.describe(words);

const stream = (words: string) =>
  z
    .object({
      startup: fig('Cycles before the first byte.').optional(),
      coldStart: fig('Cycles that a loop waits which begins in memory.').optional(),
      rates: figures('Bytes a cycle, by what holds the line: one for each cache, memory last.'),
    })
    .describe(words);

const flush = (words: string) =>
  z
    .object({
      base: fig('What it takes by itself.'),
      perCpu: fig('What each further CPU adds.').optional(),
      empties: flag('It takes all translations away, not just those of its range.'),
    })
    .describe(words)
    .optional();

const tlbs = (words: string) =>
  z
    .array(
      z.object({
        entries: count('Entries.'),
        ways: count('Ways; as many as entries where any page may lie anywhere.'),
        pageSizes: whole('Sizes of the pages that it holds, bytes.'),
        ...sourced,
      }),
    )
    .describe(words);

const throughput = z
  .object({
    call: fig('A function called and left.'),
    pairedStore: fig('A store among others to the same line.'),
    singleStore: fig('A store by itself.'),
    pairsWithinLine: z
      .object({ value: flag('They do.'), ...sourced })
      .describe('Two stores leave the store buffer in one cycle only where they go to the same line.'),
    storeMiss: figures('What a store takes whose line is not in L1, by the level that serves it, memory last.'),
    coldTableLine: fig('What a walk takes longer that brings a line of a page table from memory.'),
    copy: stream('copy_page().'),
    together: z
      .array(z.object({ cpus: count('CPUs.'), factor: fig('How many times as long it takes.') }))
      .describe('What initialisation takes where several CPUs do it at once.')
      .optional(),
  })
  .describe('Figures of a core that does not wait, where they were measured.');

export const cpu = z.object({
  schema: named('vmemmap/cpu/v1'),
  cpus: z
    .array(
      z.object({
        arch,
        name: text('The profile.'),
        title: text('For people.'),
        cpuid: text('CPUID leaf 1, EAX, hex digits, of the CPU that was measured.').optional(),
        base: text('The registered profile that has what was not measured.').optional(),
        flags: texts('What a kernel asks for when it chooses how to fill memory.'),
        clock: fig('Nominal clock.'),
        cpus: fig('CPUs of the machine.'),
        issueWidth: fig('Instructions a cycle.'),
        lineSize: count('Bytes of a cache line.'),
        caches: z
          .array(
            z.object({
              name: text('The cache.'),
              size: count('Bytes.'),
              ways: count('Ways.'),
              latency: fig('Latency.'),
              ...sourced,
            }),
          )
          .describe('Caches from the innermost on.'),
        memory: fig('Latency of memory.'),
        remote: z
          .array(
            z.object({
              name: text('What the node is.'),
              distances: whole('Its distances as numactl -H prints them.'),
              isMemoryOnly: flag('It has no memory that the page allocator may take for the kernel.'),
              latency: fig('How many times as long a line takes that comes from it.'),
              stream: fig(
                'How many times as long a line of many in a row takes; that of the latency if not given.',
              ).optional(),
            }),
          )
          .describe('Memory of other nodes, where it was measured.')
          .optional(),
        tlb: z
          .object({
            first: tlbs('Of the first level.'),
            second: tlbs('Of the second level.'),
            secondHit: fig('Cycles that a hit in the second level adds.'),
            walk: fig('Cycles of a walk whose tables are cached.'),
            nested: z
              .union([figure, z.literal('inside')])
              .describe(
                'How many times as long a walk takes under nested paging; inside where the CPU was measured with a hypervisor below it.',
              )
              .optional(),
            linearMap: z
              .object({ leafSize: count('Bytes.'), ...sourced })
              .describe('What a leaf of the linear map maps.'),
          })
          .describe('What holds translations.'),
        zero: stream('clear_page().'),
        fillString: stream('memset() of another value than zero, as a string instruction.').optional(),
        fillLoop: stream('The same as a loop of stores.'),
        scan: stream('memchr_inv(): loads of 8 bytes.'),
        throughput: throughput.optional(),
        barrier: z
          .object({ leaf: fig('Of a valid leaf.'), table: fig('Of an entry that points to a table.') })
          .describe('What follows the store.'),
        flush: z
          .object({
            all: flush("All of the kernel's translations, on every CPU."),
            range: flush('A range of kernel addresses.'),
            table: flush('The cached walks of a freed table.'),
          })
          .describe('Flushes that kernels make where they free the vmemmap.'),
        lockPair: fig('A spin lock taken and given back, nobody waiting.'),
        allocate: figures('alloc_pages() without zeroing, by order.'),
        free: figures('free_pages(), by order.'),
        hash: z
          .object({
            insert: fig('native_hpte_insert() without the lines of the group.'),
            tlbie: fig('tlbie with its barriers.'),
            hypercall: z.record(z.string(), figure).describe('One call of the hypervisor, by its name.'),
          })
          .describe('Hashed page table, where the CPU has one.')
          .optional(),
        figures: z
          .array(figure.extend({ name: text('The way to it in the profile.') }))
          .describe('Every figure of the profile.'),
      }),
    )
    .describe('The CPUs, with every figure.'),
});
