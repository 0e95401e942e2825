// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { joined } from '../hardware/ranges.js';
import type { Architecture } from '../../arch/architecture.js';
import type { MemmapOnMemoryMode } from '../mm/memmap-on-memory.js';
import type { ByteRange } from '../recordings/recorded-kernel.js';
import { InputError } from '../scenario/input.js';
import { createNamespace } from '../drivers/nvdimm.js';
import { driverRamOf, systemRamOf, type IomemRange } from './iomem.js';
import type { LiveMachine } from './live.js';
import { blockSizeOf, type BlockRange } from './lsmem.js';
import type { DaxDevice, NdctlNamespace } from './ndctl.js';
import type { Vmcoreinfo } from './vmcoreinfo.js';

/** What is known of a machine, from whatever was given, put together. */

/** A device with memory. Sizes in bytes. */
export interface PlannedDevice {
  name: string;
  mode: 'fsdax' | 'devdax' | 'system-ram';
  map: 'dev' | 'mem';
  /** First byte of the raw range; undefined where nothing tells. */
  start: number | undefined;
  /** Bytes of the raw range. */
  size: number;
  align: number;
}

/** What is known of a machine, from its lists or from /sys; what nobody stated is assumed and named so. */
export interface MachineFacts {
  arch: string;
  mmu: 'radix' | 'hash' | undefined;
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
}

/** What was given; a later source is asked where an earlier one is silent. */
export interface Sources {
  /** What the command line says. */
  asked: {
    mmu?: 'radix' | 'hash' | undefined;
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

/** Memory of /proc/iomem in whole pages; where that is not given, of the list of blocks. */
function ramOf({ iomem, lsmem, live }: Sources, pageSize: number): ByteRange[] {
  const whole = ({ start, end }: { start: number; end: number }): ByteRange => ({
    start: alignUp(start, pageSize),
    end: alignDown(end + 1, pageSize),
  });
  const listed = iomem === undefined ? (lsmem ?? live?.blocks ?? []) : [...systemRamOf(iomem), ...driverRamOf(iomem)];
  return joined(listed.map(whole).filter(({ start, end }) => start < end));
}

/** The raw range of a namespace of which the size of its data is known. */
function rawSize(dataSize: number, start: number, align: number, map: 'dev' | 'mem', pageSize: number): number {
  let size = dataSize;
  for (let round = 0; round < ROUNDS; round++)
    size = dataSize + createNamespace(start, size, align, map, pageSize).dataOffset;
  return size;
}

function namespaceDevice(namespace: NdctlNamespace, iomem: readonly IomemRange[], pageSize: number): PlannedDevice[] {
  const { dev, mode, map, size, align = DEFAULT_ALIGN } = namespace;
  // A raw or sector namespace has no struct pages.
  if (map === 'none' || (mode !== 'fsdax' && mode !== 'devdax')) return [];
  const claimed = iomem.find(({ name }) => name === dev);
  const raw = claimed && iomem.find((r) => r.depth === 0 && r.start <= claimed.start && r.end >= claimed.end);
  if (raw !== undefined) return [{ name: dev, mode, map, start: raw.start, size: raw.end + 1 - raw.start, align }];
  return [{ name: dev, mode, map, start: undefined, size: rawSize(size, 0, align, map, pageSize), align }];
}

function daxDevice({ chardev, mode, size, align = DEFAULT_ALIGN, mappings }: DaxDevice): PlannedDevice {
  const start = mappings[0]?.start;
  return { name: chardev, mode: mode === 'system-ram' ? 'system-ram' : 'devdax', map: 'mem', start, size, align };
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
    mmu: asked.mmu,
    kernelRelease: vmcoreinfo?.kernelRelease ?? live?.kernelRelease,
    pageSize,
    structPageSize,
    sectionSizeBits: vmcoreinfo?.sectionSizeBits,
    vaBits: vmcoreinfo?.vaBits,
    blockSize,
    memmapOnMemory: known('memmapOnMemory', [asked.memmapOnMemory, modeOf(live?.memmapOnMemory)], 'y'),
    ram,
    blocks: [...blocks],
    devices: [...ndctl.flatMap((namespace) => namespaceDevice(namespace, memory, pageSize)), ...daxctl.map(daxDevice)],
    assumed,
  };
}

/** The blocks that memory lies in, where no list of blocks was given. */
const blocksOver = (ram: readonly ByteRange[], blockSize: number): BlockRange[] =>
  joined(ram.map(({ start, end }) => ({ start: alignDown(start, blockSize), end: alignUp(end, blockSize) }))).map(
    ({ start, end }) => ({ start, end: end - 1, state: 'unknown' }),
  );
