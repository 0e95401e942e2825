// SPDX-License-Identifier: GPL-2.0-only

import type { Release } from '../history/releases.js';
import { alignDown, alignUp } from '../hardware/align.js';
import { type Kernel, pfnToPage } from '../kernel/kernel.js';
import { type AddressRange, AddressText } from '../kernel/vmemmap-view.js';
import { iomemLines } from '../mm/resource.js';
import { runStep, startRun } from '../scenario/runner.js';
import { resolveScenario } from '../scenario/scenario.js';
import { compareMemory, compareStep, type Difference, leafSize, LOW_52_BITS, type Replay } from './compare-kernel.js';
import { act, UnknownAction } from './recorded-actions.js';
import { partMemory, RecordedFrames, type RecordedLeaves } from './recorded-frames.js';
import {
  BOOT_RAM,
  bootRanges,
  type ByteRange,
  expandLeaves,
<<<<<<< HEAD
  hugePagesAsked,
  isRawNamespace,
  meminfoKb,
  type RecordedAction,
=======
  largeLeafFrames,
>>>>>>> main
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

/** The emulator's rooms by what uname -m prints, where the two differ. */
export const ARCH_OF_MACHINE: Readonly<Record<string, string>> = { ppc64le: 'ppc64', s390x: 's390' };

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
        arch: ARCH_OF_MACHINE[recorded.arch] ?? recorded.arch,
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
        otherPageTables: 0,
        currentPageTable: 0,
        recycledPages: 'keep',
        memmapOnMemory: memmapOnMemoryMode(recorded.memmapOnMemoryParam),
        hugetlbOptimized: recorded.kernelCommandLine.includes('hugetlb_free_vmemmap=on'),
        nvdimmKmsan: false,
        blockSize: recorded.blockSizeBytes,
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
<<<<<<< HEAD
    scenario,
    kernel,
    text: new AddressText(scenario.machine.config.vmemmapBase),
    drivers: createDevices(memory),
    bootRam: systemRamLines(iomemLines(memory.iomem)),
    memory: new Map(),
    addedByBlock: new Set(),
    systemRam: new Set(),
    raw: new Set(),
    held: [],
=======
    run,
    text: new AddressText(machine.config.vmemmapBase),
    frames,
    guest: { memory: new Map(), addedByBlock: new Set(), systemRam: new Set() },
    choices: { foldedPages: 0, refusedBlocks: 0, refusedRemovals: 0, returnedBlocks: 0 },
    bootRam: systemRamLines(iomemLines(run.memory.iomem)),
>>>>>>> main
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
    leaves.flatMap((leaf): [number, RecordedLeaf][] =>
      leaf.owner === BOOT_RAM ? [[Number(leaf.start & LOW_52_BITS), leaf]] : [],
    ),
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

<<<<<<< HEAD
function act(replay: Replay, action: RecordedAction, recordedStep: RecordedStep): void {
  const { recorded, memory, drivers } = replay;
  const page = recorded.pageSize;
  switch (action.op) {
    case 'boot':
      followRawNamespaces(replay, recordedStep);
      return;
    case 'none':
      followRawNamespaces(replay, recordedStep);
      makeScarce(replay, recordedStep);
      askForHugePages(replay, recordedStep);
      return;
    case 'add-memory': {
      const range = { pfn: action.start / page, nrPages: action.size / page };
      memory.set(action.device, range);
      if (action.onlinedByPlatform) addLmbs(replay, action.device, range);
      else addMemory(drivers.memory, acpiRequest(replay, range));
      return;
    }
    case 'remove-memory': {
      // Where a page could not be moved away the platform gave up, and put back what it had taken.
      if (recordedStep.ok === false) return;
      const range = known(memory, action.device);
      const unit = replay.addedByBlock.has(action.device) ? replay.scenario.blockPages : range.nrPages;
      for (let pfn = range.pfn; pfn < range.pfn + range.nrPages; pfn += unit) {
        offlineAndRemoveMemory(drivers.memory, pfn, unit);
      }
      memory.delete(action.device);
      replay.systemRam.delete(action.device);
      return;
    }
    case 'online':
      for (const device of devicesOf(replay, action)) online(replay, device, action.zone ?? 'auto');
      return;
    case 'offline':
      for (const device of devicesOf(replay, action)) {
        const range = known(memory, device);
        const refused = refusedBlocks(recordedStep);
        for (const block of memoryBlocksOf(drivers.memory, range.pfn, range.nrPages)) {
          // Whether the guest could move its pages away is nothing that a memmap knows.
          drivers.memory.faults = new Faults(refused.includes(block.id) ? { unmovable: 1 } : {});
          offlineBlock(drivers.memory, block);
        }
        drivers.memory.faults = new Faults();
      }
      return;
    case 'create-namespace': {
      const device = replay.devices.find((d) => d.id === action.device);
      if (device === undefined) throw new UnknownAction(`no device ${action.device}`);
      const { start, end } = device;
      createNamespaceDevice(drivers, { ...action, start, size: end + 1 - start, node: 0 });
      return;
    }
    case 'destroy-namespace':
      replay.raw.delete(action.device);
      destroyNamespaceDevice(drivers, action.device);
      return;
    case 'kmem': {
      const namespace = known(drivers.namespaces, action.device);
      kmem(drivers, action.device, action.memmapOnMemory);
      if (namespace.kmem === null) return;
      memory.set(action.device, { pfn: namespace.kmem.start / page, nrPages: namespace.kmem.size / page });
      return;
    }
    case 'kmem-release':
      kmemRelease(drivers, action.device);
      memory.delete(action.device);
      return;
    case 'virtio-mem': {
      const [device] = replay.devices;
      if (device === undefined) throw new UnknownAction('no virtio-mem device');
      const region = { start: device.start, size: device.end + 1 - device.start };
      resizeVirtioMem(drivers, device.id, region, action.requested);
      const plugged = drivers.virtioMem.get(device.id)?.size ?? 0;
      if (plugged > 0) memory.set(device.id, { pfn: device.start / page, nrPages: plugged / page });
      else memory.delete(device.id);
      return;
    }
  }
}

/** Maps and unmaps raw namespaces of pmem-region nodes as /proc/iomem says that the guest did. */
function followRawNamespaces(replay: Replay, step: RecordedStep): void {
  const { drivers, raw } = replay;
  if (step.iomem == null) return;
  for (const { id, start, end } of replay.devices) {
    const isBound = isRawNamespace(step.iomem, start, end);
    if (isBound && !raw.has(id)) {
      raw.add(id);
      const size = end + 1 - start;
      createNamespaceDevice(drivers, { device: id, start, size, mode: 'raw', map: 'mem', align: size, node: 0 });
    } else if (!isBound && raw.delete(id)) {
      destroyNamespaceDevice(drivers, id);
    }
  }
}

/** HugeTLB pages that the guest got, or gave back. */
function askForHugePages(replay: Replay, step: RecordedStep): void {
  const asked = hugePagesAsked(step);
  const { memory } = replay.drivers;
  if (asked === undefined) return;
  if (asked.count === 0) {
    hugetlbVmemmapRestore(memory, [...memory.hugetlbPages.keys()]);
    return;
  }
  const nrPages = asked.size / replay.kernel.pageSize;
  const pages = foldedPages(replay, step, nrPages);
  if (pages.length === asked.count) hugetlbVmemmapOptimize(memory, pages, nrPages);
}

/**
 * Where the guest's page allocator found room for huge pages is nothing that the emulator could know, and the recording
 * says it in its leaves alone: there is at most one choice of pages that can explain them, those whose memmap has a page
 * that may not be written. Their number has to be the one that the guest told.
 */
function foldedPages(replay: Replay, step: RecordedStep, nrPages: number): number[] {
  const { kernel } = replay;
  const bytes = nrPages * kernel.structPageSize;
  const folded = new Set<number>();
  for (const { start, flags } of expandLeaves(step.leaves ?? [], leafSize(kernel))) {
    if ((flags & WRITABLE) !== 0n) continue;
    folded.add(Math.floor((Number(start & LOW_52_BITS) - kernel.vmemmap) / bytes));
  }
  return [...folded].map((page) => page * nrPages);
}

interface PfnRange {
  pfn: number;
  nrPages: number;
}

/** acpi_memory_enable_device(): a memmap in the range is asked for where it can be. */
const acpiRequest = ({ drivers }: Replay, range: PfnRange): AddMemoryRequest => ({
  nid: 0,
  ...range,
  memmapOnMemory: supportsMemmapOnMemory(drivers.memory, range.nrPages),
});

/** dlpar_add_lmb(): pseries adds memory block by block, and sets each online. */
function addLmbs(replay: Replay, device: string, range: PfnRange): void {
  const { blockPages } = replay.scenario;
  for (let pfn = range.pfn; pfn < range.pfn + range.nrPages; pfn += blockPages) {
    addMemory(replay.drivers.memory, acpiRequest(replay, { pfn, nrPages: blockPages }));
  }
  replay.addedByBlock.add(device);
  online(replay, device, 'auto');
}

const devicesOf = ({ memory }: Replay, { device }: { device?: string | undefined }): string[] =>
  device === undefined ? [...memory.keys()] : [device];

function known<T>(map: ReadonlyMap<string, T>, device: string): T {
  const value = map.get(device);
  if (value === undefined) throw new UnknownAction(`nothing is known of device ${device}`);
  return value;
}

/** Every memory block of a device is set online. */
function online(replay: Replay, device: string, type: OnlineType): void {
  const range = known(replay.memory, device);
  const { memory } = replay.drivers;
  for (const block of memoryBlocksOf(memory, range.pfn, range.nrPages)) onlineBlock(memory, block, type);
  const first = memory.blocks.get(blockIdOf(memory, range.pfn));
  if (first === undefined || setAsidePages(replay.kernel, first) === 0) replay.systemRam.add(device);
}

/**
 * Where the guest's memory was made scarce, or given back, /proc/buddyinfo of that moment stands in the recording: as
 * many large blocks are left to take here as there.
 */
function makeScarce(replay: Replay, step: RecordedStep): void {
  const { kernel, held } = replay;
  const order = Math.log2(kernel.platform.pmdSize / kernel.pageSize);
  const total = meminfoKb(replay.recorded.steps[0]!.meminfo ?? [], 'MemTotal') ?? 0;
  const wanted = takeableBlocks(step.console ?? [], order, total, kernel.pageSize);
  if (wanted === undefined) return;
  const { allocator } = kernel;
  while (held.length > 0 && allocator.freeBlocks(order) < wanted) {
    allocator.freePages(held.pop()!, order, kernel.log.badFree);
  }
  for (let broken = 0; allocator.freeBlocks(order) > wanted; broken++) {
    const pfn = allocator.allocPages(order);
    if (pfn === NO_PAGE) return;
    if (broken >= BROKEN_BLOCKS) held.push(pfn);
    else for (let at = 1; at < 1 << order; at++) allocator.freePages(pfn + at, 0, kernel.log.badFree);
  }
}

=======
>>>>>>> main
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
