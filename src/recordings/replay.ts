// SPDX-License-Identifier: GPL-2.0-only

import { low52 } from '../hardware/low-bits.js';
import type { Release } from '../history/releases.js';
import { alignDown, alignUp } from '../hardware/align.js';
import { type Kernel, pfnToPage } from '../kernel/kernel.js';
import { type AddressRange, AddressText } from '../kernel/vmemmap-view.js';
import { iomemLines } from '../mm/resource.js';
import { runStep, startRun } from '../scenario/runner.js';
import { findMachine } from '../scenario/names.js';
import { resolveScenario } from '../scenario/scenario.js';
import { compareMemory, compareStep, type Difference, leafSize, type Replay } from './compare-kernel.js';
import { act, UnknownAction } from './recorded-actions.js';
import { partMemory, RecordedFrames, type RecordedLeaves } from './recorded-frames.js';
import {
  BOOT_RAM,
  bootRanges,
  type ByteRange,
  expandLeaves,
  largeLeafFrames,
  type RecordedKernel,
  type RecordedLeaf,
  type RecordedStep,
  systemRamLines,
} from './recorded-kernel.js';
import { thrownIn, type Failure } from './vectors.js';

/**
 * Replays what was done to a booted kernel and compares the page tables after each step, as far as they map the memmap
 * of system RAM, devices and hot-added memory. Frames of system memory cannot agree, since a booted kernel has used its memory
 * before: those of large leaves are taken from the recording, of base pages their owner must agree, and which leaves share one.
 * Tables are counted over the whole vmemmap window; those that
 * serve something else at boot are taken off.
 */

/** MMU_PAGE_4K, _64K and _16M: the kernel's numbers of page sizes of the hash MMU (arch/powerpc/include/asm/mmu.h). */
const HASH_PAGE_BYTES: Readonly<Record<number, number>> = { 0: 4096, 2: 65536, 10: 2 ** 24 };

function startReplay(recorded: RecordedKernel, release?: Release): Replay {
  const ram = bootRanges(recorded);
  const page = recorded.pageSize;
  const scenario = resolveScenario(
    {
      name: recorded.kernelRelease,
      title: undefined,
      machine: {
        arch: findMachine(recorded.arch, 'arch').name,
        kernel: recorded.kernelRelease,
        pageSize: page,
        structPageSize: recorded.structPage.bytes,
        vmemmapBase: recorded.vmemmapBase === undefined ? undefined : BigInt(recorded.vmemmapBase),
        pagingLevels: recorded.pagingLevels ?? recorded.levels ?? asceLevels(recorded.asce),
        vmemmapPageSize: HASH_PAGE_BYTES[recorded.mmuVmemmapPsizeIndex ?? -1],
        htabSizeBytes: recorded.steps[0]!.hptBytes ?? undefined,
        hugeVmemmap: !recorded.notes.some((note) => note.includes('no enhanced-DAT facility')),
        vaBits: recorded.vaBits,
        mmu: recorded.mmu,
        recycledPages: 'keep',
        memmapOnMemory: memmapOnMemoryMode(recorded.memmapOnMemoryParam),
        hugetlbOptimized: recorded.kernelCommandLine.includes('hugetlb_free_vmemmap=on'),
        movableNodes: [],
        nvdimmKmsan: false,
        blockSize: recorded.blockSizeBytes,
        resources: [],
        boot: ram.map(({ start, end }) => ({
          start: alignUp(start, page),
          size: alignDown(end, page) - alignUp(start, page),
          node: 0,
        })),
      },
      altmaps: {},
      steps: [],
      failAllocations: [],
    },
    release && { release },
  );
  const { machine } = scenario;
  const blockBytes = page * 2 ** machine.architecture.maxOrder(page);
  const named = recorded.steps.flatMap((step) => largeLeafFrames(step.leaves ?? [], blockBytes));
  const { own, others } = partMemory(ram, named, blockBytes, page);
  const frames = new RecordedFrames([own, ...others], page);
  const { architecture } = machine;
  const run = startRun({
    ...scenario,
    machine: {
      ...machine,
      architecture: {
        ...architecture,
        platform: (parts, config) => {
          const platform = architecture.platform(parts, config);
          frames.startStep(ramLeaves(leavesOf(recorded, recorded.steps[0]!, leafSize(platform))), true);
          return platform;
        },
        code: (kernel, platform, config) => frames.follow(architecture.code(kernel, platform, config), platform),
      },
      ramBasePfn: own.basePfn,
      ramPages: own.nrPages,
      otherRam: others,
      chooser: frames,
    },
  });
  return {
    recorded,
    run,
    text: new AddressText(machine.config.vmemmapBase),
    frames,
    guest: { memory: new Map(), addedByBlock: new Set(), systemRam: new Set(), raw: new Set() },
    choices: { foldedPages: 0, refusedBlocks: 0, refusedRemovals: 0, returnedBlocks: 0 },
    bootRam: systemRamLines(iomemLines(run.memory.iomem)),
    devices: [],
    leaves: [],
    known: knownMemmap(recorded, run.kernel, ram),
    otherTables: [0, 0, 0, 0, 0],
  };
}

/** Leaves after a step. @param sizeOf bytes that a leaf of a level maps */
function leavesOf(recorded: RecordedKernel, step: RecordedStep, sizeOf: (level: string) => number): RecordedLeaf[] {
  const from = step.leavesSameAsStep ?? undefined;
  return expandLeaves((from === undefined ? step.leaves : recorded.steps[from]?.leaves) ?? [], sizeOf);
}

