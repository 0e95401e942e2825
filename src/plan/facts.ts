// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { joined } from '../hardware/ranges.js';
import type { Architecture } from '../../arch/architecture.js';
import type { MachineConfig } from '../../arch/machine-fields.js';
import type { MemmapOnMemoryMode } from '../mm/memmap-on-memory.js';
import type { ByteRange } from '../recordings/recorded-kernel.js';
import { InputError } from '../scenario/input.js';
import { createNamespace } from '../drivers/nvdimm.js';
import { systemRamOf, type IomemRange } from './iomem.js';
import type { LiveMachine } from './live.js';
import { blockSizeOf, type BlockRange } from './lsmem.js';
import type { DaxDevice, NdctlNamespace } from './ndctl.js';
import type { Vmcoreinfo } from './vmcoreinfo.js';

/** What is known of a machine, from whatever was given, put together. */

/** A device with memory. Sizes in bytes. */
export interface PlannedDevice {
  name: string;
  /** A namespace sets memory aside for its own use; a device-dax instance is all data. */
  isNamespace: boolean;
  mode: 'fsdax' | 'devdax' | 'system-ram';
  map: 'dev' | 'mem';
  /** Bytes of all its ranges. */
  size: number;
  /** The raw ranges; one of which nobody knows where it starts is `undefined`. */
  ranges: { start: number | undefined; size: number }[];
  align: number;
}

/** What is known of a machine, from its lists or from /sys; what nobody stated is assumed and named so. */
export interface MachineFacts {
  arch: string;
  mmu: MachineConfig['mmu'];
  pagingLevels: number | undefined;
  /** As uname -r prints it; undefined where nothing tells. */
  kernelRelease: string | undefined;
  pageSize: number | undefined;
  structPageSize: number | undefined;
  sectionSizeBits: number | undefined;
  vaBits: number | undefined;
  blockSize: number;
  memmapOnMemory: MemmapOnMemoryMode;
  /** Memory with struct pages, ends exclusive, ascending and apart. */
  ram: ByteRange[];
  blocks: BlockRange[];
  devices: PlannedDevice[];
  /** Fields that nothing told. */
  assumed: string[];
  /** What was given and is not in the facts, or is there by a guess, a sentence each. */
  remarks: string[];
}

/** What was given; a later source is asked where an earlier one is silent. */
export interface Sources {
  /** What the command line says. */
  asked: {
    mmu?: MachineConfig['mmu'];
    pageSize?: number | undefined;
    structPageSize?: number | undefined;
    blockSize?: number | undefined;
    memmapOnMemory?: MemmapOnMemoryMode | undefined;
  };
  architecture: Architecture;
  lsmem?: readonly BlockRange[] | undefined;
  iomem?: readonly IomemRange[] | undefined;
  ndctl?: readonly NdctlNamespace[] | undefined;
  daxctl?: readonly DaxDevice[] | undefined;
  vmcoreinfo?: Vmcoreinfo | undefined;
  live?: LiveMachine | undefined;
}

const DEFAULT_ALIGN = 2 ** 21;
const DEFAULT_STRUCT_PAGE = 64;
/** Rounds in which the raw size of a namespace is found from that of its data. */
const ROUNDS = 8;

/**
 * Memory of /proc/iomem; where that is not given, of the list of blocks. Ranges that touch are one before they are cut to
 * whole pages: the page on their border is memory as well.
 */
function ramOf({ iomem, lsmem, live }: Sources, pageSize: number): ByteRange[] {
  const listed = iomem === undefined ? (lsmem ?? live?.blocks ?? []) : systemRamOf(iomem);
  const present = listed.filter((range) => !('isUnconfigured' in range));
  return joined(present.map(({ start, end }) => ({ start, end: end + 1 })))
    .map(({ start, end }) => ({ start: alignUp(start, pageSize), end: alignDown(end, pageSize) }))
    .filter(({ start, end }) => start < end);
}

/** The raw range of a namespace of which the size of its data is known. */
function rawSize(dataSize: number, start: number, align: number, map: 'dev' | 'mem', pageSize: number): number {
  let size = dataSize;
  for (let round = 0; round < ROUNDS; round++)
    size = dataSize + createNamespace(start, size, align, map, pageSize).dataOffset;
  return size;
}

/** What /proc/iomem says of a namespace: the range that its driver claims, with that of the data behind it. */
function claimedRange(dev: string, iomem: readonly IomemRange[]): ByteRange | undefined {
  const at = iomem.findIndex(({ name }) => name === dev);
  const claimed = iomem[at];
  if (claimed === undefined) return undefined;
  const data = iomem.find(
    ({ name, depth, start }) => depth === claimed.depth && start === claimed.end + 1 && /^dax\d+\.\d+$/.test(name),
  );
  return { start: claimed.start, end: (data ?? claimed).end + 1 };
}

