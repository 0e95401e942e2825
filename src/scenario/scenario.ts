// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { PfnRange } from '../kernel/pfn-range.js';
import type { ArchConfiguration, Architecture } from '../../arch/architecture.js';
import { ARCHITECTURES } from '../../arch/index.js';
import { DEFAULT_RELEASE, resolveTraits, type Release } from '../history/releases.js';
import type { Traits } from '../history/traits/index.js';
import { PHYSICAL_ADDRESS_LIMIT } from '../hardware/ram.js';
import { physicalLimit, type RoomValues, type MachineConfig } from '../../arch/machine-fields.js';
import type { FrameContent } from '../kernel/frame-content.js';
import type { MemmapOnMemoryMode } from '../mm/memmap-on-memory.js';
import type { FaultPoint } from '../mm/system-memory.js';
import type { OnlineType } from '../mm/zone.js';
import type { NamespaceRequest } from '../drivers/devices.js';
import { DEFAULT_RAM_BYTES, type BootRange, type MachineOptions } from './machine.js';
import type { CodeStarter } from '../kernel/memmap-code.js';
import type { ScenarioFile, StepFile } from './schema.js';
import { Complaints, eachOf, ScenarioError } from '../kernel/scenario-error.js';
import { didYouMean } from './did-you-mean.js';
import { findArchitecture, findKernelRelease, list } from './names.js';

/** From a scenario as written to one that can run: defaults filled in, units gone, contradictions refused. */

/** Pages of the largest block of any page allocator, by which the start of its memory is rounded up. */
const MAX_BLOCK_PAGES = 2 ** 13;
/** Largest blocks that may follow given memory: it is rounded up to whole ones, and two are for the root tables. */
const BLOCKS_BEHIND_RAM = 3;

/** struct vmem_altmap as a scenario declares it, under a name. */
export interface AltmapSpec {
  name: string;
  basePfn: number;
  endPfn: number;
  reserve: number;
  free: number;
  align: number;
}

/** What is made to fail, by place. */
export interface Failing {
  fail: Readonly<Partial<Record<FaultPoint, number>>>;
}

/** What memory holds that a step takes for the memmap; the bytes that it has if not given. */
export interface Taking {
  frameContent?: FrameContent | undefined;
}

/** A step that can run. Ranges are frames of the page size, sizes of devices bytes. */
export type Step =
  | ({ op: 'add-pages'; altmap: string | null; vmemmapShift: number; nid: number } & PfnRange & Taking)
  | ({ op: 'remove-pages'; altmap: string | null; vmemmapShift: number } & PfnRange)
  | ({ op: 'use' | 'going-offline' } & PfnRange)
  | ({
      op: 'memremap-pages';
      device: string;
      altmap: string | null;
      vmemmapShift: number;
      isPrivate: boolean;
      nid: number;
    } & PfnRange &
      Taking)
  | { op: 'memunmap-pages' | 'destroy-namespace'; device: string }
  | ({ op: 'kmem-release'; device: string } & Failing)
  | ({
      op: 'add-memory';
      memmapOnMemory: boolean;
      mergeResource: boolean;
      /** The memory cannot be reached before it is online. */
      offlineInaccessible: boolean;
      /** The driver that manages the memory; null for memory that the firmware tells of. */
      driver: string | null;
      nid: number;
    } & PfnRange &
      Taking &
      Failing)
  | ({ op: 'online'; type: OnlineType } & PfnRange & Failing)
  | ({ op: 'offline' | 'remove-memory' | 'offline-and-remove-memory' } & PfnRange & Failing)
  | ({ op: 'hugetlb-optimize' | 'hugetlb-restore'; hugePages: number } & PfnRange)
  | ({ op: 'create-namespace' } & NamespaceRequest)
  | ({ op: 'kmem'; device: string; memmapOnMemory: boolean; node: number } & Failing)
  | ({ op: 'virtio-mem'; device: string; start: number; size: number; requested: number; node: number } & Failing);

/** Steps that change zones, memory blocks or the iomem tree. */
const MEMORY_STEPS: ReadonlySet<string> = new Set<Step['op']>([
  'add-memory',
  'online',
  'offline',
  'remove-memory',
  'offline-and-remove-memory',
  'create-namespace',
  'kmem',
  'virtio-mem',
]);

/** Steps that a kernel without memory hot-plug can do. */
const BOOT_MEMORY_STEPS: ReadonlySet<string> = new Set<Step['op']>(['use', 'hugetlb-optimize', 'hugetlb-restore']);

