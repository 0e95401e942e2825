// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { isAligned } from '../hardware/align.js';
import { E2BIG, EBUSY, EEXIST, EINVAL, ENOMEM } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { KernelBug } from '../kernel/log.js';
import { blockQuestion, memmapOnMemory } from './memmap-on-memory.js';
import {
  createMemoryBlockDevices,
  memoryBlocksOf,
  offlineBlock,
  onlineBlock,
  removeMemoryBlockDevices,
} from './memory-block.js';
import { archAddMemory, isRangeAllowed } from './memory-hotplug.js';
import {
  mergeSystemRamResource,
  pa,
  registerMemoryResource,
  releaseMemRegionAdjustable,
  releaseResource,
  SYSTEM_RAM,
  type ResourceName,
} from './resource.js';
import { blockPfn, type MemoryBlock, type SystemMemory } from './system-memory.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import {
  freeNodeData,
  MOVABLE,
  resetNode,
  shrinkZoneSpan,
  updatePgdatSpan,
  type OnlineType,
  type PgData,
} from './zone.js';

/** add_memory() and remove_memory(), mm/memory_hotplug.c: memory as drivers bring and take it, in whole blocks. */

export interface AddMemoryRequest {
  nid: number;
  pfn: number;
  nrPages: number;
  /** MHP_MEMMAP_ON_MEMORY. */
  memmapOnMemory: boolean;
  /** MHP_OFFLINE_INACCESSIBLE: the memory cannot be reached before it is online. */
  offlineInaccessible?: boolean;
  /** MHP_MERGE_RESOURCE. */
  mergeResource?: boolean;
  /** The name in /proc/iomem; "System RAM (DRIVER)" for memory that a driver manages. */
  name?: ResourceName;
}

/**
 * mhp_supports_memmap_on_memory(): what drivers ask before they set the flag, in releases that refuse where it cannot be.
 * @param nrPages pages that are to be added
 */
export function supportsMemmapOnMemory(memory: SystemMemory, nrPages: number): boolean {
  const { kernel, blockPages, memmapOnMemory: mode, hugetlbOptimized } = memory;
  const question = blockQuestion(kernel, blockPages, nrPages, mode, hugetlbOptimized);
  return memmapOnMemory(kernel.traits, question).refusal === null;
}

/** check_hotplug_memory_range(): whole memory blocks. */
function isBlockRange({ kernel, blockPages }: SystemMemory, pfn: number, nrPages: number): boolean {
  if (nrPages > 0 && isAligned(pfn, blockPages) && isAligned(nrPages, blockPages)) return true;
  const { pageSize } = kernel;
  kernel.log.print(
    `Block size [${hex(blockPages * pageSize)}] unaligned hotplug range: start ${hex(pfn * pageSize)}, size ${hex(nrPages * pageSize)}`,
  );
  return false;
}

/** arch_add_memory(), which a step may make fail. */
function addMemmap(memory: SystemMemory, nid: number, pfn: number, nrPages: number, altmap: VmemAltmap | null): number {
  const { kernel, faults } = memory;
  const ret = faults.hit('archAdd') ? -ENOMEM : archAddMemory(kernel, nid, pfn, nrPages, altmap);
  const { pageSize } = kernel;
  memory.onCall?.({ call: 'arch-add', start: pfn * pageSize, size: nrPages * pageSize, altmap: altmap !== null, ret });
  return ret;
}

/** arch_remove_memory(). */
function archRemoveMemory(memory: SystemMemory, pfn: number, nrPages: number, altmap: VmemAltmap | null): void {
  const { kernel } = memory;
  const { pageSize } = kernel;
  memory.onCall?.({ call: 'arch-remove', start: pfn * pageSize, size: nrPages * pageSize, altmap: altmap !== null });
  if (!kernel.traits.shrinkSpanAtOffline) shrinkSpansOfRemoved(memory, pfn, nrPages);
  kernel.memoryHotplug.removePages(pfn, nrPages, altmap);
}

/** __remove_zone(), as long as spans shrank with removal: it asks the struct pages of what goes for their zone. */
function shrinkSpansOfRemoved(memory: SystemMemory, pfn: number, nrPages: number): void {
  const { kernel } = memory;
  for (let at = pfn; at < pfn + nrPages; at += kernel.pagesPerSection) {
    const zone = memory.pageZones.get(at);
    if (zone === undefined) {
      kernel.log.uninitialised(at);
      continue;
    }
    shrinkZoneSpan(memory, zone, at, at + kernel.pagesPerSection);
    updatePgdatSpan(memory.nodes[zone.nid]!);
  }
}

