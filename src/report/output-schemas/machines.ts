// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import {
  arch,
  count,
  counts,
  flag,
  machine,
  mmu,
  named,
  number,
  orNull,
  pageSize,
  release,
  returned,
  scenario,
  scenarioName,
  stepIndex,
  structPageSize,
  text,
  texts,
  whole,
} from './fields.js';

/** What is printed of machines: arch, plan and qemu. */

export const architectures = z.object({
  schema: named('vmemmap/arch/v1'),
  architectures: z
    .array(
      z.object({
        name: arch,
        structPageSizes: whole('Sizes of struct page that are modelled, bytes.'),
        configurations: z
          .array(
            z.object({
              title: text('For people.'),
              pageSize,
              pagingLevels: machine.shape.pagingLevels,
              vaBits: machine.shape.vaBits,
              mmu: mmu.optional(),
              vaBitsActual: count('Bits of a virtual address that the hardware has.').optional(),
              levels: z
                .array(
                  z.object({
                    name: text('The level of the entries.'),
                    bits: count('Bits of an address that index the table.'),
                    shift: count('Bits of an address below them.'),
                  }),
                )
                .describe('Levels of the page table, root first; none where no table maps the vmemmap.'),
              leafSizes: whole('Sizes of leaves of the vmemmap, bytes.'),
              sectionSizeBits: machine.shape.sectionSizeBits,
              vmemmapBase: machine.shape.vmemmapBase,
              groundTruth: text('Which recordings say what it does.'),
            }),
          )
          .describe('What its kernels may be built as.'),
      }),
    )
    .describe('The architectures, or the one that was asked for.'),
});

const memmapCost = {
  leaves: counts('Leaves that it takes, by level.'),
  systemPages: count('Base pages of system memory.'),
  ownPages: count('Base pages of its own memory.'),
  error: text('What the kernel answers, where it refuses.').optional(),
};
const blockVerdict = {
  verdict: text('Whether a block can hold its own memmap.'),
  reason: orNull('Why it cannot.'),
};
const ownMemmap = z.object({
  mode: text('The parameter memory_hotplug.memmap_on_memory.'),
  ...blockVerdict,
  sentence: text('The verdict for people.'),
  memmapPages: count('Base pages of the memmap of a block.'),
  wastedPages: count('Base pages that are set aside beside it.'),
});

const planned = {
  machine: z
    .object({
      arch,
      kernel: release,
      pageSize,
      structPageSize,
      sectionSize: count('Bytes of a section.'),
      blockSize: count('Bytes of a memory block.'),
      mmu: mmu.optional(),
      assumed: texts('Facts that no list gave, and that are taken as usual.'),
    })
    .describe('The machine.'),
  memoryBytes: count('Bytes of system memory.'),
  memmapBytes: count('Bytes of its struct pages.'),
  overheadBytes: count('Bytes of leaves and tables.'),
  overheadPercent: number('The same of the memory, percent.'),
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
        holdsMemmapNow: flag('Whether it does, where a list tells.').optional(),
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
};

export const plan = z.object({
  schema: named('vmemmap/plan/v1'),
  ...planned,
  current: z.object(planned).describe('The same on the kernel that runs, where another was asked about.').optional(),
  bugs: z
    .array(
      z.object({
        id: text('Number of the entry.'),
        name: text('Its name.'),
        title: text('One line.'),
        endedBy: orNull('The next release that has it no more; null where none is.'),
      }),
    )
    .describe('Entries of the catalogue that show on the machine.'),
  remarks: texts('What is taken for granted, and what is not known.'),
});

const command = {
  where: z.enum(['monitor', 'guest']).describe("QEMU's monitor, or a shell of the guest."),
  line: text('The command.'),
};
const commands = (words: string) => z.array(z.object(command)).describe(words);

export const qemu = z.object({
  schema: named('vmemmap/qemu/v1'),
  name: scenarioName,
  kernel: z
    .object({
      release,
      debian: text('A Debian package that is such a kernel.').optional(),
      source: text('Where the source is.'),
      options: texts('Kconfig options.'),
      needs: texts('What else it takes.'),
    })
    .describe('The kernel that is booted.'),
  commandLine: text('What the kernel is told.'),
  host: texts('What a shell of the host does first.'),
  qemu: text('The command line of QEMU.'),
  setup: commands('What is done before the first step.'),
  steps: z
    .array(
      z.object({
        step: stepIndex,
        text: text('The step.'),
        commands: commands('What makes the kernel do it.'),
        returns: returned.optional(),
        leaves: texts('Leaves of the memmap that the model says are there afterwards.'),
        looks: z
          .array(
            z.object({
              ...command,
              when: z.enum(['before', 'after']).describe('Before or after the commands of the step.'),
              broken: text('What it says where the kernel is broken.'),
              fine: text('What it says where the kernel is not.'),
            }),
          )
          .describe('What shows a finding.'),
      }),
    )
    .describe('The steps of the scenario.'),
  findings: z
    .array(
      z.object({
        step: stepIndex,
        invariant: text('The invariant that the step breaks.'),
        text: text('A sentence for people.'),
        onGuest: text(
          'What the model of the guest complains of; absent where it finds nothing of the kind.',
        ).optional(),
        canBeSeen: flag('A command of the monitor or the guest shows it.'),
      }),
    )
    .describe('What the scenario shows.'),
  ptdump: text('Where the kernel shows its page tables.').optional(),
  scenario,
});
