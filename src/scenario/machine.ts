// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { low52 } from '../hardware/low-bits.js';
import type { Architecture } from '../../arch/architecture.js';
import { alignUp } from '../hardware/align.js';
import { physicalLimit, type MachineConfig } from '../../arch/machine-fields.js';
import { NoBootMemory, PageAllocator, type BlockChooser, type MemoryNode } from '../hardware/page-allocator.js';
import { Ram, type WordStore } from '../hardware/ram.js';
import { Counters } from '../kernel/counters.js';
import type { Kernel } from '../kernel/kernel.js';
import { startCode, type CodeStarter } from '../kernel/memmap-code.js';
import { KernelLog } from '../kernel/log.js';
import type { Release } from '../history/releases.js';
import type { Traits } from '../history/traits/index.js';
import { modelledMemoryHotplug } from '../mm/memory-hotplug.js';
import type { MemmapOnMemoryMode } from '../mm/memmap-on-memory.js';
import { MemSections, SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import type { BootMemory, SystemMemory } from '../mm/system-memory.js';
import { createSystemMemory } from '../mm/boot-memory.js';
import type { BootResource } from '../mm/resource.js';

/** Puts a machine together and boots a kernel on it. */

/** System memory of a machine that does not say how much it has, bytes: more than any scenario can take. */
export const DEFAULT_RAM_BYTES = 2 ** 42;
/** Blocks of the largest order for the root tables: the kernel's own, and those that share its entries. */
const BOOT_BLOCKS = 2;
const ADDRESSES_END = 2n ** 64n;

/** System memory present at boot: sections from here are early, and their memmap is populated before the first step. */
export interface BootRange {
  pfn: number;
  nrPages: number;
  nid: number;
}

/** What a kernel is booted with. */
export interface MachineOptions {
  architecture: Architecture;
  /** Code of a foreign kernel in place of what this emulator, or an opened tree, has for the release. */
  code?: CodeStarter | undefined;
  release: Release;
  /** Where frames that hold bytes of their own lie, if no foreign code has a place for them. */
  frames?: WordStore | undefined;
  /** How the release behaves. */
  traits: Traits;
  config: MachineConfig;
  /** First frame of the memory that the page allocator has. */
  ramBasePfn: number;
  /** Base pages that the page allocator has; what no scenario exhausts if not given. */
  ramPages?: number;
  /** What boot takes for good lies behind this memory, so that the first step gets its first frame. */
  bootsApart?: boolean;
  /** Other memory of the page allocator, which serves when that is used up, or is asked for by its frames. */
  otherRam?: readonly MemoryNode[];
  recycledPages: 'zero' | 'keep';
  failAllocations: ReadonlySet<number>;
  boot: readonly BootRange[];
  /** What lies in System RAM in the iomem tree. */
  resources?: readonly BootResource[];
  /** Every function of a user's tree shall be on the stack, at the price of speed. */
  namesFunctions?: boolean;
  /** Warnings that a kernel gives once are given each time. */
  repeatsOnce?: boolean;
  /** Who chooses blocks of memory in place of the page allocator, from the boot on. */
  chooser?: BlockChooser;
}

/** Boots a kernel. Counters start behind the boot. */
export function bootKernel(options: MachineOptions): Kernel {
  const { architecture, config } = options;
  const foreign = options.code?.(config) ?? startCode(options.release.name, config, options.namesFunctions ?? false);
  const ram = new Ram(config.pageSize, foreign?.frames ?? options.frames);
  const maxOrder = architecture.maxOrder(config.pageSize);
  const { ramPages = DEFAULT_RAM_BYTES / config.pageSize } = options;
  const basePfn = alignUp(options.ramBasePfn, 2 ** maxOrder);
  const nrPages = alignUp(ramPages, 2 ** maxOrder);
  const counters = new Counters();
  const allocator = new PageAllocator(ram, {
    counts: counters,
    nodes: [{ basePfn, nrPages }, ...(options.otherRam ?? [])],
    ...(options.bootsApart && { bootMemory: { basePfn: basePfn + nrPages, nrPages: BOOT_BLOCKS * 2 ** maxOrder } }),
    maxOrder,
    recycledPages: options.recycledPages,
    failAllocations: options.failAllocations,
  });
  takeExcess(allocator, maxOrder, nrPages - ramPages);
  allocator.chooser = options.chooser ?? null;
  const pagesPerSection = 2 ** config.sectionSizeBits / config.pageSize;
  const pagesPerSubsection = SUBSECTION_SIZE / config.pageSize;
  const parts = {
    ram,
    allocator,
    counters,
    log: new KernelLog(options.repeatsOnce),
    traits: options.traits,
    sections: new MemSections(pagesPerSection / pagesPerSubsection),
    pageSize: config.pageSize,
    structPageSize: config.structPageSize,
    vmemmap: low52(config.vmemmapBase),
    vmemmapEnd: vmemmapEnd(architecture, config),
    pagesPerSection,
    sectionsPerPage: 1 / pagesPerSection,
    pagesPerSubsection,
    pfnSubsectionShift: Math.log2(pagesPerSubsection),
    physmemEnd: 2 ** architecture.maxPhysmemBits(config, options.traits),
    vmstat: { nrMemmapPages: 0, nrMemmapBootPages: 0 },
    frameContent: null,
    observer: null,
  };
  const platform = architecture.platform(parts, config);
  // Code works on the kernel that it is a part of, so the kernel comes first.
  const kernel = Object.assign(parts, {
    platform,
    kconfig: foreign?.kconfig ?? architecture.kconfig(platform, options.traits),
  }) as Kernel;
  const code = architecture.code(kernel, platform, config);
  foreign?.bind(kernel);
  Object.assign(kernel, {
    code: foreign?.over(code) ?? code,
    memoryHotplug: foreign ?? modelledMemoryHotplug(kernel),
  });
  for (const range of options.boot) sparseInit(kernel, range);
  foreign?.booted();
  kernel.counters.reset();
  allocator.startBooks();
  return kernel;
}

/** See {@link Kernel.vmemmapEnd}. */
function vmemmapEnd(architecture: Architecture, { vmemmapBase, pageSize, structPageSize }: MachineConfig): number {
  const frames = physicalLimit(architecture) / pageSize;
  const toAddressesEnd = Number(ADDRESSES_END - vmemmapBase);
  return low52(vmemmapBase) + Math.min(frames * structPageSize, toAddressesEnd);
}

/** The allocator's memory is whole blocks of the largest order: what a machine has less is taken for good. */
function takeExcess(allocator: PageAllocator, maxOrder: number, pages: number): void {
  for (let order = maxOrder, left = pages; left > 0; order--) {
    for (; left >= 1 << order; left -= 1 << order) allocator.withhold(order);
  }
}

/** sparse_init(): every section that boot memory touches gets its memmap. */
function sparseInit(kernel: Kernel, { pfn, nrPages, nid }: BootRange): void {
  const end = pfn + nrPages;
  while (pfn < end) {
    const count = Math.min(end - pfn, kernel.pagesPerSection - (pfn % kernel.pagesPerSection));
    const err = kernel.memoryHotplug.initSection(nid, pfn, count);
    if (err !== 0) throw new NoBootMemory(`no memory for the memmap of boot memory at frame ${hex(pfn)}`);
    pfn += count;
  }
}

/** What a machine says of its memory above sections. */
export interface MemoryOptions {
  machine: MachineOptions;
  /** Pages of a memory block. */
  blockPages: number;
  memmapOnMemory: MemmapOnMemoryMode;
  hugetlbOptimized: boolean;
  /** Nodes that have no memory but ZONE_MOVABLE. */
  movableNodes: readonly number[];
  /** Nodes that can exist. */
  nodes: number;
}

/** The kernel's books of its memory after boot. Boot memory is in the zones that its addresses belong to. */
export function bootMemory(kernel: Kernel, options: MemoryOptions): SystemMemory {
  const { architecture, boot, config, resources, traits } = options.machine;
  const mappableEnd = architecture.mappableEnd?.(config, traits) ?? Infinity;
  return createSystemMemory(kernel, {
    kernelZones: architecture.kernelZones.map((zone) => zone.name),
    keepsMemblock: architecture.keepsMemblock,
    addressLimit: Math.min(kernel.physmemEnd, mappableEnd) - 1,
    possibleNodes: options.nodes,
    onlineNodes: [0, ...boot.map((range) => range.nid)],
    boot: boot.flatMap((range) => zonedRanges(architecture, kernel.pageSize, range)),
    resources: resources ?? [],
    blockPages: options.blockPages,
    memmapOnMemory: options.memmapOnMemory,
    hugetlbOptimized: options.hugetlbOptimized,
    movableNodes: options.movableNodes,
  });
}

/** A range of boot memory, cut where one zone ends and the next begins. */
function zonedRanges(architecture: Architecture, pageSize: number, range: BootRange): BootMemory[] {
  const pieces: BootMemory[] = [];
  const end = range.pfn + range.nrPages;
  let pfn = range.pfn;
  for (const zone of architecture.kernelZones) {
    const pieceEnd = Math.min(end, zone.end / pageSize);
    if (pieceEnd <= pfn) continue;
    pieces.push({ pfn, nrPages: pieceEnd - pfn, nid: range.nid, zone: zone.name });
    pfn = pieceEnd;
  }
  return pieces;
}