/**
 * The altmap of one block: in the block, from its first page on.
 * @param setAside pages for the memmap, rounded up by force
 */
function blockAltmap(memory: SystemMemory, pfn: number, setAside: number): VmemAltmap {
  const { blockPages, kernel } = memory;
  const { momForce, momReserveIsPadding } = kernel.traits;
  const needed = Math.ceil((blockPages * kernel.structPageSize) / kernel.pageSize);
  const reserve = momReserveIsPadding ? setAside - needed : 0;
  const free = momForce && !momReserveIsPadding ? setAside : blockPages - reserve;
  const endPfn = momForce ? pfn + blockPages - 1 : 0;
  return { name: `block${pfn / blockPages}`, basePfn: pfn, endPfn, reserve, free, align: 0, alloc: 0 };
}

/** A block's altmap is given up: all its pages should be back. */
function warnIfAltmapInUse(kernel: Kernel, altmap: VmemAltmap): void {
  if (altmap.alloc === 0) return;
  const text = 'Altmap not fully unmapped';
  if (kernel.traits.momErrorPathWarns) kernel.log.warnOnce(text);
  else kernel.log.warn(text);
}

/** remove_memory_blocks_and_altmaps(): block by block. */
function removeMemoryBlocksAndAltmaps(memory: SystemMemory, pfn: number, nrPages: number): void {
  const { kernel, blockPages, blocks } = memory;
  for (let at = pfn; at < pfn + nrPages; at += blockPages) {
    const block = blocks.get(at / blockPages);
    if (block === undefined) {
      kernel.log.warnOnce('remove_memory_blocks_and_altmaps');
      continue;
    }
    const { altmap } = block;
    block.altmap = null;
    removeMemoryBlockDevices(memory, at, blockPages);
    if (!kernel.traits.blockReferenceDropped) memory.unreleasedBlocks.push(block.id);
    archRemoveMemory(memory, at, blockPages, altmap);
    if (altmap !== null) warnIfAltmapInUse(kernel, altmap);
  }
}

/** create_altmaps_and_memory_blocks(): every block gets an altmap of its own; a failure takes the earlier ones back. */
function createAltmapsAndMemoryBlocks(memory: SystemMemory, request: AddMemoryRequest, setAside: number): number {
  const { kernel, blockPages, faults } = memory;
  const { traits } = kernel;
  const { nid, pfn, nrPages } = request;
  const addBlock = (at: number): number => {
    if (faults.hit('altmapAlloc')) return -ENOMEM;
    const altmap = blockAltmap(memory, at, setAside);
    let err = addMemmap(memory, nid, at, blockPages, altmap);
    if (err === 0) {
      err = createMemoryBlockDevices(memory, at, blockPages, altmap);
      if (err !== 0) archRemoveMemory(memory, at, blockPages, traits.momPerBlockErrorPathPassesAltmap ? altmap : null);
    }
    if (err !== 0 && traits.momErrorPathWarns) warnIfAltmapInUse(kernel, altmap);
    return err;
  };
  for (let at = pfn; at < pfn + nrPages; at += blockPages) {
    const err = addBlock(at);
    if (err === 0) continue;
    if (at !== pfn) removeMemoryBlocksAndAltmaps(memory, pfn, at - pfn);
    return err;
  }
  return 0;
}

/** What a block without an altmap remembers of it: the pages that were taken, and padding before them. */
const pagesKept = ({ traits }: Kernel, altmap: VmemAltmap): number =>
  traits.momRemovalRebuildsAltmap ? altmap.free : altmap.alloc + altmap.reserve;

/** One altmap at the start of a range for all of its blocks; each remembers how much of it lies in the block. */
function addWholeRange(memory: SystemMemory, request: AddMemoryRequest): number {
  const { blockPages, blocks } = memory;
  const { nid, pfn, nrPages } = request;
  const altmap: VmemAltmap = {
    name: `range${pfn / blockPages}`,
    basePfn: pfn,
    endPfn: pfn + nrPages - 1,
    reserve: 0,
    free: nrPages,
    align: 0,
    alloc: 0,
  };
  const err = addMemmap(memory, nid, pfn, nrPages, altmap);
  if (err < 0) return err;
  for (let at = pfn, left = altmap.alloc; at < pfn + nrPages; at += blockPages, left -= blockPages) {
    const ret = createMemoryBlockDevices(memory, at, blockPages, null, Math.max(0, Math.min(left, blockPages)));
    if (ret === 0) continue;
    for (let undo = pfn; undo < at; undo += blockPages) blocks.delete(undo / blockPages);
    archRemoveMemory(memory, pfn, nrPages, altmap);
    return ret;
  }
  memory.addedRanges.push({ pfn, nrPages, altmap });
  return 0;
}