/** A scenario that can run: defaults filled in, units gone, frames in place of bytes. */
export interface Scenario {
  name: string;
  title: string | undefined;
  machine: MachineOptions;
  memmapOnMemory: MemmapOnMemoryMode;
  hugetlbOptimized: boolean;
  /** Nodes that have no memory but ZONE_MOVABLE. */
  movableNodes: readonly number[];
  /** CONFIG_NVDIMM_KMSAN: namespaces hold struct pages of any size. */
  nvdimmKmsan: boolean;
  /** Pages of a memory block. */
  blockPages: number;
  /** Nodes that can exist. */
  nodes: number;
  /** A step has to do with zones, memory blocks or the iomem tree. */
  showsMemory: boolean;
  altmaps: readonly AltmapSpec[];
  steps: readonly Step[];
}

/** The first configuration that agrees with what the machine says of itself. */
function chooseConfiguration(architecture: Architecture, machine: ScenarioFile['machine']): ArchConfiguration {
  const fits = (c: ArchConfiguration): boolean =>
    (machine.pageSize === undefined || c.pageSize === machine.pageSize) &&
    (machine.pagingLevels === undefined || c.pagingLevels === undefined || c.pagingLevels === machine.pagingLevels) &&
    (machine.vaBits === undefined || c.vaBits === undefined || c.vaBits === machine.vaBits) &&
    (machine.mmu === undefined || c.mmu === undefined || c.mmu === machine.mmu);
  return architecture.configurations.find(fits) ?? architecture.configurations[0]!;
}

/** What a machine says in the fields that its architecture alone has. @throws ScenarioError for those of another */
function roomFieldsOf(architecture: Architecture, machine: ScenarioFile['machine']): RoomValues {
  const own = architecture.machineFields ?? {};
  const given = Object.entries(machine).filter(([, value]) => value !== undefined);
  for (const other of ARCHITECTURES) {
    const foreign = Object.keys(other.machineFields ?? {}).find(
      (field) => !(field in own) && given.some(([name]) => name === field),
    );
    if (foreign !== undefined) {
      throw new ScenarioError(`machine.${foreign} is given; ${architecture.name} has no such field`);
    }
  }
  return Object.fromEntries(given.filter(([field]) => field in own));
}

function resolveConfig(
  architecture: Architecture,
  release: Release,
  traits: Traits,
  machine: ScenarioFile['machine'],
): MachineConfig {
  const known = chooseConfiguration(architecture, machine);
  const pageSize = machine.pageSize ?? known.pageSize;
  // Levels follow from the bits of an address: those of a configuration with other bits would contradict the machine.
  const hasItsBits =
    (machine.vaBits === undefined || machine.vaBits === known.vaBits) && machine.vaBitsActual === undefined;
  const config: MachineConfig = {
    ...roomFieldsOf(architecture, machine),
    arch: architecture.name,
    kernel: release.name,
    pageSize,
    structPageSize: machine.structPageSize ?? 64,
    sectionSizeBits: machine.sectionSizeBits ?? architecture.sectionSizeBits(pageSize, traits),
    vmemmapBase: machine.vmemmapBase ?? 0n,
    pagingLevels: machine.pagingLevels ?? (hasItsBits ? known.pagingLevels : undefined),
    vaBits: machine.vaBits ?? known.vaBits,
    mmu: machine.mmu ?? known.mmu,
    hugeVmemmap: machine.hugeVmemmap ?? true,
  };
  const pageSizes = [...new Set(architecture.configurations.map((c) => c.pageSize))];
  if (!pageSizes.includes(config.pageSize)) {
    throw new ScenarioError(
      `machine.pageSize is ${config.pageSize}; ${architecture.name} has pages of ${list(pageSizes)} bytes`,
    );
  }
  if (!architecture.structPageSizes.includes(config.structPageSize)) {
    throw new ScenarioError(
      `machine.structPageSize is ${config.structPageSize}; ${architecture.name} kernels have ${list(architecture.structPageSizes)} bytes`,
    );
  }
  const complaint = architecture.check(config, traits);
  if (complaint !== undefined) throw new ScenarioError(complaint);
  if (machine.vmemmapBase !== undefined) return config;
  return { ...config, vmemmapBase: architecture.vmemmapBase(config, traits) };
}