function namespaceDevice(
  namespace: NdctlNamespace,
  iomem: readonly IomemRange[],
  pageSize: number,
  remarks: string[],
): PlannedDevice[] {
  const { dev, mode, size, isRaw, align = DEFAULT_ALIGN } = namespace;
  // A raw or sector namespace has no struct pages, nor has one of fsdax with map none.
  if (namespace.map === 'none' || mode === 'raw' || mode === 'sector') return [];
  if (mode !== 'fsdax' && mode !== 'devdax') {
    remarks.push(`${dev} has the mode "${mode}", which is not known; it is left out`);
    return [];
  }
  if (namespace.map === undefined) {
    remarks.push(`the list does not say where the memmap of ${dev} lies; it is taken to lie on the device, as map dev`);
  }
  const map = namespace.map ?? 'dev';
  const claimed = claimedRange(dev, iomem);
  const range =
    claimed === undefined
      ? { start: undefined, size: isRaw ? size : rawSize(size, 0, align, map, pageSize) }
      : { start: claimed.start, size: claimed.end - claimed.start };
  if (range.size > 0) return [{ name: dev, isNamespace: true, mode, map, size: range.size, ranges: [range], align }];
  remarks.push(`${dev} has no size; it is left out`);
  return [];
}

function daxDevice(device: DaxDevice, remarks: string[]): PlannedDevice[] {
  const { chardev: name, mode: word, size, align = DEFAULT_ALIGN, mappings } = device;
  const mode = word === 'system-ram' ? 'system-ram' : 'devdax';
  const ranges =
    mappings.length === 0
      ? [{ start: undefined, size }]
      : mappings.map(({ start, end }) => ({ start, size: end + 1 - start }));
  const whole = ranges.reduce((sum, range) => sum + range.size, 0);
  if (whole > 0) return [{ name, isNamespace: false, mode, map: 'mem', size: whole, ranges, align }];
  remarks.push(`${name} has no size; it is left out`);
  return [];
}

/** The parameter as it reads. */
const modeOf = (text: string | undefined): MemmapOnMemoryMode | undefined => {
  if (text === undefined) return undefined;
  if (text === 'force') return 'force';
  return text === 'Y' || text === '1' ? 'y' : 'n';
};

/**
 * Puts the sources together.
 * @throws InputError where nothing names any memory
 */
export function factsOf(sources: Sources): MachineFacts {
  const { asked, architecture, lsmem, iomem, ndctl = [], daxctl = [], vmcoreinfo, live } = sources;
  const assumed: string[] = [];
  const remarks: string[] = [];
  const known = <T>(field: string, values: readonly (T | undefined)[], usual: T): T => {
    const value = values.find((v) => v !== undefined);
    if (value === undefined) assumed.push(field);
    return value ?? usual;
  };
  const usualPage = architecture.configurations[0]!.pageSize;
  const pageSize = known('pageSize', [asked.pageSize, vmcoreinfo?.pageSize, live?.pageSize], usualPage);
  const structPageSize = known(
    'structPageSize',
    [asked.structPageSize, vmcoreinfo?.structPageSize],
    DEFAULT_STRUCT_PAGE,
  );
  const ram = ramOf(sources, pageSize);
  if (ram.length === 0) throw new InputError('nothing names any memory; give --lsmem or --iomem');
  const listedSize = lsmem === undefined ? undefined : blockSizeOf(lsmem);
  const endOfRam = ram[ram.length - 1]!.end;
  const blockSize = known(
    'blockSize',
    [asked.blockSize, listedSize, live?.blockSize],
    architecture.memoryBlockSize(pageSize, endOfRam),
  );
  const blocks = lsmem ?? (live?.blocks.length ? live.blocks : blocksOver(ram, blockSize));
  const memory = iomem ?? [];
  return {
    arch: architecture.name,
    mmu: asked.mmu ?? vmcoreinfo?.mmu,
    pagingLevels: vmcoreinfo?.pagingLevels,
    kernelRelease: vmcoreinfo?.kernelRelease ?? live?.kernelRelease,
    pageSize,
    structPageSize,
    sectionSizeBits: vmcoreinfo?.sectionSizeBits,
    vaBits: vmcoreinfo?.vaBits,
    blockSize,
    memmapOnMemory: known('memmapOnMemory', [asked.memmapOnMemory, modeOf(live?.memmapOnMemory)], 'y'),
    ram,
    blocks: [...blocks],
    devices: [
      ...ndctl.flatMap((namespace) => namespaceDevice(namespace, memory, pageSize, remarks)),
      ...daxctl.flatMap((device) => daxDevice(device, remarks)),
    ],
    assumed,
    remarks,
  };
}

/** The blocks that memory lies in, where no list of blocks was given. */
const blocksOver = (ram: readonly ByteRange[], blockSize: number): BlockRange[] =>
  joined(ram.map(({ start, end }) => ({ start: alignDown(start, blockSize), end: alignUp(end, blockSize) }))).map(
    ({ start, end }) => ({ start, end: end - 1, state: 'unknown' }),
  );
