// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { alignDown, alignUp } from '../hardware/align.js';
import { outside } from '../hardware/ranges.js';
import { GIB } from '../hardware/units.js';
import { resolveTraits } from '../history/releases.js';
import { LEVELS } from '../hardware/page-table.js';
import {
  blockQuestion,
  memmapOnMemory,
  parseMemmapOnMemory,
  type MemmapOnMemoryMode,
  type MemmapOnMemoryRefusal,
} from '../mm/memmap-on-memory.js';
import type { MachineFacts, PlannedDevice } from './facts.js';
import { runStep, startRun, type Run, type StepReturn } from '../scenario/runner.js';
import { refuseTooLarge } from '../scenario/slips.js';
import { resolveScenario, type OtherKernel } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import type { MachineConfig } from '../../arch/machine-fields.js';
import { findArchitecture } from '../scenario/names.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { vmemmapWindow } from '../kernel/vmemmap-view.js';
import { InputError, parseWith } from '../scenario/input.js';
import type { ByteRange } from '../recordings/recorded-kernel.js';

/**
 * What happens on a given machine: its memory is booted in the emulator, a block is added in each way, its devices are
 * mapped, and the page tables are counted.
 */

/** Whether a mode of memmap_on_memory takes effect. */
export interface Verdict {
  mode: MemmapOnMemoryMode;
  verdict: 'yes' | 'no';
  reason: MemmapOnMemoryRefusal;
  /** The reason in words. */
  sentence: string;
  /** Base pages set aside at the start of a block. */
  memmapPages: number;
  /** Base pages set aside that the memmap does not need. */
  wastedPages: number;
}

/** What a piece of memmap takes. */
export interface MemmapCost {
  /** Leaves by level. */
  leaves: Record<string, number>;
  /** Base pages taken from system memory, tables included. */
  systemPages: number;
  /** Base pages taken from the memory that is described. */
  ownPages: number;
}

/** Neighbouring memory blocks that a plan says the same of. */
export interface PlannedBlock {
  /** First and last block. */
  first: number;
  last: number;
  /** First and last byte address, hex. */
  range: string;
  state: string;
  /** Memmap of one of these blocks, bytes. */
  memmapBytes: number;
  /** Whether such a block, when it is added, holds its memmap. */
  memmapOnMemory: { verdict: 'yes' | 'no'; reason: MemmapOnMemoryRefusal };
  /** What the list says of it today. */
  holdsMemmapNow?: boolean;
}

/** What the memmap of a machine takes on a release, and what each memory block could do with its own. */
export interface Plan {
  machine: {
    arch: string;
    kernel: string;
    pageSize: number;
    structPageSize: number;
    sectionSize: number;
    blockSize: number;
    mmu?: NonNullable<MachineConfig['mmu']>;
    /** Fields that nothing told, and that are the usual ones. */
    assumed: string[];
  };
  memoryBytes: number;
  /** struct pages of all sections, bytes. */
  memmapBytes: number;
  /** What the memmap and its tables take, bytes, and in per cent of the memory. */
  overheadBytes: number;
  overheadPercent: number;
  leaves: Record<string, number>;
  tables: Record<string, number>;
  memmapOnMemory: Verdict;
  /** The verdict for each value of the parameter. */
  modes: Record<'y' | 'force', Verdict>;
  blocks: PlannedBlock[];
  /** What adding one more block takes, for each value of the parameter. */
  hotAdd: (MemmapCost & { mode: MemmapOnMemoryMode; start: string; error?: string })[];
  devices: (MemmapCost & { name: string; size: number; mode: string; map: string; error?: string })[];
}

const PERCENT_DECIMALS = 3;

const kib = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let at = 0;
  let value = bytes;
  while (at < units.length - 1 && value >= 1024) {
    value /= 1024;
    at++;
  }
  return `${Number(value.toFixed(2))} ${units[at]!}`;
};