/** A range given in frames or in bytes, in frames. */
function pfnRange(step: Extract<StepFile, { pfn?: unknown }>, field: string, pageSize: number): PfnRange {
  const bytes = (name: 'start' | 'size', value: number): number => {
    if (value % pageSize === 0) return value / pageSize;
    throw new ScenarioError(`${field}.${name} is ${value} bytes; allowed are whole pages of ${pageSize} bytes`);
  };
  const need = (
    frames: number | undefined,
    name: 'start' | 'size',
    value: number | undefined,
    other: string,
  ): number => {
    if (frames !== undefined && value !== undefined) {
      throw new ScenarioError(`${field} has both ${other} and ${name}; give one of them`);
    }
    if (frames !== undefined) return frames;
    if (value !== undefined) return bytes(name, value);
    throw new ScenarioError(`${field} has no range; give pfn and nrPages, or start and size`);
  };
  const pfn = need(step.pfn, 'start', step.start, 'pfn');
  const nrPages = need(step.nrPages, 'size', step.size, 'nrPages');
  if (nrPages === 0) throw new ScenarioError(`${field}.nrPages is 0; allowed are 1 page and more`);
  return { pfn, nrPages };
}

/** A device's range, which must be one of pages. @throws ScenarioError */
function wholePages<T extends { start: number; size: number }>(step: T, field: string, pageSize: number): T {
  if (step.start % pageSize !== 0 || step.size % pageSize !== 0) {
    throw new ScenarioError(`${field} is not made of whole pages of ${pageSize} bytes`);
  }
  if (step.start + step.size <= PHYSICAL_ADDRESS_LIMIT) return step;
  throw new ScenarioError(`${field} ends at ${hex(step.start + step.size)}; physical addresses end at 2^52`);
}

function resolveStep(step: StepFile, field: string, pageSize: number): Step {
  switch (step.op) {
    case 'memunmap-pages':
    case 'destroy-namespace':
    case 'kmem-release':
    case 'kmem':
      return step;
    case 'create-namespace':
      if (step.align < pageSize || !Number.isInteger(Math.log2(step.align))) {
        throw new ScenarioError(
          `${field}.align is ${step.align}; allowed is a power of two, ${pageSize} bytes or more`,
        );
      }
      return wholePages(step, field, pageSize);
    case 'virtio-mem':
      return wholePages(step, field, pageSize);
    case 'add-pages':
      return {
        op: step.op,
        altmap: step.altmap ?? null,
        vmemmapShift: step.vmemmapShift ?? Math.log2(step.compoundPages),
        frameContent: step.frameContent,
        nid: step.node,
        ...pfnRange(step, field, pageSize),
      };
    case 'remove-pages':
      return {
        op: step.op,
        altmap: step.altmap ?? null,
        vmemmapShift: step.vmemmapShift ?? Math.log2(step.compoundPages),
        ...pfnRange(step, field, pageSize),
      };
    case 'use':
    case 'going-offline':
      return { op: step.op, ...pfnRange(step, field, pageSize) };
    case 'memremap-pages': {
      const vmemmapShift = step.compoundSize === undefined ? 0 : Math.log2(step.compoundSize / pageSize);
      if (!Number.isInteger(vmemmapShift) || vmemmapShift < 0) {
        throw new ScenarioError(
          `${field}.compoundSize is ${step.compoundSize}; allowed is a power of two, ${pageSize} bytes or more`,
        );
      }
      return {
        op: step.op,
        device: step.device,
        altmap: step.altmap ?? null,
        vmemmapShift,
        isPrivate: step.type === 'private',
        frameContent: step.frameContent,
        nid: step.node,
        ...pfnRange(step, field, pageSize),
      };
    }
    case 'add-memory':
      return {
        op: step.op,
        memmapOnMemory: step.memmapOnMemory,
        mergeResource: step.mergeResource,
        offlineInaccessible: step.offlineInaccessible,
        driver: step.driver ?? null,
        frameContent: step.frameContent,
        nid: step.node,
        fail: step.fail,
        ...pfnRange(step, field, pageSize),
      };
    case 'hugetlb-optimize':
    case 'hugetlb-restore': {
      const range = pfnRange(step, field, pageSize);
      const hugePages = step.hugePageSize / pageSize;
      if (hugePages < 2 || !Number.isInteger(Math.log2(hugePages))) {
        throw new ScenarioError(
          `${field}.hugePageSize is ${step.hugePageSize}; allowed is a power of two, ${2 * pageSize} bytes or more`,
        );
      }
      if (range.pfn % hugePages === 0 && range.nrPages % hugePages === 0) return { op: step.op, hugePages, ...range };
      throw new ScenarioError(`${field} is not made of whole huge pages of ${step.hugePageSize} bytes`);
    }
    case 'online':
      return { op: step.op, type: step.type, fail: step.fail, ...pfnRange(step, field, pageSize) };
    default:
      return { op: step.op, fail: step.fail, ...pfnRange(step, field, pageSize) };
  }
}

