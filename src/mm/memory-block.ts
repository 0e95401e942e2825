// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../hardware/align.js';
import { EINVAL } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { addPages, removePages } from './memory-hotplug.js';
import type { VmemAltmap } from './vmem-altmap.js';

/**
 * Memory blocks and the memmap that they may hold themselves: add_memory_resource() and try_remove_memory() of
 * mm/memory_hotplug.c as far as the memmap goes.
 */

/** memory_hotplug.memmap_on_memory. */
export type MemmapOnMemoryMode = 'n' | 'y' | 'force';

/** Why a block cannot hold its own memmap, in the kernel's order of questions; null if it can. */
export type MemmapOnMemoryRefusal =
  'disabled' | 'size-not-block' | 'memmap-not-page-aligned' | 'not-pageblock-aligned' | 'whole-block' | 'arch' | null;

/** Pages set aside at the start of a block for its memmap (memory_block_memmap_on_memory_pages). */
function memmapOnMemoryPages(kernel: Kernel, blockPages: number, mode: MemmapOnMemoryMode): number {
  const memmapPages = Math.ceil((blockPages * kernel.structPageSize) / kernel.pageSize);
  return mode === 'force' ? alignUp(memmapPages, kernel.arch.pageblockPages) : memmapPages;
}

/**
 * mhp_supports_memmap_on_memory().
 * @param nrPages pages that the caller adds; only releases that know one block at a time look at them
 */
export function memmapOnMemoryRefusal(
  kernel: Kernel,
  blockPages: number,
  nrPages: number,
  mode: MemmapOnMemoryMode,
): MemmapOnMemoryRefusal {
  if (mode === 'n' || !kernel.traits.momOneBlock) return 'disabled';
  const memmapBytes = blockPages * kernel.structPageSize;
  if (!kernel.traits.momForce) {
    if (nrPages !== blockPages) return 'size-not-block';
    if (memmapBytes % kernel.arch.pmdSize !== 0) return 'arch';
    return (blockPages - memmapBytes / kernel.pageSize) % kernel.arch.pageblockPages === 0
      ? null
      : 'not-pageblock-aligned';
  }
  if (memmapBytes % kernel.pageSize !== 0) return 'memmap-not-page-aligned';
  const setAside = memmapOnMemoryPages(kernel, blockPages, mode);
  if (setAside % kernel.arch.pageblockPages !== 0) return 'not-pageblock-aligned';
  if (setAside === blockPages) return 'whole-block';
  return kernel.arch.supportsMemmapOnMemory(memmapBytes) ? null : 'arch';
}

/** The memory blocks of a machine: which are there, and the altmap of each. */
export interface MemoryBlocks {
  /** add_memory(). Returns 0 or a negative errno. */
  add(kernel: Kernel, nid: number, pfn: number, nrPages: number, wantsMemmapOnMemory: boolean): number;
  /** remove_memory(). Returns 0 or a negative errno. */
  remove(kernel: Kernel, pfn: number, nrPages: number): number;
  /** Whether the block that starts at a frame holds its own memmap. */
  holdsMemmap(pfn: number): boolean;
}

/**
 * @param blockPages pages of a memory block
 */
export function memoryBlocks(blockPages: number, mode: MemmapOnMemoryMode): MemoryBlocks {
  const altmaps = new Map<number, VmemAltmap | null>();

  const blockAltmap = (kernel: Kernel, pfn: number): VmemAltmap => ({
    name: `block${pfn / blockPages}`,
    basePfn: pfn,
    endPfn: pfn + blockPages - 1,
    reserve: 0,
    free: kernel.traits.momForce ? memmapOnMemoryPages(kernel, blockPages, mode) : blockPages,
    align: 0,
    alloc: 0,
  });

  return {
    add(kernel, nid, pfn, nrPages, wantsMemmapOnMemory) {
      if (pfn % blockPages !== 0 || nrPages % blockPages !== 0) return -EINVAL;
      const refusal = wantsMemmapOnMemory ? memmapOnMemoryRefusal(kernel, blockPages, nrPages, mode) : 'disabled';
      const end = pfn + nrPages;
      if (refusal !== null) {
        const err = addPages(kernel, nid, pfn, nrPages, null);
        if (err === 0) for (let block = pfn; block < end; block += blockPages) altmaps.set(block, null);
        return err;
      }
      for (let block = pfn; block < end; block += blockPages) {
        const altmap = blockAltmap(kernel, block);
        const err = addPages(kernel, nid, block, blockPages, altmap);
        if (err !== 0) {
          removeBlocks(kernel, pfn, block);
          return err;
        }
        altmaps.set(block, altmap);
      }
      return 0;
    },
    holdsMemmap: (pfn) => (altmaps.get(pfn) ?? null) !== null,
    remove(kernel, pfn, nrPages) {
      if (pfn % blockPages !== 0 || nrPages % blockPages !== 0) return -EINVAL;
      const end = pfn + nrPages;
      const own = new Set<boolean>();
      for (let block = pfn; block < end; block += blockPages) own.add((altmaps.get(block) ?? null) !== null);
      if (own.size > 1) return -EINVAL;
      if (own.has(true)) removeBlocks(kernel, pfn, end);
      else {
        removePages(kernel, pfn, nrPages, null);
        for (let block = pfn; block < end; block += blockPages) altmaps.delete(block);
      }
      return 0;
    },
  };

  function removeBlocks(kernel: Kernel, from: number, to: number): void {
    for (let block = from; block < to; block += blockPages) {
      const altmap = altmaps.get(block) ?? null;
      removePages(kernel, block, blockPages, altmap);
      altmaps.delete(block);
      if (altmap !== null && altmap.alloc !== 0) kernel.log.warn('Altmap not fully unmapped');
    }
  }
}