function sentenceOf(
  run: Run,
  refusal: MemmapOnMemoryRefusal,
  memmapBytes: number,
  memmapPages: number,
  wasted: number,
): string {
  const { kernel, memory } = run;
  const { platform, pageSize } = kernel;
  const memmap = `the memmap of a block is ${kib(memmapBytes)}`;
  switch (refusal) {
    case null: {
      const waste = wasted > 0 ? `, ${wasted} of them wasted` : '';
      return `${memmapPages} of the ${memory.blockPages} pages of each block hold its memmap${waste}`;
    }
    case 'no-arch-support':
      return 'this architecture has no memmap_on_memory in this release';
    case 'disabled':
      return 'memory_hotplug.memmap_on_memory is off';
    case 'hugetlb-optimized':
      return 'this release does not have it together with hugetlb_free_vmemmap';
    case 'size-not-block':
      return 'this release takes ranges of one block only';
    case 'memmap-not-page-aligned':
      return `${memmap}, no whole number of pages of ${kib(pageSize)}`;
    case 'not-pageblock-aligned':
      return `${memmap}, which does not fill whole pageblocks of ${kib(platform.pageblockPages * pageSize)}`;
    case 'whole-block':
      return 'the pages set aside would be all of the block';
    case 'arch':
      return `${memmap}; this architecture wants a multiple of ${kib(platform.pmdSize)}${platform.table === undefined ? ', and a page table' : ''}`;
  }
}

/** The verdict on what a release makes of a value of the parameter: before 6.6 "force" is no. */
function verdictOf(run: Run, mode: MemmapOnMemoryMode): Verdict {
  const { kernel, memory } = run;
  const effective = parseMemmapOnMemory(kernel.traits, mode);
  const { blockPages, hugetlbOptimized } = memory;
  const answer = memmapOnMemory(
    kernel.traits,
    blockQuestion(kernel, blockPages, blockPages, typeof effective === 'number' ? 'n' : effective, hugetlbOptimized),
  );
  const { refusal, memmapBytes, memmapPages, wastedPages } = answer;
  return {
    mode,
    verdict: refusal === null ? 'yes' : 'no',
    reason: refusal,
    sentence:
      refusal === 'disabled' && mode !== 'n'
        ? `this release takes the parameter for a boolean, and "${mode}" for no`
        : sentenceOf(run, refusal, memmapBytes, memmapPages, wastedPages),
    memmapPages,
    wastedPages,
  };
}

/** Leaves and tables of the vmemmap by level, without levels that have none. They are counted and not kept. */
function countMappings({ kernel }: Run): {
  leaves: Record<string, number>;
  tables: Record<string, number>;
  bytes: number;
} {
  const { start, end } = vmemmapWindow(kernel);
  const leaves: Record<string, number> = {};
  const tables: Record<string, number> = {};
  let bytes = 0;
  const count = (record: Record<string, number>, name: string): void => {
    record[name] = (record[name] ?? 0) + 1;
  };
  kernel.platform.visit(
    start,
    end,
    ({ level, size }) => {
      count(leaves, kernel.platform.table === undefined ? 'hpte' : LEVELS[level]);
      bytes += size;
    },
    ({ level }) => count(tables, LEVELS[level]),
  );
  return { leaves, tables: inOrder(tables), bytes };
}