/** Nodes that can exist: up to the highest that the scenario names. */
const nodesOf = (steps: readonly Step[], boot: readonly BootRange[]): number =>
  1 + steps.reduce((max, step) => Math.max(max, nodeOf(step)), Math.max(0, ...boot.map((range) => range.nid)));

function nodeOf(step: Step): number {
  if ('nid' in step) return step.nid;
  return 'node' in step ? step.node : 0;
}

/** Refuses ranges that end where an architecture has no physical addresses any more. @throws ScenarioError */
function refuseBeyond(
  limit: number,
  steps: readonly Step[],
  altmaps: readonly AltmapSpec[],
  boot: readonly BootRange[],
  pageSize: number,
): void {
  const end = `physical addresses end at 2^${Math.log2(limit)}`;
  const checkFrames = (field: string, endPfn: number): void => {
    if (endPfn * pageSize > limit) throw new ScenarioError(`${field} ends at frame ${endPfn}; ${end}`);
  };
  const checkBytes = (field: string, endByte: number): void => {
    if (endByte > limit) throw new ScenarioError(`${field} ends at ${hex(endByte)}; ${end}`);
  };
  steps.forEach((step, i) => {
    if ('pfn' in step) checkFrames(`steps[${i}]`, step.pfn + step.nrPages);
    else if ('size' in step) checkBytes(`steps[${i}]`, step.start + step.size);
  });
  for (const { name, endPfn } of altmaps) {
    if (endPfn * pageSize >= limit) throw new ScenarioError(`altmaps.${name}.endPfn is ${endPfn}; ${end}`);
  }
  boot.forEach(({ pfn, nrPages }, i) => checkBytes(`machine.boot[${i}]`, (pfn + nrPages) * pageSize));
}

/** Frames from one to another, `end` exclusive. */
interface Frames {
  start: number;
  end: number;
}

/** Everything that the scenario names. */
function namedFrames(
  steps: readonly Step[],
  altmaps: readonly AltmapSpec[],
  boot: readonly BootRange[],
  pageSize: number,
): Frames[] {
  const ofSteps = steps.flatMap((step): Frames[] => {
    if ('pfn' in step) return [{ start: step.pfn, end: step.pfn + step.nrPages }];
    if (!('size' in step)) return [];
    return [{ start: Math.floor(step.start / pageSize), end: Math.ceil((step.start + step.size) / pageSize) }];
  });
  const ofAltmaps = altmaps.map(({ basePfn, endPfn, reserve, free }) => ({
    start: basePfn,
    end: Math.max(endPfn + 1, basePfn + reserve + free),
  }));
  return [...ofSteps, ...ofAltmaps, ...boot.map(({ pfn, nrPages }) => ({ start: pfn, end: pfn + nrPages }))];
}

/**
 * Where the page allocator's memory lies: above everything that the scenario names, or where that reaches to the end of
 * the physical addresses in the largest gap between.
 * @param nrPages how much memory it is, if there is room for it
 * @param limit first frame that memory cannot have
 */
function placeRam(named: readonly Frames[], nrPages: number, limit: number): { ramBasePfn: number; ramPages: number } {
  const above = named.reduce((end, range) => Math.max(end, range.end), 0);
  if (above + nrPages + MAX_BLOCK_PAGES <= limit) return { ramBasePfn: above, ramPages: nrPages };
  let widest: Frames = { start: 0, end: 0 };
  let end = 0;
  for (const range of [...named, { start: limit, end: limit }].sort((a, b) => a.start - b.start)) {
    const next = Math.min(range.start, limit);
    if (next - end > widest.end - widest.start) widest = { start: end, end: next };
    end = Math.max(end, range.end);
  }
  const room = Math.max(0, widest.end - widest.start - MAX_BLOCK_PAGES);
  return { ramBasePfn: widest.start, ramPages: Math.min(nrPages, room) };
}

/**
 * Frames that can become memory: a release whose __add_pages() looks at the end of a range refuses what lies beyond the
 * physical addresses, so the page allocator may have its memory there.
 */
