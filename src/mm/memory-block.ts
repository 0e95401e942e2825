// SPDX-License-Identifier: GPL-2.0-only

import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { EBUSY, EEXIST, EINVAL, ENOENT, ENOMEM } from '../kernel/errno.js';
import { deinitMemmapOnMemory, initMemmapOnMemory, offlinePages, onlinePages } from './online-pages.js';
import {
  blockPfn,
  notify,
  setAsidePages,
  type BootMemory,
  type MemoryBlock,
  type SystemMemory,
} from './system-memory.js';
import { restoreAltmap, saveAltmap } from './vmem-altmap.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import {
  adjustPresentPageCount,
  zoneForPfnRange,
  zoneIntersects,
  zoneNumber,
  zoneOfNumber,
  type OnlineType,
} from './zone.js';

/** drivers/base/memory.c: the devices by which people see memory, set it online and offline. */

const NUMA_NO_NODE = -1;

/** pfn_to_block_id(). */
export const blockIdOf = (memory: SystemMemory, pfn: number): number => Math.floor(pfn / memory.blockPages);

/** Blocks with boot memory, online; the node device that comes last names the node. */
export function createBootBlocks(memory: SystemMemory, boot: readonly BootMemory[]): void {
  const { blocks, blockPages, nodes } = memory;
  const nodesOf = new Map<number, Set<number>>();
  for (const { pfn, nrPages, nid } of boot) {
    for (let id = blockIdOf(memory, pfn); id <= blockIdOf(memory, pfn + nrPages - 1); id++) {
      nodesOf.set(id, (nodesOf.get(id) ?? new Set()).add(nid));
    }
  }
  for (const [id, nids] of [...nodesOf].sort(([a], [b]) => a - b)) {
    const nid = Math.max(...nids);
    const pfn = blockPfn(memory, id);
    const zones = nodes[nid]!.zones.filter((z) => z.present > 0 && zoneIntersects(z, pfn, blockPages));
    const zone = nids.size === 1 && zones.length === 1 ? zones[0]! : null;
    blocks.set(id, { id, state: 'online', nid, zone, altmap: null, nrVmemmapPages: 0 });
  }
}

/** add_memory_block(). Returns 0 or a negative errno. */
function addMemoryBlock(memory: SystemMemory, id: number, altmap: VmemAltmap | null, nrVmemmapPages: number): number {
  const { faults, kernel, blocks } = memory;
  if (blocks.has(id)) return -EEXIST;
  if (faults.hit('blockAlloc')) return -ENOMEM;
  const failed = (): number => {
    if (altmap !== null && !kernel.traits.blockAltmapSetLast) kernel.log.warn('memory_block_release');
    return -ENOMEM;
  };
  if (faults.hit('blockRegister')) return failed();
  memory.onCall?.({ call: 'block-register', block: id });
  if (faults.hit('blockIndex')) {
    memory.onCall?.({ call: 'block-unregister', block: id });
    return failed();
  }
  blocks.set(id, { id, state: 'offline', nid: NUMA_NO_NODE, zone: null, altmap, nrVmemmapPages });
  return 0;
}

function removeMemoryBlock(memory: SystemMemory, id: number): void {
  if (!memory.blocks.delete(id)) {
    memory.kernel.log.warnOnce('remove_memory_block_devices');
    return;
  }
  memory.onCall?.({ call: 'block-unregister', block: id });
}

/**
 * create_memory_block_devices() for whole blocks.
 * @param altmap what all of them keep
 * @param nrVmemmapPages what all of them keep in releases without {@link MemoryBlock.altmap}
 * @returns 0 or a negative errno; then none of them is left
 */
export function createMemoryBlockDevices(
  memory: SystemMemory,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  nrVmemmapPages = 0,
): number {
  const first = blockIdOf(memory, pfn);
  const end = blockIdOf(memory, pfn + nrPages);
  for (let id = first; id < end; id++) {
    const err = addMemoryBlock(memory, id, altmap, nrVmemmapPages);
    if (err === 0) continue;
    for (let undo = first; undo < id; undo++) removeMemoryBlock(memory, undo);
    return err;
  }
  return 0;
}

/** remove_memory_block_devices() for whole blocks. */
export function removeMemoryBlockDevices(memory: SystemMemory, pfn: number, nrPages: number): void {
  for (let id = blockIdOf(memory, pfn); id < blockIdOf(memory, pfn + nrPages); id++) removeMemoryBlock(memory, id);
}

/** walk_memory_blocks(): the blocks that a range touches, ascending. @param nrPages pages */
export function memoryBlocksOf(memory: SystemMemory, pfn: number, nrPages: number): MemoryBlock[] {
  const found: MemoryBlock[] = [];
  if (nrPages === 0) return found;
  for (let id = blockIdOf(memory, pfn); id <= blockIdOf(memory, pfn + nrPages - 1); id++) {
    const block = memory.blocks.get(id);
    if (block !== undefined) found.push(block);
  }
  return found;
}

