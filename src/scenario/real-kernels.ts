// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { PageFault } from '../hardware/mmu.js';
import { NO_PAGE } from '../hardware/page-allocator.js';
import { LEVELS, PTE, type Leaf } from '../hardware/page-table.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { KernelBug } from '../kernel/log.js';
import { addMemory, offlineAndRemoveMemory, supportsMemmapOnMemory, type AddMemoryRequest } from '../mm/add-memory.js';
import { blockIdOf, memoryBlocksOf, offlineBlock, onlineBlock, setAsidePages } from '../mm/memory-block.js';
import { hugetlbVmemmapOptimize, hugetlbVmemmapRestore } from '../mm/hugetlb-vmemmap.js';
import { Faults } from '../mm/system-memory.js';
import { iomemLines } from '../mm/resource.js';
import type { OnlineType } from '../mm/zone.js';
import {
  createDevices,
  createNamespaceDevice,
  destroyNamespaceDevice,
  kmem,
  kmemRelease,
  resizeVirtioMem,
  type Devices,
} from './devices.js';
import { bootKernel, bootMemory } from './machine.js';
import {
  bootRanges,
  expandLeaves,
  hugePagesAsked,
  meminfoKb,
  recordedBlocks,
  recordedZones,
  refusedBlocks,
  systemRamLines,
  takeableBlocks,
  type ByteRange,
  type RecordedAction,
  type RecordedDevice,
  type RecordedKernel,
  type RecordedLeaf,
  type RecordedStep,
} from './recorded-kernel.js';
import { resolveScenario, type Scenario } from './scenario.js';
import { comparePtdump } from './recorded-ptdump.js';
import { AddressText, countTables, usedRuns, vmemmapWindow, walkVmemmap, type AddressRange } from './state.js';
import type { Failure } from './vectors.js';

/**
 * Replays what was done to a booted kernel and compares the page tables after each step, as far as they map the memmap
 * of system RAM, devices and hot-added memory. Frames of system memory cannot agree, since a booted kernel has used its memory
 * before; their owner, and which leaves share one, must. Tables are counted over the whole vmemmap window; those that
 * serve something else at boot are taken off.
 */

type Difference = Omit<Failure, 'name' | 'step'>;

/** A step that the emulator has no function for. */
class UnknownAction extends Error {}

/** The emulator's rooms by what uname -m prints, where the two differ. */
export const ARCH_OF_MACHINE: Readonly<Record<string, string>> = { ppc64le: 'ppc64', s390x: 's390' };

/** MMU_PAGE_4K, _64K and _16M: the kernel's numbers of page sizes of the hash MMU (arch/powerpc/include/asm/mmu.h). */
const HASH_PAGE_BYTES: Readonly<Record<number, number>> = { 0: 4096, 2: 65536, 10: 2 ** 24 };
/** _PAGE_RW of x86_64, which alone folds the memmap of HugeTLB pages here. */
const WRITABLE = 2n;
const LOW_52_BITS = 2n ** 52n - 1n;
/** Blocks of a large leaf's size broken up when a guest's memory is made scarce, so that base pages remain. */
const BROKEN_BLOCKS = 16;

interface Replay {
  readonly recorded: RecordedKernel;
  readonly scenario: Scenario;
  readonly kernel: Kernel;
  readonly text: AddressText;
  readonly drivers: Devices;
  /** What the emulator's iomem tree says of system memory at boot, in whole pages. */
  readonly bootRam: readonly string[];
  /** Ranges in frames that a device's memory blocks cover. */
  readonly memory: Map<string, { pfn: number; nrPages: number }>;
  /** Devices whose memory came block by block, and goes so. */
  readonly addedByBlock: Set<string>;
  /** Devices whose memory the page allocator has: online, without a memmap of their own. */
  readonly systemRam: Set<string>;
  /** First frames of blocks that were taken to make memory scarce. */
  readonly held: number[];
  devices: readonly RecordedDevice[];
  /** Memmap that the recording accounts for; the window may hold other things. */
  readonly known: readonly AddressRange[];
  /** Tables that serve the window and no memmap, by level: what the recording counts at boot beyond the emulator. */
  readonly otherTables: number[];
}

function startReplay(recorded: RecordedKernel): Replay {
  const ram = bootRanges(recorded);
  const page = recorded.pageSize;
  const largest = ram.reduce((best, range) => (range.end - range.start > best.end - best.start ? range : best), {
    start: 0,
    end: 0,
  });
  const scenario = resolveScenario({
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
  });
  const maxOrderBytes = page * 2 ** scenario.machine.architecture.maxOrder(page);
  const ramBase = alignUp(largest.start, maxOrderBytes);
  const kernel = bootKernel({
    ...scenario.machine,
    ramBasePfn: ramBase / page,
    ramPages: alignDown(largest.end - ramBase, maxOrderBytes) / page,
  });
  const memory = bootMemory(kernel, scenario);
  return {
    recorded,
    scenario,
    kernel,
    text: new AddressText(scenario.machine.config.vmemmapBase),
    drivers: createDevices(memory),
    bootRam: systemRamLines(iomemLines(memory.iomem)),
    memory: new Map(),
    addedByBlock: new Set(),
    systemRam: new Set(),
    held: [],
    devices: [],
    known: knownMemmap(recorded, kernel, ram),
    otherTables: [0, 0, 0, 0, 0],
  };
}

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