/** Removal of blocks whose memmap lies at the start of the range that they came with. Returns 0 or a negative errno. */
function removeOfWholeRange(memory: SystemMemory, pfn: number, nrPages: number): number {
  const { kernel, addedRanges } = memory;
  const added = addedRanges.find((range) => pfn >= range.pfn && pfn + nrPages <= range.pfn + range.nrPages);
  // One altmap goes along with what is removed: memory that came in several ranges does not go in one.
  if (added === undefined) return -EINVAL;
  const isWhole = added.pfn === pfn && added.nrPages === nrPages;
  if (kernel.traits.momGranularityCheck && !isWhole) return -EINVAL;
  removeMemoryBlockDevices(memory, pfn, nrPages);
  archRemoveMemory(memory, pfn, nrPages, added.altmap);
  if (isWhole) addedRanges.splice(addedRanges.indexOf(added), 1);
  return 0;
}

/** The part of add_memory_resource() before ranges of several blocks: one altmap, or none. */
function addOneRange(memory: SystemMemory, request: AddMemoryRequest, altmap: VmemAltmap | null): number {
  const { nid, pfn, nrPages } = request;
  const { kernel } = memory;
  const { momAltmapInBlock, momErrorPathPassesAltmap, momPerBlockAltmaps } = kernel.traits;
  const err = addMemmap(memory, nid, pfn, nrPages, altmap);
  if (err < 0) return err;
  const kept = momAltmapInBlock ? altmap : null;
  const taken = altmap === null || momAltmapInBlock ? 0 : pagesKept(kernel, altmap);
  const ret = createMemoryBlockDevices(memory, pfn, nrPages, kept, taken);
  if (ret !== 0) {
    archRemoveMemory(memory, pfn, nrPages, momErrorPathPassesAltmap || momPerBlockAltmaps ? altmap : null);
  }
  return ret;
}

/** The memmap of a range and its memory blocks, in each release's way. */
function addMemmapAndBlocks(memory: SystemMemory, request: AddMemoryRequest): number {
  const { kernel, blockPages, memmapOnMemory: mode, hugetlbOptimized } = memory;
  const { traits } = kernel;
  if (!request.memmapOnMemory || !traits.momOneBlock) return addOneRange(memory, request, null);
  const question = blockQuestion(kernel, blockPages, request.nrPages, mode, hugetlbOptimized);
  const { refusal, memmapPages } = memmapOnMemory(traits, question);
  if (refusal !== null) return traits.momFallbackToRam ? addOneRange(memory, request, null) : -EINVAL;
  if (traits.momPerBlockAltmaps) return createAltmapsAndMemoryBlocks(memory, request, memmapPages);
  if (traits.momWholeRange) return addWholeRange(memory, request);
  return addOneRange(memory, request, blockAltmap(memory, request.pfn, memmapPages));
}

/** node_set_online(), register_node(). */
function setNodeOnline(memory: SystemMemory, node: PgData): void {
  node.online = true;
  memory.onCall?.({ call: 'node-online', node: node.nid });
  memory.onCall?.({ call: 'node-register', node: node.nid });
}

/** node_set_offline(), unregister_node(). */
function setNodeOffline(memory: SystemMemory, node: PgData): void {
  node.online = false;
  memory.onCall?.({ call: 'node-offline', node: node.nid });
  memory.onCall?.({ call: 'node-unregister', node: node.nid });
}

/** add_memory_resource(). Returns 0 or a negative errno. */
function addMemoryResource(memory: SystemMemory, request: AddMemoryRequest): number {
  const { kernel, nodes, keepsMemblock } = memory;
  const { nid, pfn, nrPages, name = SYSTEM_RAM } = request;
  const start = pfn * kernel.pageSize;
  const size = nrPages * kernel.pageSize;
  if (!isBlockRange(memory, pfn, nrPages)) return -EINVAL;
  const node = nodes[nid];
  if (node === undefined) {
    kernel.log.warn(`node ${nid} was absent from the node_possible_map`);
    return -EINVAL;
  }
  if (keepsMemblock) memory.onCall?.({ call: 'memblock-add', start, size });
  const { traits } = kernel;
  const isNewNode = !node.online;
  if (isNewNode) {
    resetNode(node);
    if (traits.nodeOnlineFirst) setNodeOnline(memory, node);
  }
  const err = addMemmapAndBlocks(memory, request);
  if (err !== 0) {
    if (isNewNode && traits.nodeOnlineFirst) setNodeOffline(memory, node);
    else if (isNewNode && !traits.nodeDataKept) freeNodeData(node);
    if (keepsMemblock) memory.onCall?.({ call: 'memblock-remove', start, size });
    return err;
  }
  if (isNewNode && !traits.nodeOnlineFirst) setNodeOnline(memory, node);
  for (const block of memoryBlocksOf(memory, pfn, nrPages)) block.nid = nid;
  memory.departed.set(pfn, pfn + nrPages, undefined);
  if (request.offlineInaccessible && kernel.traits.prepareOnlineNotifier) {
    memory.inaccessible.set(pfn, pfn + nrPages, true);
  }
  if (name.text === SYSTEM_RAM.text) memory.onCall?.({ call: 'firmware-map-add', start, end: start + size });
  return 0;
}