/**
 * device_online() and memory_block_online(): first the pages that hold the memmap join the zone, then the rest does.
 * @returns 0, 1 if the block is online, or a negative errno
 */
export function onlineBlock(memory: SystemMemory, block: MemoryBlock, type: OnlineType): number {
  if (block.state === 'online') return 1;
  const { kernel, blockPages, faults } = memory;
  const pfn = blockPfn(memory, block.id);
  const zone = zoneForPfnRange(memory.nodes[block.nid]!, type, pfn, blockPages);
  const setAside = setAsidePages(kernel, block);
  const usable = { pfn: pfn + setAside, nrPages: blockPages - setAside };
  const { prepareOnlineNotifier } = kernel.traits;
  if (prepareOnlineNotifier) {
    notify(memory, 'prepare-online', usable.pfn, usable.nrPages);
    if (faults.hit('notifyPrepareOnline')) return -EBUSY;
    memory.inaccessible.set(pfn, pfn + blockPages, undefined);
  }
  if (setAside > 0) initMemmapOnMemory(memory, zone, pfn, setAside);
  const err = onlinePages(memory, zone, usable.pfn, usable.nrPages);
  if (err !== 0) {
    if (setAside > 0) deinitMemmapOnMemory(memory, pfn, setAside);
    if (prepareOnlineNotifier) notify(memory, 'finish-offline', usable.pfn, usable.nrPages);
    return err;
  }
  if (setAside > 0) adjustPresentPageCount(memory, pfn, setAside);
  block.zone = zone;
  block.state = 'online';
  return 0;
}

/**
 * device_offline() and memory_block_offline().
 * @returns 0, 1 if the block is offline, or a negative errno: -EINVAL for one without a single zone or with holes
 */
export function offlineBlock(memory: SystemMemory, block: MemoryBlock): number {
  if (block.state === 'offline') return 1;
  if (block.zone === null) return -EINVAL;
  const { kernel, blockPages } = memory;
  const pfn = blockPfn(memory, block.id);
  const setAside = setAsidePages(kernel, block);
  const usable = { pfn: pfn + setAside, nrPages: blockPages - setAside };
  if (setAside > 0) adjustPresentPageCount(memory, pfn, -setAside);
  const err = offlinePages(memory, block.zone, usable.pfn, usable.nrPages);
  if (err !== 0) {
    if (setAside > 0) adjustPresentPageCount(memory, pfn, setAside);
    return err;
  }
  if (setAside > 0) deinitMemmapOnMemory(memory, pfn, setAside);
  block.zone = null;
  block.state = 'offline';
  if (kernel.traits.prepareOnlineNotifier) notify(memory, 'finish-offline', usable.pfn, usable.nrPages);
  return 0;
}

/**
 * Does something to every memory block of a range, ascending, as people do through sysfs.
 * @returns 0, or the first answer that is not 0: -ENOENT where there is no block
 */
export function eachBlock(
  memory: SystemMemory,
  pfn: number,
  nrPages: number,
  action: (block: MemoryBlock) => number,
): number {
  for (let id = blockIdOf(memory, pfn); id <= blockIdOf(memory, pfn + nrPages - 1); id++) {
    const block = memory.blocks.get(id);
    const ret = block === undefined ? -ENOENT : action(block);
    if (ret !== 0) return ret;
  }
  return 0;
}

const STATES = ['offline', 'online'] as const;

/**
 * Writes the memory blocks, by their numbers: in which order they came makes no difference to anything.
 * @param named altmaps that are kept elsewhere
 */
export function saveBlocks(to: StateWriter, { blocks, nodes }: SystemMemory, named: readonly VmemAltmap[]): void {
  to.word(blocks.size);
  for (const id of [...blocks.keys()].sort((a, b) => a - b)) {
    const { state, nid, zone, altmap, nrVmemmapPages } = blocks.get(id)!;
    to.wide(id);
    to.word(STATES.indexOf(state));
    to.word(nid);
    to.word(zoneNumber(nodes, zone));
    saveAltmap(to, altmap, named);
    to.wide(nrVmemmapPages);
  }
}

export function restoreBlocks(from: StateReader, { blocks, nodes }: SystemMemory, named: readonly VmemAltmap[]): void {
  blocks.clear();
  for (let left = from.word(); left > 0; left--) {
    const id = from.wide();
    blocks.set(id, {
      id,
      state: STATES[from.word()]!,
      nid: from.word(),
      zone: zoneOfNumber(nodes, from.word()),
      altmap: restoreAltmap(from, named),
      nrVmemmapPages: from.wide(),
    });
  }
}