function addableFrames(named: readonly Frames[], physmemEnd: number, traits: Traits): readonly Frames[] {
  const isAddressable = ({ end }: Frames): boolean => end <= physmemEnd;
  return named.every(isAddressable) || !traits.addPagesChecksRange ? named : named.filter(isAddressable);
}

/**
 * What the machine says of the page allocator's memory, and the rest put where it is in nobody's way.
 * @param limit bytes: where RAM cannot be any more, or an entry cannot point to it
 * @throws ScenarioError
 */
function resolveRam(
  { ramBasePfn, ramSize }: ScenarioFile['machine'],
  named: readonly Frames[],
  addable: readonly Frames[],
  pageSize: number,
  limit: number,
): Pick<MachineOptions, 'ramBasePfn' | 'ramPages' | 'bootsApart'> {
  if (ramSize !== undefined && ramSize % pageSize !== 0) {
    throw new ScenarioError(`machine.ramSize is ${ramSize}; allowed are whole pages of ${pageSize} bytes`);
  }
  const wanted = (ramSize ?? DEFAULT_RAM_BYTES) / pageSize;
  if (ramBasePfn === undefined) {
    return { ...placeRam(addable, wanted, limit / pageSize), bootsApart: addable.length < named.length };
  }
  const room = limit / pageSize - ramBasePfn - BLOCKS_BEHIND_RAM * MAX_BLOCK_PAGES;
  if (room <= 0 || (ramSize !== undefined && wanted > room)) {
    throw new ScenarioError(
      `machine.ramBasePfn is ${ramBasePfn}; the memory behind it must end below 2^${Math.log2(limit)} bytes`,
    );
  }
  return { ramBasePfn, ramPages: Math.min(wanted, room) };
}

/** Base pages of memmap, and memory blocks, that a boot may take: some seconds and some hundred MiB of this process. */
const MAX_BOOT_LEAVES = 2 ** 24;
const MAX_BOOT_BLOCKS = 2 ** 19;

/** Refuses boot memory whose memmap or whose memory blocks would take all of this process's memory. @throws ScenarioError */
function refuseLargeBoot(boot: readonly BootRange[], config: MachineConfig, blockSize: number): void {
  const pages = boot.reduce((sum, { nrPages }) => sum + nrPages, 0);
  const bytes = pages * config.pageSize;
  const fillsLeaves = config.hugeVmemmap && config.pageSize === 4096;
  const leaves = (pages * config.structPageSize) / config.pageSize;
  if (bytes / blockSize <= MAX_BOOT_BLOCKS && (fillsLeaves || leaves <= MAX_BOOT_LEAVES)) return;
  const most = Math.min(
    MAX_BOOT_BLOCKS * blockSize,
    fillsLeaves ? Infinity : (MAX_BOOT_LEAVES * config.pageSize * config.pageSize) / config.structPageSize,
  );
  throw new ScenarioError(`machine.boot has ${bytes} bytes; allowed are at most ${Math.floor(most)} on such a machine`);
}

/**
 * Refuses devices where CONFIG_ZONE_DEVICE cannot be set.
 * @param isDevice tells the steps that need struct pages for the memory of a device
 * @throws ScenarioError
 */
export function refuseDevices(
  steps: readonly Step[],
  { architecture, release, traits }: Pick<MachineOptions, 'architecture' | 'release' | 'traits'>,
  isDevice: (step: Step) => boolean,
): void {
  const { name, hasZoneDevice } = architecture;
  if (hasZoneDevice?.(traits) ?? true) return;
  const at = steps.findIndex(isDevice);
  if (at < 0) return;
  throw new ScenarioError(
    `steps[${at}].op is "${steps[at]!.op}"; ${name} ${release.name} has no CONFIG_ZONE_DEVICE, so no struct pages for devices`,
  );
}

/** A kernel to run a scenario on in place of the one that the scenario names. */
export interface OtherKernel {
  release: Release;
  /** How it behaves; as the release does if not given. */
  traits?: Traits;
  /** Its own code from __add_pages() and __remove_pages() down; what the emulator has for the release if not given. */
  code?: CodeStarter | undefined;
}

/** Takes the traits of the kernel that a scenario runs on, and gives those that its code is to ask. */
export type TraitWatch = (traits: Traits, release: Release, arch: string) => Traits;

/**
 * Makes a scenario runnable.
 * @param other the kernel to run it on, if not the one that the scenario names
 * @param watch sees what its code asks for; nobody does if not given
 * @throws ScenarioError with the field, its value and what is allowed
 */