/** Names of memory that a driver manages have this form. */
const DRIVER_MANAGED_NAME = /^System RAM \(.*\)$/s;

/**
 * add_memory(), or add_memory_driver_managed() where the memory has a name of its own.
 * @returns 0 or a negative errno, in the kernel's order of refusals: -EINVAL for a bad name, -E2BIG, -EEXIST for a range
 *   that is claimed, -EINVAL for one that is not made of blocks
 */
export function addMemory(memory: SystemMemory, request: AddMemoryRequest): number {
  const { kernel, iomem, faults } = memory;
  const { pfn, nrPages, name = SYSTEM_RAM } = request;
  if (name !== SYSTEM_RAM && !DRIVER_MANAGED_NAME.test(name.text)) return -EINVAL;
  const start = pfn * kernel.pageSize;
  const size = nrPages * kernel.pageSize;
  if (!isRangeAllowed(kernel, start, size, memory.addressLimit)) return -E2BIG;
  if (faults.hit('resourceAlloc')) return -EEXIST;
  const resource = registerMemoryResource(iomem, start, size, name);
  if (typeof resource === 'number') return resource;
  const err = addMemoryResource(memory, request);
  if (err < 0) releaseResource(resource);
  else if (request.mergeResource) mergeSystemRamResource(resource, kernel.log);
  return err;
}

/** memory_blocks_have_altmaps(), and what older releases ask in its place. Returns a negative errno to refuse. */
function altmapRemoval(memory: SystemMemory, pfn: number, nrPages: number): 'none' | 'all' | 'range' | number {
  const { kernel, blockPages, memmapOnMemory: mode } = memory;
  const { traits } = kernel;
  if (mode === 'n') return 'none';
  const blocks = memoryBlocksOf(memory, pfn, nrPages);
  if (memory.addedRanges.some((range) => pfn < range.pfn + range.nrPages && pfn + nrPages > range.pfn)) return 'range';
  if (traits.momPerBlockAltmaps) {
    const altmaps = blocks.filter((block) => block.altmap !== null).length;
    if (altmaps === 0) return 'none';
    if (altmaps === nrPages / blockPages) return 'all';
    kernel.log.warnOnce('memory_blocks_have_altmaps');
    return -EINVAL;
  }
  if (!blocks.some((block) => block.altmap !== null || block.nrVmemmapPages > 0)) return 'none';
  if (nrPages === blockPages) return 'all';
  const { pageSize } = kernel;
  kernel.log.print(`Refuse to remove ${hex(pfn * pageSize)} - ${hex((pfn + nrPages) * pageSize)},wrong granularity`);
  return -EINVAL;
}

/** Removal of one block that holds its memmap, before ranges of several: a new altmap stands for the old one. */
function removeSelfHostedBlock(memory: SystemMemory, block: MemoryBlock): void {
  const { kernel, blockPages } = memory;
  const pfn = blockPfn(memory, block.id);
  const { altmap } = block;
  const standIn: VmemAltmap = altmap ?? {
    name: `block${block.id}`,
    basePfn: kernel.traits.momRemovalRebuildsAltmap ? pfn : 0,
    endPfn: 0,
    reserve: 0,
    free: kernel.traits.momRemovalRebuildsAltmap ? block.nrVmemmapPages : 0,
    align: 0,
    alloc: block.nrVmemmapPages,
  };
  block.altmap = null;
  removeMemoryBlockDevices(memory, pfn, blockPages);
  archRemoveMemory(memory, pfn, blockPages, standIn);
  if (kernel.traits.momAltmapInBlock) warnIfAltmapInUse(kernel, standIn);
}

