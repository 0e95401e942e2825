// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { LEVELS } from '../hardware/page-table.js';
import {
  blockQuestion,
  memmapOnMemory,
  type MemmapOnMemoryMode,
  type MemmapOnMemoryRefusal,
} from '../mm/memmap-on-memory.js';
import type { MachineFacts, PlannedDevice } from './facts.js';
import { runStep, startRun, type Run, type StepReturn } from '../scenario/runner.js';
import { resolveScenario, type OtherKernel } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { findArchitecture } from '../scenario/names.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { countTables, vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';

/**
 * What happens on a given machine: its memory is booted in the emulator, a block is added in each way, its devices are
 * mapped, and the page tables are counted.
 */

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
    mmu?: 'radix' | 'hash';
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
  hotAdd: (MemmapCost & { mode: MemmapOnMemoryMode; start: string })[];
  devices: (MemmapCost & { name: string; size: number; mode: string; map: string; error?: string })[];
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const GIB = 2 ** 30;
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

function verdictOf(run: Run, mode: MemmapOnMemoryMode): Verdict {
  const { kernel, memory } = run;
  const { blockPages, hugetlbOptimized } = memory;
  const answer = memmapOnMemory(kernel.traits, blockQuestion(kernel, blockPages, blockPages, mode, hugetlbOptimized));
  const { refusal, memmapBytes, memmapPages, wastedPages } = answer;
  return {
    mode,
    verdict: refusal === null ? 'yes' : 'no',
    reason: refusal,
    sentence: sentenceOf(run, refusal, memmapBytes, memmapPages, wastedPages),
    memmapPages,
    wastedPages,
  };
}

/** Leaves and tables of the vmemmap by level, without levels that have none. */
function countMappings({ kernel }: Run): {
  leaves: Record<string, number>;
  tables: Record<string, number>;
  bytes: number;
} {
  const { leaves, tables } = walkVmemmap(kernel, vmemmapWindow(kernel));
  const byLevel: Record<string, number> = {};
  let bytes = 0;
  for (const { level, size } of leaves) {
    const name = kernel.platform.table !== undefined ? LEVELS[level] : 'hpte';
    byLevel[name] = (byLevel[name] ?? 0) + 1;
    bytes += size;
  }
  const used = countTables(tables).flatMap((count, level): [string, number][] =>
    count > 0 ? [[LEVELS[level]!, count]] : [],
  );
  return { leaves: byLevel, tables: Object.fromEntries(used), bytes };
}

/** The step is run, and what it took is counted. */
function costOf(run: Run): { ret: StepReturn; cost: MemmapCost } {
  const { kernel } = run;
  const before = countMappings(run).leaves;
  const { allocPages, altmapAllocPages } = kernel.counters;
  const ret = runStep(run, run.scenario.steps[0]!);
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

/** A machine with the memory of the facts, and one step before it. */
function boot(
  facts: MachineFacts,
  kernel: OtherKernel,
  mode: MemmapOnMemoryMode,
  step: ScenarioInput['steps'][number],
): Run {
  const { arch, mmu, pageSize, structPageSize, sectionSizeBits, vaBits, blockSize, ram } = facts;
  const scenario = scenarioSchema.parse({
    machine: {
      arch,
      mmu,
      pageSize,
      structPageSize,
      sectionSizeBits,
      vaBits,
      blockSize,
      memmapOnMemory: mode,
      ...ramStartOf(facts),
      boot: ram.map(({ start, end }) => ({ start: hex(start), size: end - start, node: 0 })),
    },
    steps: [step],
  });
  return startRun(resolveScenario(scenario, kernel));
}

/** Where the next DIMM may lie: behind all memory, and where no leaf of boot memory reaches. */
const behind = ({ ram, devices, blocks }: MachineFacts, unit: number): number =>
  alignUp(
    Math.max(
      0,
      ...ram.map(({ end }) => end),
      ...devices.map(({ start, size }) => (start ?? 0) + size),
      ...blocks.map(({ end }) => end + 1),
    ),
    unit,
  );

function planDevice(facts: MachineFacts, kernel: OtherKernel, device: PlannedDevice): Plan['devices'][number] {
  const start = device.start ?? behind(facts, GIB);
  const { name, size, mode, map, align } = device;
  const common = { name, size, mode, map };
  const step: ScenarioInput['steps'][number] =
    mode === 'system-ram'
      ? {
          op: 'add-memory',
          start: hex(alignUp(start, facts.blockSize)),
          size: alignDown(start + size, facts.blockSize) - alignUp(start, facts.blockSize),
          driver: 'kmem',
        }
      : {
          op: 'create-namespace',
          device: name,
          start: hex(start),
          size,
          mode: mode === 'devdax' ? 'devdax' : 'fsdax',
          map,
          align,
        };
  try {
    const { ret, cost } = costOf(boot(facts, kernel, facts.memmapOnMemory, step));
    return ret === 0 ? { ...common, ...cost } : { ...common, ...cost, error: `the kernel answers ${ret ?? 'nothing'}` };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { ...common, leaves: {}, systemPages: 0, ownPages: 0, error: error.message };
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
  const run = boot(facts, kernel, facts.memmapOnMemory, oneBlock);
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
    const { cost } = costOf(boot(facts, kernel, mode, oneBlock));
    return { mode, start, ...cost };
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