export function resolveScenario(
  file: ScenarioFile,
  other?: OtherKernel,
  watch: TraitWatch = (traits) => traits,
): Scenario {
  const { machine } = file;
  const names = new Complaints();
  const foundArchitecture = names.collect(() => findArchitecture(machine.arch));
  const foundRelease = names.collect(() =>
    machine.kernel === undefined ? DEFAULT_RELEASE : findKernelRelease(machine.kernel),
  );
  names.refuse();
  const [architecture, named] = [foundArchitecture!, foundRelease!];
  const release = other?.release ?? named;
  const traits = watch(other?.traits ?? resolveTraits(release), release, architecture.name);
  const config = resolveConfig(architecture, release, traits, machine);
  const sectionSize = 2 ** config.sectionSizeBits;
  const blockSize = machine.blockSize ?? sectionSize;
  if (blockSize % sectionSize !== 0) {
    throw new ScenarioError(`machine.blockSize is ${blockSize}; allowed are whole sections of ${sectionSize} bytes`);
  }
  if (!Number.isInteger(Math.log2(blockSize))) {
    throw new ScenarioError(`machine.blockSize is ${blockSize}; allowed is a power of two (get_memory_block_size)`);
  }
  const altmaps = Object.entries(file.altmaps).map(([name, altmap]) => ({ name, ...altmap }));
  const steps = eachOf(file.steps, (step, i) => resolveStep(step, `steps[${i}]`, config.pageSize));
  const withoutHotplug = architecture.withoutHotplug?.(traits);
  eachOf(steps, (step, i) => {
    if (withoutHotplug === undefined || BOOT_MEMORY_STEPS.has(step.op)) return;
    throw new ScenarioError(
      `steps[${i}].op is "${step.op}"; machine.kernel is "${release.name}", and ${withoutHotplug}`,
    );
  });
  const altmapNames = altmaps.map(({ name }) => name);
  eachOf(steps, (step, i) => {
    if (!('altmap' in step) || step.altmap === null || altmapNames.includes(step.altmap)) return;
    const known = altmaps.length === 0 ? 'the scenario has none' : `the scenario has ${list(altmapNames)}`;
    throw new ScenarioError(`steps[${i}].altmap is "${step.altmap}"; ${known}${didYouMean(step.altmap, altmapNames)}`);
  });
  const boot = eachOf(machine.boot, ({ start, size, node }, i): BootRange => {
    if (start % config.pageSize !== 0 || size % config.pageSize !== 0) {
      throw new ScenarioError(`machine.boot[${i}] is not made of whole pages of ${config.pageSize} bytes`);
    }
    return { pfn: start / config.pageSize, nrPages: size / config.pageSize, nid: node };
  });
  refuseBeyond(physicalLimit(architecture), steps, altmaps, boot, config.pageSize);
  refuseLargeBoot(boot, config, blockSize);
  // Nobody wrote a function that folds the memmap of devices there.
  refuseDevices(steps, { architecture, release, traits }, (step) => 'vmemmapShift' in step && step.vmemmapShift > 0);
  eachOf(machine.resources, ({ start, size, name }, i) => {
    const end = start + size;
    if (machine.boot.some((range) => start >= range.start && end <= range.start + range.size)) return;
    throw new ScenarioError(`machine.resources[${i}] is "${name}"; it must lie in a range of machine.boot`);
  });
  const frames = namedFrames(steps, altmaps, boot, config.pageSize);
  const physmemEnd = 2 ** architecture.maxPhysmemBits(config, traits) / config.pageSize;
  return {
    name: file.name,
    title: file.title,
    machine: {
      architecture,
      code: other?.code,
      release,
      traits,
      config,
      ...resolveRam(
        machine,
        frames,
        addableFrames(frames, physmemEnd, traits),
        config.pageSize,
        architecture.entryLimit ?? PHYSICAL_ADDRESS_LIMIT,
      ),
      recycledPages: machine.recycledPages,
      failAllocations: new Set(file.failAllocations),
      boot,
      resources: machine.resources,
    },
    memmapOnMemory: machine.memmapOnMemory,
    hugetlbOptimized: machine.hugetlbOptimized,
    movableNodes: machine.movableNodes,
    nvdimmKmsan: machine.nvdimmKmsan,
    blockPages: blockSize / config.pageSize,
    nodes: nodesOf(steps, boot),
    showsMemory: steps.some((step) => MEMORY_STEPS.has(step.op)),
    altmaps,
    steps,
  };
}