/** Levels from the lowest up. */
const inOrder = (record: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(LEVELS.flatMap((level) => (record[level] === undefined ? [] : [[level, record[level]]])));

/** What the kernel answers, where it is not what was hoped for. */
const answerText = (ret: StepReturn): string => `the kernel answers ${ret ?? 'nothing'}`;

/** The steps are run until one is refused, and what they took is counted. */
function costOf(run: Run): { ret: StepReturn; cost: MemmapCost } {
  const { kernel } = run;
  const before = countMappings(run).leaves;
  const { allocPages, altmapAllocPages } = kernel.counters;
  let ret: StepReturn = 0;
  for (const step of run.scenario.steps) {
    ret = runStep(run, step);
    if (ret !== 0) break;
  }
  const after = countMappings(run).leaves;
  const leaves = Object.fromEntries(
    Object.entries(after)
      .map(([level, count]): [string, number] => [level, count - (before[level] ?? 0)])
      .filter(([, count]) => count !== 0),
  );
  return {
    ret,
    cost: {
      leaves,
      systemPages: kernel.counters.allocPages - allocPages,
      ownPages: kernel.counters.altmapAllocPages - altmapAllocPages,
    },
  };
}

/** Where RAM begins, on architectures whose machines say it. */
function ramStartOf({ arch, ram }: MachineFacts): { ramStart?: string } {
  const [first] = ram;
  if (first === undefined || !('ramStart' in (findArchitecture(arch).machineFields ?? {}))) return {};
  return { ramStart: hex(first.start) };
}

type StepInput = ScenarioInput['steps'][number];

/** A machine with the memory of the facts, and the steps before it. @throws ScenarioError, InputError */
function boot(facts: MachineFacts, kernel: OtherKernel, mode: MemmapOnMemoryMode, steps: StepInput[]): Run {
  const { arch, mmu, pagingLevels, pageSize, structPageSize, sectionSizeBits, vaBits, blockSize, ram } = facts;
  const input: ScenarioInput = {
    machine: {
      arch,
      mmu,
      pagingLevels,
      pageSize,
      structPageSize,
      sectionSizeBits,
      vaBits,
      blockSize,
      memmapOnMemory: mode,
      ...ramStartOf(facts),
      boot: ram.map(({ start, end }) => ({ start: hex(start), size: end - start, node: 0 })),
    },
    steps,
  };
  const scenario = resolveScenario(parseWith(scenarioSchema, input, 'the machine'), kernel);
  refuseTooLarge(scenario);
  return startRun(scenario);
}

/** Where the next DIMM may lie: behind all memory, and where no leaf of boot memory reaches. */
function behind({ ram, devices, blocks }: MachineFacts, unit: number): number {
  const ends = [
    ...ram.map(({ end }) => end),
    ...devices.flatMap(({ ranges }) => ranges.map(({ start, size }) => (start === undefined ? 0 : start + size))),
    ...blocks.map(({ end }) => end + 1),
  ];
  return alignUp(
    ends.reduce((most, end) => Math.max(most, end), 0),
    unit,
  );
}

/** A range that becomes system memory, in whole memory blocks; nothing where it has none. */
function systemRamStep(start: number, size: number, blockSize: number): StepInput[] {
  const first = alignUp(start, blockSize);
  const bytes = alignDown(start + size, blockSize) - first;
  return bytes > 0 ? [{ op: 'add-memory', start: hex(first), size: bytes, driver: 'kmem' }] : [];
}

/** How a device's memory gets struct pages, range by range. */
function deviceSteps(device: PlannedDevice, facts: MachineFacts): StepInput[] {
  const { name, mode, map, align, ranges, isNamespace } = device;
  const node = 0;
  return ranges.flatMap(({ start = behind(facts, GIB), size }, i): StepInput[] => {
    if (mode === 'system-ram') return systemRamStep(start, size, facts.blockSize);
    if (isNamespace) return [{ op: 'create-namespace', device: name, start: hex(start), size, mode, map, align, node }];
    // Each range of a device-dax instance is mapped by itself (dev_dax_probe).
    const id = ranges.length === 1 ? name : `${name} range ${i}`;
    return [{ op: 'memremap-pages', device: id, start: hex(start), size, compoundSize: align, node }];
  });
}

/** The memory of a machine without what a device has brought already: adding that again would be refused. */
function withoutDevice(facts: MachineFacts, { ranges }: PlannedDevice): MachineFacts {
  const ram = ranges.reduce<ByteRange[]>(
    (left, { start, size }) => (start === undefined ? left : outside(left, { start, end: start + size })),
    facts.ram,
  );
  return ram.length === 0 ? facts : { ...facts, ram };
}

const NO_COST: MemmapCost = { leaves: {}, systemPages: 0, ownPages: 0 };

/** Why nothing can be added to a kernel that knows boot memory only; undefined where memory can be. */
function bootOnlyOf(
  { arch }: MachineFacts,
  { release, traits = resolveTraits(release) }: OtherKernel,
): string | undefined {
  const why = findArchitecture(arch).withoutHotplug?.(traits);
  return why === undefined ? undefined : `${why}; in ${release.name} the memmap is populated at boot, and never after`;
}

function planDevice(facts: MachineFacts, kernel: OtherKernel, device: PlannedDevice): Plan['devices'][number] {
  const { name, size, mode, map } = device;
  const common = { name, size, mode, map };
  const nothing = { ...common, ...NO_COST };
  const bootOnly = bootOnlyOf(facts, kernel);
  if (bootOnly !== undefined) return { ...nothing, error: bootOnly };
  const without = mode === 'system-ram' ? withoutDevice(facts, device) : facts;
  const steps = deviceSteps(device, without);
  if (steps.length === 0) return { ...nothing, error: 'no range of it has a whole memory block' };
  try {
    const { ret, cost } = costOf(boot(without, kernel, facts.memmapOnMemory, steps));
    return ret === 0 ? { ...common, ...cost } : { ...common, ...cost, error: answerText(ret) };
  } catch (error) {
    if (!(error instanceof ScenarioError || error instanceof InputError)) throw error;
    return { ...nothing, error: error.message };
  }
}

/** Runs of blocks, with what their sections' memmap takes. */
function planBlocks(run: Run, facts: MachineFacts, verdict: Verdict): PlannedBlock[] {
  const { kernel, memory } = run;
  const { pagesPerSection, structPageSize, pageSize, sections } = kernel;
  const { blockPages } = memory;
  const sectionsPerBlock = blockPages / pagesPerSection;
  const memmapOf = (id: number): number => {
    let present = 0;
    for (let s = 0; s < sectionsPerBlock; s++) if (sections.isValid(id * sectionsPerBlock + s)) present++;
    return present * pagesPerSection * structPageSize;
  };
  const rows: PlannedBlock[] = [];
  for (const { start, end, state, memmapOnMemory: now } of facts.blocks) {
    const first = Math.floor(start / (blockPages * pageSize));
    const last = Math.floor(end / (blockPages * pageSize));
    for (let id = first; id <= last; id++) {
      const memmapBytes = memmapOf(id);
      const previous = rows[rows.length - 1];
      const same =
        previous?.last === id - 1 &&
        previous.state === state &&
        previous.memmapBytes === memmapBytes &&
        previous.holdsMemmapNow === now;
      if (same) previous.last = id;
      else {
        const { verdict: answer, reason } = verdict;
        rows.push({
          first: id,
          last: id,
          range: '',
          state,
          memmapBytes,
          memmapOnMemory: { verdict: answer, reason },
          ...(now !== undefined && { holdsMemmapNow: now }),
        });
      }
    }
  }
  const bytes = blockPages * pageSize;
  return rows.map((row) => ({ ...row, range: `${hex(row.first * bytes)}-${hex((row.last + 1) * bytes - 1)}` }));
}

/**
 * What happens on a machine under a kernel.
 * @throws ScenarioError where such a machine cannot be
 */
export function planOf(facts: MachineFacts, kernel: OtherKernel): Plan {
  const start = hex(behind(facts, GIB));
  const oneBlock = { op: 'add-memory' as const, start, size: facts.blockSize };
  const bootOnly = bootOnlyOf(facts, kernel);
  const idle = { op: 'use' as const, start: hex(facts.ram[0]!.start), size: facts.pageSize };
  const run = boot(facts, kernel, facts.memmapOnMemory, [bootOnly === undefined ? oneBlock : idle]);
  const { config } = run.scenario.machine;
  const { leaves, tables, bytes } = countMappings(run);
  const tablePages = Object.entries(tables).reduce((sum, [level, count]) => {
    const index = (LEVELS as readonly string[]).indexOf(level) as 0 | 1 | 2 | 3 | 4;
    return sum + count * (run.kernel.platform.tablePages?.(index) ?? 1);
  }, 0);
  const overheadBytes = bytes + tablePages * config.pageSize;
  const memoryBytes = facts.ram.reduce((sum, range) => sum + (range.end - range.start), 0);
  const verdict = verdictOf(run, facts.memmapOnMemory);
  const sectionCount = run.kernel.sections.present;
  const hotAdd = (['n', 'y', 'force'] as const).map((mode) => {
    if (bootOnly !== undefined) return { mode, start, ...NO_COST, error: bootOnly };
    const { ret, cost } = costOf(boot(facts, kernel, mode, [oneBlock]));
    return { mode, start, ...cost, ...(ret === 0 ? {} : { error: answerText(ret) }) };
  });
  return {
    machine: {
      arch: config.arch,
      kernel: config.kernel,
      pageSize: config.pageSize,
      structPageSize: config.structPageSize,
      sectionSize: 2 ** config.sectionSizeBits,
      blockSize: facts.blockSize,
      ...(config.mmu && { mmu: config.mmu }),
      assumed: [...facts.assumed],
    },
    memoryBytes,
    memmapBytes: sectionCount * run.kernel.pagesPerSection * config.structPageSize,
    overheadBytes,
    overheadPercent: Number(((overheadBytes * 100) / memoryBytes).toFixed(PERCENT_DECIMALS)),
    leaves,
    tables,
    memmapOnMemory: verdict,
    modes: { y: verdictOf(run, 'y'), force: verdictOf(run, 'force') },
    blocks: planBlocks(run, facts, verdict),
    hotAdd,
    devices: facts.devices.map((device) => planDevice(facts, kernel, device)),
  };
}