/** Whether a leaf maps a part of the memmap that the recording accounts for. */
const isKnown = (replay: Replay, leaf: RecordedLeaf, size: number): boolean => {
  const start = Number(leaf.start & LOW_52_BITS);
  return replay.known.some((range) => start < range.end && start + size > range.start);
};

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

function act(replay: Replay, action: RecordedAction, recordedStep: RecordedStep): void {
  const { recorded, memory, drivers } = replay;
  const page = recorded.pageSize;
  switch (action.op) {
    case 'boot':
      return;
    case 'none':
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
  const order = Math.log2(kernel.arch.pmdSize / kernel.pageSize);
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

/** What a recording calls memory that is no device's. */
const BOOT_RAM = 'boot-ram';

/** The device that a frame belongs to. @param pa physical byte address */
const ownerOf = (replay: Replay, pa: number): string =>
  replay.devices.find((device) => pa >= device.start && pa <= device.end)?.id ?? BOOT_RAM;

/** A leaf of the emulator in the words of a recording. */
function describeLeaf(replay: Replay, leaf: Leaf): RecordedLeaf {
  return {
    start: BigInt(`0x${replay.text.of(leaf.start)}`),
    level: LEVELS[leaf.level],
    pa: leaf.pa,
    flags: replay.kernel.arch.leafFlags(leaf),
    owner: ownerOf(replay, leaf.pa),
  };
}

/** Bytes that a leaf of a level maps, by the level's name. */
function leafSize({ arch }: Kernel): (level: string) => number {
  const sizes = new Map(arch.leafSizes.map(({ name, size }) => [name, size]));
  return (level) => sizes.get(level) ?? NaN;
}

/** Numbers frames by their first leaf, so that two lists agree in which leaves share a frame. */
function sharing(leaves: readonly RecordedLeaf[]): number[] {
  const first = new Map<number, number>();
  return leaves.map((leaf, i) => {
    const known = first.get(leaf.pa);
    if (known === undefined) first.set(leaf.pa, i);
    return known ?? i;
  });
}

/** Level of a bolted entry of a hashed page table: its leaves are recorded from vmemmap_list, which has no flags. */
const HPTE_LEVEL = 'hpte';

/** System memory is one owner, be it there since boot or a device that is online by now. */
function leafText(replay: Replay, leaf: RecordedLeaf | undefined, sharedWith: number | undefined): string {
  if (leaf === undefined) return 'no leaf';
  const isSystemRam = leaf.owner === BOOT_RAM || replay.systemRam.has(leaf.owner);
  const owner = isSystemRam ? 'system RAM' : leaf.owner;
  const frame = isSystemRam ? `a frame first seen at leaf ${sharedWith}` : `phys=${leaf.pa.toString(16)}`;
  const flags = leaf.level === HPTE_LEVEL ? '' : ` flags=${leaf.flags.toString(16)}`;
  return `${leaf.start.toString(16)} ${leaf.level}${flags} in=${owner} ${frame}`;
}

function compareLeaves(
  replay: Replay,
  expected: readonly RecordedLeaf[],
  actual: readonly RecordedLeaf[],
): Difference | undefined {
  const wantSharing = sharing(expected);
  const haveSharing = sharing(actual);
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const want = leafText(replay, expected[i], wantSharing[i]);
    const have = leafText(replay, actual[i], haveSharing[i]);
    if (want !== have) return { field: `leaves[${i}]`, expected: want, actual: have };
  }
  return undefined;
}

/** Some recordings looked for markers in a part of the vmemmap only, and say so. */
function markersFrom(recorded: RecordedKernel): bigint {
  for (const note of recorded.notes) {
    const match = /only looked for from (0x[0-9a-f]+) on/.exec(note);
    if (match) return BigInt(match[1]!);
  }
  return 0n;
}

function unusedMarkers(replay: Replay, leaves: readonly Leaf[]): string[] {
  const from = markersFrom(replay.recorded);
  return leaves.flatMap((leaf) => {
    const address = replay.text.of(leaf.start);
    if (leaf.level === PTE || BigInt(`0x${address}`) < from) return [];
    const runs = usedRuns(replay.kernel, leaf);
    if (runs === undefined) return [];
    return [
      `${address} ${runs.map((r) => `${r.used ? 'used' : 'unused'} 0x${r.from.toString(16)}-0x${r.to.toString(16)}`).join(' ')}`,
    ];
  });
}

function compareStep(replay: Replay, step: RecordedStep): Difference | undefined {
  const { recorded, kernel } = replay;
  const walk = walkVmemmap(kernel, vmemmapWindow(kernel));
  const { leaves } = walk;
  const tables = countTables(walk.tables);
  const from = step.leavesSameAsStep ?? undefined;
  const runs = from === undefined ? (step.leaves ?? []) : (recorded.steps[from]?.leaves ?? []);
  const sizeOf = leafSize(kernel);
  const known = (list: RecordedLeaf[]): RecordedLeaf[] =>
    list.filter((leaf) => isKnown(replay, leaf, sizeOf(leaf.level)));
  const difference = compareLeaves(
    replay,
    known(expandLeaves(runs, sizeOf)),
    known(leaves.map((leaf) => describeLeaf(replay, leaf))),
  );
  if (difference !== undefined) return difference;
  for (const [name, count] of Object.entries(step.tableCounts ?? {})) {
    const level = (LEVELS as readonly string[]).indexOf(name);
    if (step.action.op === 'boot') replay.otherTables[level] = count - tables[level]!;
    const expected = count - replay.otherTables[level]!;
    if (replay.otherTables[level]! < 0 || tables[level] !== expected) {
      return { field: `tableCounts.${name}`, expected, actual: tables[level] };
    }
  }
  const started = replay.text.pointer(kernel.arch.unusedStart());
  if (step.unusedStart != null && step.unusedStart !== started) {
    return { field: 'unusedStart', expected: step.unusedStart, actual: started };
  }
  if (step.unusedMarkers != null) {
    const want = step.unusedMarkers.join('\n');
    const have = unusedMarkers(replay, leaves).join('\n');
    if (want !== have) return { field: 'unusedMarkers', expected: want, actual: have };
  }
  if (step.ptdump == null) return undefined;
  return comparePtdump(kernel, replay.scenario, step.ptdump, (pa) => ownerOf(replay, pa) !== BOOT_RAM);
}

/** Memory blocks and system memory in the iomem tree that were not there at boot, and zones that were empty then. */
function compareMemory(replay: Replay, step: RecordedStep): Difference | undefined {
  const { memory } = replay.drivers;
  const [boot] = replay.recorded.steps;
  const blocksAtBoot = recordedBlocks(boot?.memoryBlocks ?? []);
  for (const [id, expected] of recordedBlocks(step.memoryBlocks ?? [])) {
    if (blocksAtBoot.has(id)) continue;
    const block = memory.blocks.get(id);
    const state = block && (block.state === 'online' ? `online ${block.zone?.name ?? 'none'}` : block.state);
    // A block that is on its way out is online until it is gone.
    if (expected === 'going-offline' && block?.state === 'online') continue;
    if (state !== expected) return { field: `memoryBlocks[${id}]`, expected, actual: state };
  }
  const emptyAtBoot = recordedZones(boot?.zones ?? []);
  for (const [name, expected] of recordedZones(step.zones ?? [])) {
    if (emptyAtBoot.get(name)?.[1] !== 0) continue;
    const zone = memory.nodes.flatMap((node) => node.zones).find((z) => `${z.nid} ${z.name}` === name);
    // /proc/zoneinfo names the start of populated zones only.
    const actual = zone && [zone.present > 0 ? zone.start : 0, zone.spanned, zone.present];
    if (expected.join() !== actual?.join()) return { field: `zones.${name}`, expected, actual };
  }
  const atBoot = systemRamLines(boot?.iomem ?? []);
  const expected = systemRamLines(step.iomem ?? []).filter((line) => !atBoot.includes(line));
  const actual = systemRamLines(iomemLines(memory.iomem)).filter(
    (line) => !atBoot.includes(line) && !replay.bootRam.includes(line),
  );
  return expected.join('\n') === actual.join('\n') ? undefined : { field: 'iomem', expected, actual };
}

/** The guest kernel died in a step that failed and left no block to be listed. */
const guestDied = (step: RecordedStep): boolean => step.ok === false && (step.memoryBlocks ?? []).length === 0;

/**
 * Replays a recorded kernel.
 * @param name how the case is called in a failure
 * @returns the first difference, or undefined if there is none
 */
export function verifyRecordedKernel(recorded: RecordedKernel, name: string): Failure | undefined {
  let replay: Replay;
  try {
    replay = startReplay(recorded);
  } catch (error) {
    return { name, step: -1, field: 'machine', expected: 'a machine that the emulator has', actual: message(error) };
  }
  for (const [index, step] of recorded.steps.entries()) {
    replay.devices = step.devices ?? [];
    let died = false;
    try {
      act(replay, step.action, step);
    } catch (error) {
      if (error instanceof UnknownAction) {
        return { name, step: index, field: 'action', expected: step.step, actual: `not built yet: ${error.message}` };
      }
      if (!(error instanceof PageFault || error instanceof KernelBug)) throw error;
      died = true;
    }
    const difference = compareStep(replay, step) ?? (died ? undefined : compareMemory(replay, step));
    if (difference !== undefined) return { name, step: index, ...difference };
    if (died !== guestDied(step)) {
      return {
        name,
        step: index,
        field: 'ok',
        expected: guestDied(step) ? 'the kernel dies' : 'the kernel lives',
        actual: died ? 'it dies' : 'it lives',
      };
    }
    if (died) return undefined;
  }
  return undefined;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