/** Leaves that lie in memory since boot, by their addresses. */
const ramLeaves = (leaves: readonly RecordedLeaf[]): RecordedLeaves =>
  new Map(
    leaves.flatMap((leaf): [number, RecordedLeaf][] => (leaf.owner === BOOT_RAM ? [[low52(leaf.start), leaf]] : [])),
  );

/** Memmap that the recording accounts for: of system RAM at boot, section by section, of devices and of added memory. */
function knownMemmap(recorded: RecordedKernel, kernel: Kernel, ram: readonly ByteRange[]): AddressRange[] {
  const address = (byte: number): number => pfnToPage(kernel, Math.floor(byte / kernel.pageSize));
  const sectionBytes = kernel.pagesPerSection * kernel.pageSize;
  return [
    ...ram.map(({ start, end }) => ({
      start: address(alignDown(start, sectionBytes)),
      end: address(alignUp(end, sectionBytes)),
    })),
    ...recorded.steps.flatMap(({ action, devices }) => [
      ...(devices ?? []).map(({ start, end }) => ({ start: address(start), end: address(end + 1) })),
      ...(action.op === 'add-memory'
        ? [{ start: address(action.start), end: address(action.start + action.size) }]
        : []),
    ]),
  ];
}

/** Levels that an address-space-control element of s390 designates: 3 for a region-third table, and so on. */
function asceLevels(asce: string | undefined): number | undefined {
  const DESIGNATION_TYPE = 0xc;
  return asce === undefined ? undefined : 2 + (Number(asce) & DESIGNATION_TYPE) / 4;
}

/** The parameter as /sys/module/memory_hotplug/parameters/memmap_on_memory reads. */
function memmapOnMemoryMode(parameter: string): 'n' | 'y' | 'force' {
  if (parameter === 'force') return 'force';
  return parameter === 'Y' || parameter === '1' ? 'y' : 'n';
}

/** The guest kernel died in a step that failed and left no block to be listed. */
const guestDied = (step: RecordedStep): boolean => step.ok === false && (step.memoryBlocks ?? []).length === 0;

/** What came of the replay of a recorded kernel. */
export interface ReplayVerdict {
  /** The first difference; undefined if there is none. */
  failure: Failure | undefined;
  /** What was taken from the recording in place of working it out, in words. */
  inputs: string[];
}

/**
 * Replays a recorded kernel.
 * @param name how the case is called in a failure
 * @param release what runs it; the release that it names if not given
 */
export function replayRecordedKernel(recorded: RecordedKernel, name: string, release?: Release): ReplayVerdict {
  let replay: Replay;
  try {
    replay = startReplay(recorded, release);
  } catch (error) {
    return { failure: thrownIn(name, error), inputs: [] };
  }
  let failure: Failure | undefined;
  try {
    failure = compareReplay(replay, name);
  } catch (error) {
    failure = thrownIn(name, error);
  }
  return { failure, inputs: inputsOf(replay) };
}

function compareReplay(replay: Replay, name: string): Failure | undefined {
  for (const [index, step] of replay.recorded.steps.entries()) {
    const difference = replayStep(replay, step);
    if (difference !== undefined) return { name, step: index, ...difference };
    if (replay.run.stopped !== undefined) break;
  }
  return undefined;
}

/** The first difference of a recorded kernel, or undefined. Parameters as for {@link replayRecordedKernel}. */
export const verifyRecordedKernel = (recorded: RecordedKernel, name: string, release?: Release): Failure | undefined =>
  replayRecordedKernel(recorded, name, release).failure;

function replayStep(replay: Replay, step: RecordedStep): Difference | undefined {
  const { recorded, run, frames, guest, choices } = replay;
  replay.devices = step.devices ?? [];
  replay.leaves = leavesOf(recorded, step, leafSize(run.kernel.platform));
  if (step.action.op !== 'boot') frames.startStep(ramLeaves(replay.leaves), false);
  try {
    act({ run, frames, guest, choices, devices: replay.devices, leaves: replay.leaves }, step, (next) =>
      runStep(run, next),
    );
  } catch (error) {
    if (!(error instanceof UnknownAction)) throw error;
    return { field: 'action', expected: step.step, actual: `it cannot be replayed: ${error.message}` };
  }
  const died = run.stopped !== undefined;
  const difference = compareStep(replay, step) ?? (died ? undefined : compareMemory(replay, step));
  if (difference !== undefined || died === guestDied(step)) return difference;
  return {
    field: 'ok',
    expected: died ? 'the kernel lives' : 'the kernel dies',
    actual: died ? `it dies: ${run.stopped}` : 'it lives',
  };
}

function inputsOf({ frames, choices }: Replay): string[] {
  const { leaves, refused } = frames.taken;
  const { foldedPages, refusedBlocks, refusedRemovals, returnedBlocks } = choices;
  return [
    [leaves, 'frames of large leaves'],
    [refused, 'large leaves that were not to be had'],
    [foldedPages, 'HugeTLB pages that were folded'],
    [refusedBlocks, 'memory blocks whose pages could not be moved'],
    [refusedRemovals, 'devices whose pages could not be moved'],
    [returnedBlocks, 'memory blocks that went and came back'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${what}: ${count}`]));
}
