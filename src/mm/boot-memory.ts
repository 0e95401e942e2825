// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import type { Kernel } from '../kernel/kernel.js';
import { parseMemmapOnMemory, type MemmapOnMemoryMode } from './memmap-on-memory.js';
import { createBootBlocks } from './memory-block.js';
import { DeviceMaps } from './pgmap-array.js';
import { RangeMap } from './range-map.js';
import {
  createIomem,
  createResource,
  insertResource,
  IORESOURCE_BUSY,
  IORESOURCE_SYSTEM_RAM,
  SYSTEM_RAM,
  type BootResource,
} from './resource.js';
import { Faults, type BootMemory, type SystemMemory } from './system-memory.js';
import { createNode, DEVICE, MOVABLE, updatePgdatSpan, zoneOf, type Zone } from './zone.js';

/** Nodes, zones, memory blocks and the iomem tree as they are after boot. */

export interface SystemMemoryOptions {
  /** Names of the kernel zones, in the order of enum zone_type. */
  kernelZones: readonly string[];
  /** Nodes that can exist, MAX_NUMNODES of the machine. */
  possibleNodes: number;
  /** Numbers of the nodes that are online. */
  onlineNodes: readonly number[];
  boot: readonly BootMemory[];
  /** What lies in System RAM, bytes. */
  resources?: readonly BootResource[];
  blockPages: number;
  memmapOnMemory: MemmapOnMemoryMode;
  hugetlbOptimized?: boolean;
  /** Nodes that have no memory but ZONE_MOVABLE. */
  movableNodes?: readonly number[];
  keepsMemblock?: boolean;
  addressLimit?: number;
}

/** Puts the books together that a kernel has after boot. Its early sections must be there. */
export function createSystemMemory(kernel: Kernel, options: SystemMemoryOptions): SystemMemory {
  const iomem = createIomem();
  const zoneNames = [...options.kernelZones, MOVABLE, DEVICE];
  const nodes = Array.from({ length: options.possibleNodes }, (_, nid) =>
    createNode(nid, zoneNames, options.onlineNodes.includes(nid)),
  );
  const devices = new DeviceMaps();
  const memory: SystemMemory = {
    kernel,
    iomem,
    bootResources: options.resources ?? [],
    nodes,
    pageZones: new RangeMap<Zone>(),
    blocks: new Map(),
    blockPages: options.blockPages,
    memmapOnMemory: modeOf(kernel, options.memmapOnMemory),
    hugetlbOptimized: options.hugetlbOptimized ?? false,
    movableNodes: new Set(options.movableNodes),
    hugetlbPages: new Map(),
    vmemmapTails: new Map(),
    keepsMemblock: options.keepsMemblock ?? false,
    addressLimit: options.addressLimit ?? iomem.end,
    devices,
    driverRegions: new Map(),
    addedRanges: [],
    inaccessible: new RangeMap<true>(),
    departed: new RangeMap<true>(),
    unreleasedBlocks: [],
    faults: new Faults(),
    onCall: null,
    isDevicePage: (pfn) => devices.covers(pfn),
  };
  for (const range of options.boot) addBootMemory(memory, range);
  addBootResources(memory, options);
  initUnavailableRanges(memory, options.boot);
  for (const node of nodes) updatePgdatSpan(node);
  createBootBlocks(memory, options.boot);
  return memory;
}

/** What the kernel makes of the parameter: releases without force take that word for "false". */
function modeOf({ traits }: Kernel, text: MemmapOnMemoryMode): MemmapOnMemoryMode {
  const mode = parseMemmapOnMemory(traits, text);
  return typeof mode === 'number' ? 'n' : mode;
}

/**
 * init_unavailable_range(): holes in sections of boot memory have struct pages too. They name the zone of the memory behind
 * the hole; behind the last memory of a section, the zone before it.
 */
function initUnavailableRanges({ kernel, pageZones }: SystemMemory, boot: readonly BootMemory[]): void {
  const { pagesPerSection } = kernel;
  const ranges = [...boot].sort((a, b) => a.pfn - b.pfn);
  for (const [i, { pfn, nrPages }] of ranges.entries()) {
    const end = pfn + nrPages;
    const next = ranges[i + 1];
    const hole = alignDown(pfn, pagesPerSection);
    const previousEnd = i === 0 ? 0 : ranges[i - 1]!.pfn + ranges[i - 1]!.nrPages;
    pageZones.set(Math.max(hole, previousEnd), pfn, pageZones.get(pfn));
    const sectionEnd = alignUp(end, pagesPerSection);
    if (next === undefined || next.pfn >= sectionEnd) pageZones.set(end, sectionEnd, pageZones.get(end - 1));
  }
}

/** free_area_init() for one range: its zone spans it, and all of it is present. */
function addBootMemory(memory: SystemMemory, { pfn, nrPages, nid, zone: name }: BootMemory): void {
  const node = memory.nodes[nid]!;
  const zone = zoneOf(node, name);
  const end = Math.max(pfn + nrPages, zone.start + zone.spanned);
  zone.start = zone.spanned === 0 ? pfn : Math.min(zone.start, pfn);
  zone.spanned = end - zone.start;
  zone.present += nrPages;
  node.present += nrPages;
  memory.pageZones.set(pfn, pfn + nrPages, zone);
}

/**
 * System RAM in the iomem tree, a resource for each stretch of a node: zones do not cut it. Below it lies what the kernel
 * and the firmware have of it.
 */
function addBootResources({ iomem, kernel }: SystemMemory, { boot, resources = [] }: SystemMemoryOptions): void {
  const { pageSize } = kernel;
  const stretches: { start: number; end: number; nid: number }[] = [];
  for (const { pfn, nrPages, nid } of [...boot].sort((a, b) => a.pfn - b.pfn)) {
    const last = stretches[stretches.length - 1];
    const end = (pfn + nrPages) * pageSize;
    if (last?.end === pfn * pageSize && last.nid === nid) last.end = end;
    else stretches.push({ start: pfn * pageSize, end, nid });
  }
  const flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
  for (const { start, end } of stretches) insertResource(iomem, createResource(start, end - 1, SYSTEM_RAM, flags));
  for (const { start, size, name } of resources) {
    insertResource(iomem, createResource(start, start + size - 1, { text: name }, flags));
  }
}