/** try_offline_node(): a node without memory goes; there are no CPUs. */
function tryOfflineNode(memory: SystemMemory, nid: number): void {
  const node = memory.nodes[nid]!;
  if (node.spanned > 0 || [...memory.blocks.values()].some((block) => block.nid === nid)) return;
  setNodeOffline(memory, node);
}

/**
 * remove_memory(): all blocks must be offline.
 * @param caller the node that the caller says the memory is on; releases that ask the blocks do not listen
 * @returns 0, -EBUSY for a block that is online, -EINVAL for a range of which some blocks hold their memmap
 * @throws KernelBug for a range that is not made of blocks
 */
export function removeMemory(memory: SystemMemory, pfn: number, nrPages: number, caller?: number): number {
  const { kernel, keepsMemblock } = memory;
  const start = pfn * kernel.pageSize;
  const size = nrPages * kernel.pageSize;
  if (!isBlockRange(memory, pfn, nrPages)) throw new KernelBug('BUG_ON in try_remove_memory()');
  let nid: number | undefined;
  for (const block of memoryBlocksOf(memory, pfn, nrPages)) {
    nid = block.nid;
    if (block.state !== 'offline') {
      const first = blockPfn(memory, block.id) * kernel.pageSize;
      const last = first + memory.blockPages * kernel.pageSize - 1;
      kernel.log.print(`removing memory fails, because memory [${pa(first)}-${pa(last)}] is onlined`);
      return -EBUSY;
    }
  }
  const firmwareMapRemove = (): void => memory.onCall?.({ call: 'firmware-map-remove', start, end: start + size });
  if (kernel.traits.momPerBlockAltmaps) firmwareMapRemove();
  const altmaps = altmapRemoval(memory, pfn, nrPages);
  if (typeof altmaps === 'number') return altmaps;
  if (altmaps === 'range') {
    const err = removeOfWholeRange(memory, pfn, nrPages);
    if (err !== 0) return err;
  }
  if (!kernel.traits.momPerBlockAltmaps) firmwareMapRemove();
  if (altmaps === 'none') {
    removeMemoryBlockDevices(memory, pfn, nrPages);
    archRemoveMemory(memory, pfn, nrPages, null);
  } else if (altmaps === 'all' && kernel.traits.momPerBlockAltmaps) {
    removeMemoryBlocksAndAltmaps(memory, pfn, nrPages);
  } else if (altmaps === 'all') {
    for (const block of memoryBlocksOf(memory, pfn, nrPages)) removeSelfHostedBlock(memory, block);
  }
  if (keepsMemblock) memory.onCall?.({ call: 'memblock-remove', start, size });
  releaseMemRegionAdjustable(memory.iomem, start, size, kernel.log, kernel.traits.resourceSplitMovesChildren);
  memory.departed.set(pfn, pfn + nrPages, true);
  memory.inaccessible.set(pfn, pfn + nrPages, undefined);
  const node = kernel.traits.removalFindsNode ? nid : (caller ?? nid);
  if (node !== undefined) tryOfflineNode(memory, node);
  return 0;
}

/**
 * offline_and_remove_memory(): offlines block by block; if one refuses, those that were taken offline come back.
 * @param caller as for {@link removeMemory}
 * @returns 0 or a negative errno. Releases that remove ranges at once answer 0 also where the removal was refused
 */
export function offlineAndRemoveMemory(memory: SystemMemory, pfn: number, nrPages: number, caller?: number): number {
  const { kernel } = memory;
  if (nrPages === 0 || !isAligned(pfn, memory.blockPages) || !isAligned(nrPages, memory.blockPages)) return -EINVAL;
  const taken: { block: MemoryBlock; type: OnlineType }[] = [];
  let err = 0;
  for (const block of memoryBlocksOf(memory, pfn, nrPages)) {
    const type = block.zone?.name === MOVABLE ? 'movable' : 'kernel';
    const ret = offlineBlock(memory, block);
    if (ret === 0) taken.push({ block, type });
    if (ret < 0) {
      err = ret;
      break;
    }
  }
  if (err === 0) {
    err = removeMemory(memory, pfn, nrPages, caller);
    if (err === 0) return 0;
    if (kernel.traits.removeRangesAtOnce) {
      kernel.log.warnOnce('offline_and_remove_memory_ranges');
      return 0;
    }
    kernel.log.print(`offline_and_remove_memory: Failed to remove memory: ${err}`);
  }
  for (const { block, type } of taken) {
    const ret = onlineBlock(memory, block, type);
    if (ret < 0) kernel.log.print(`try_reonline_memory_block: Failed to re-online memory: ${ret}`);
  }
  return err;
}
