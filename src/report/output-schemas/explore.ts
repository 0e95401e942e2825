// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import {
  arch,
  bugName,
  count,
  flag,
  mmu,
  named,
  number,
  orNull,
  pageSize,
  release,
  scenario,
  structPageSize,
  text,
  texts,
} from './fields.js';
import { finding } from './finding.js';

/** What is printed of searches over machines and sequences: validate, explore and merge. */

const size = (words: string) => z.union([z.int(), z.string()]).describe(words).optional();

export const validate = z.object({
  schema: named('vmemmap/validate/v1'),
  cells: z
    .array(
      z.object({
        arch,
        pageSize,
        mmu: orNull('MMU, where the architecture has several.'),
        structPageSize,
        shape: text('Shape of the altmap.'),
        release,
        verdict: z.enum(['supported', 'ignored', 'refused', 'broken', 'untestable']).describe('What becomes of it.'),
        reason: text('A sentence for people.'),
        breaks: texts('Invariants that break, in the order of the steps.').optional(),
      }),
    )
    .describe('A machine, a release and a shape of altmap each.'),
});

export const explore = z.object({
  schema: named('vmemmap/explore/v2'),
  machine: z
    .object({
      arch: arch.optional(),
      kernel: release.optional(),
      pageSize: size('PAGE_SIZE, bytes or as text.'),
      mmu: mmu.optional(),
      structPageSize: structPageSize.optional(),
      blockSize: size('memory_block_size_bytes(), bytes or as text.'),
    })
    .describe('What the command line says of the machine.'),
  sections: count('Ranges next to each other that are added and removed.'),
  units: texts('What is added and removed: whole sections, halves, subsections, blocks.'),
  altmaps: texts('Where memmap may lie: in system memory, in an altmap of the range, in one for all.'),
  memory: texts('What memory may hold that becomes memmap.'),
  start: count('First address that is explored, bytes; where it is not given, the usual one.').optional(),
  sectionBytes: count('Bytes of a range, where they are not a section.').optional(),
  compoundSize: count('Bytes of a compound page of device memory.').optional(),
  expect: texts('Expectations that are asked beside the invariants; none if absent.').optional(),
  fail: flag('Allocations fail, too.'),
  depth: count('Steps of the longest sequence.'),
  shard: z
    .object({ index: count('Which, from 1.'), count: count('Of how many.') })
    .optional()
    .describe('The part of the sequences that was tried; all if absent.'),
  complete: flag('All sequences were tried.'),
  ended: orNull('What ended it before: states, memory, asked or interrupted.'),
  states: count('States that are not alike.'),
  statesByDepth: z.array(z.int()).describe('States that the sequences of each length reach first.'),
  steps: count('Steps that were run.').optional(),
  walks: count('Random walks beyond the depth.').optional(),
  seconds: number('Seconds on the clock.').optional(),
  cpuSeconds: number('Seconds of all processors.').optional(),
  statesPerSecond: number('States a second on the clock.').optional(),
  stepsPerCpuSecond: number('Steps a second of a processor.').optional(),
  bytesPerState: number('Bytes that a visited state takes.').optional(),
  violations: z
    .array(
      finding.extend({
        function: orNull('The kernel function at fault.'),
        entry: orNull('The entry that it is about, by its level and the end of its address.'),
        length: count('Steps of the shortest sequence.'),
        releases: texts('Releases on which the sequence shows the same.'),
        like: z.array(bugName).describe('Entries of the catalogue that show the same.'),
        follows: z.array(bugName).describe('Entries whose fault comes before it in the sequence.'),
        scenario,
      }),
    )
    .describe('Each kind of violation, by its shortest sequence.'),
});
