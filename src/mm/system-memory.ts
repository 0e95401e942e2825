// SPDX-License-Identifier: GPL-2.0-only

import type { Kernel } from '../kernel/kernel.js';
import type { MemmapOnMemoryMode } from './memmap-on-memory.js';
import type { DeviceMaps } from './pgmap-array.js';
import type { RangeMap } from './range-map.js';
import type { BootResource, Resource } from './resource.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import type { Zone, ZonedMemory } from './zone.js';

/** What a kernel knows of its memory above sections: the iomem tree, nodes with their zones, memory blocks, devices. */
export interface SystemMemory extends ZonedMemory {
  readonly iomem: Resource;
  /** What boot put below System RAM. */
  readonly bootResources: readonly BootResource[];
  /** Memory blocks by their number, address / memory_block_size_bytes(). */
  readonly blocks: Map<number, MemoryBlock>;
  /** Pages of a memory block. */
  readonly blockPages: number;
  readonly memmapOnMemory: MemmapOnMemoryMode;
  /** hugetlb_free_vmemmap=on. */
  readonly hugetlbOptimized: boolean;
  /** Nodes that have no memory but ZONE_MOVABLE, so none for the kernel's own allocations. */
  readonly movableNodes: ReadonlySet<number>;
  /** Base pages of each HugeTLB page whose memmap is folded, by its first frame. */
  readonly hugetlbPages: Map<number, number>;
  /** zone->vmemmap_tails[]: the frame that folded HugeTLB pages of an order and a zone share, by a number for the two. */
  readonly vmemmapTails: Map<number, number>;
  /** CONFIG_ARCH_KEEP_MEMBLOCK: memblock also knows hot-added memory. */
  readonly keepsMemblock: boolean;
  /** Highest address that memory may be added at (mhp_get_pluggable_range). */
  readonly addressLimit: number;
  readonly devices: DeviceMaps;
  /** What drivers of private memory have claimed, by device. */
  readonly driverRegions: Map<string, Resource>;
  /** Ranges of frames that were added in one go with one altmap for all blocks, and the altmap. */
  readonly addedRanges: { pfn: number; nrPages: number; altmap: VmemAltmap }[];
  /** Frames that cannot be reached before their block is online (altmap.inaccessible). */
  readonly inaccessible: RangeMap<true>;
  /** Frames of memory that was removed and not added again. */
  readonly departed: RangeMap<true>;
  /** Numbers of removed memory blocks whose device nobody releases any more: a reference is left. */
  readonly unreleasedBlocks: number[];
  /** What fails in the step under way. */
  faults: Faults;
  /** Hears of calls to other parts of the kernel. */
  onCall: ((call: HotplugCall) => void) | null;
}

/** The byte that stands for an initialised struct page: what matters is that it is not PAGE_UNUSED. */
export const INITIALISED = 0x01;

/** First frame of a memory block. */
export const blockPfn = (memory: SystemMemory, id: number): number => id * memory.blockPages;

/** Pages at the start of a block that its memmap has to itself. */
export const setAsidePages = (kernel: Kernel, block: MemoryBlock): number =>
  kernel.traits.momAltmapInBlock ? (block.altmap?.free ?? 0) : block.nrVmemmapPages;

/** Places where a step can be made to fail. */
export const FAULT_POINTS = [
  'resourceAlloc',
  'altmapAlloc',
  'archAdd',
  'blockAlloc',
  'blockRegister',
  'blockIndex',
  'isolate',
  'unmovable',
  'notifyPrepareOnline',
  'notifyGoingOnline',
  'notifyGoingOffline',
] as const;

/** A place at which memory hot-plug can be made to fail. */
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Makes the n-th passage of a point fail, counted from 1. */
export class Faults {
  private readonly passed = new Map<FaultPoint, number>();

  constructor(private readonly plan: Readonly<Partial<Record<FaultPoint, number>>> = {}) {}

  /** Whether this passage fails. */
  hit(point: FaultPoint): boolean {
    if (this.plan[point] === undefined) return false;
    const count = (this.passed.get(point) ?? 0) + 1;
    this.passed.set(point, count);
    return this.plan[point] === count;
  }
}

/** Nothing fails. */
export const NO_FAULTS = new Faults();

/** A call to another part of the kernel. Starts and sizes in bytes. */
export type HotplugCall =
  | { call: 'arch-add'; start: number; size: number; altmap: boolean; ret: number }
  | { call: 'arch-remove'; start: number; size: number; altmap: boolean }
  | { call: 'block-register' | 'block-unregister'; block: number }
  | { call: 'firmware-map-add' | 'firmware-map-remove'; start: number; end: number }
  | { call: 'memblock-add' | 'memblock-remove'; start: number; size: number }
  | { call: 'node-online' | 'node-register' | 'node-offline' | 'node-unregister'; node: number }
  | { call: 'notify'; event: NotifyEvent; pfn: number; nrPages: number };

/** Events of the memory notifier chain (include/linux/memory.h). */
export type NotifyEvent =
  | 'prepare-online'
  | 'going-online'
  | 'online'
  | 'cancel-online'
  | 'going-offline'
  | 'offline'
  | 'cancel-offline'
  | 'finish-offline';

/** Memory present at boot. */
export interface BootMemory {
  pfn: number;
  nrPages: number;
  nid: number;
  zone: string;
}

/** memory_notify() in words. */
export function notify(memory: SystemMemory, event: NotifyEvent, pfn: number, nrPages: number): void {
  memory.onCall?.({ call: 'notify', event, pfn, nrPages });
}

/** struct memory_block. */
export interface MemoryBlock {
  /** Address / memory_block_size_bytes(). */
  readonly id: number;
  state: 'online' | 'offline';
  nid: number;
  /** The zone that all of it is in; null when offline, or when there is no single one. */
  zone: Zone | null;
  /** The memmap lies in the block itself, in releases that keep the altmap. */
  altmap: VmemAltmap | null;
  /** Pages that the memmap took from the block, in releases that keep this number. */
  readonly nrVmemmapPages: number;
}
