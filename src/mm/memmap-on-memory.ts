// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../hardware/align.js';
import { EINVAL } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Traits } from '../history/traits/index.js';

/** Whether a memory block can hold its own memmap, and what that costs (mm/memory_hotplug.c). */

/** memory_hotplug.memmap_on_memory. */
export type MemmapOnMemoryMode = 'n' | 'y' | 'force';

/** Why a block cannot hold its own memmap, in the kernel's order of questions; null if it can. */
export type MemmapOnMemoryRefusal =
  | 'no-arch-support'
  | 'disabled'
  | 'hugetlb-optimized'
  | 'size-not-block'
  | 'memmap-not-page-aligned'
  | 'not-pageblock-aligned'
  | 'whole-block'
  | 'arch'
  | null;

/** What the question is about. */
export interface MemmapOnMemoryQuestion {
  readonly mode: MemmapOnMemoryMode;
  /** PAGE_SIZE, bytes. */
  readonly pageSize: number;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
  /** memory_block_size_bytes(). */
  readonly blockSize: number;
  /** Bytes that the caller adds; only releases that know one block at a time look at them. */
  readonly size: number;
  /** PMD_SIZE, bytes. */
  readonly pmdSize: number;
  /** pageblock_nr_pages. */
  readonly pageblockPages: number;
  /** CONFIG_MHP_MEMMAP_ON_MEMORY can be set. */
  readonly archSelects: boolean;
  /** arch_supports_memmap_on_memory(). @param memmapBytes memmap of a block */
  readonly archSupports: (memmapBytes: number) => boolean;
  /** hugetlb_free_vmemmap is on, which once excluded a memmap in the block. */
  readonly hugetlbOptimized?: boolean;
}

export interface MemmapOnMemoryAnswer {
  readonly refusal: MemmapOnMemoryRefusal;
  /** Memmap of a block; in releases that know one block at a time, of what is added. Bytes. */
  readonly memmapBytes: number;
  /** Base pages set aside at the start of a block. */
  readonly memmapPages: number;
  /** Base pages set aside and not needed. */
  readonly wastedPages: number;
}

/** mhp_supports_memmap_on_memory() of one release, in its order of questions. */
function refusalOf(traits: Traits, q: MemmapOnMemoryQuestion, memmapBytes: number, memmapPages: number) {
  if (!q.archSelects) return 'no-arch-support';
  if (q.mode === 'n') return 'disabled';
  if (q.hugetlbOptimized && !traits.momWithHvo) return 'hugetlb-optimized';
  const takesRanges = traits.momPerBlockAltmaps || traits.momWholeRange;
  if (!takesRanges && q.size !== q.blockSize) return 'size-not-block';
  if (!traits.momForce) {
    if (memmapBytes % q.pmdSize !== 0) return 'arch';
    return (q.size - memmapBytes) % (q.pageblockPages * q.pageSize) === 0 ? null : 'not-pageblock-aligned';
  }
  if (memmapBytes % q.pageSize !== 0) return 'memmap-not-page-aligned';
  if (memmapPages % q.pageblockPages !== 0) return 'not-pageblock-aligned';
  if (memmapPages === q.blockSize / q.pageSize) return 'whole-block';
  return q.archSupports(memmapBytes) ? null : 'arch';
}

/** mhp_supports_memmap_on_memory(), with memory_block_memmap_on_memory_pages(). */
export function memmapOnMemory(traits: Traits, question: MemmapOnMemoryQuestion): MemmapOnMemoryAnswer {
  const { pageSize, structPageSize, blockSize, size, mode, pageblockPages } = question;
  const described = traits.momForce ? blockSize : size;
  const memmapBytes = (described / pageSize) * structPageSize;
  const needed = Math.ceil(memmapBytes / pageSize);
  const memmapPages = traits.momForce && mode === 'force' ? alignUp(needed, pageblockPages) : needed;
  return {
    refusal: refusalOf(traits, question, memmapBytes, memmapPages),
    memmapBytes,
    memmapPages,
    wastedPages: memmapPages - needed,
  };
}

/**
 * The question for a block of a kernel.
 * @param blockPages pages of a memory block
 * @param nrPages pages that the caller adds
 */
export const blockQuestion = (
  kernel: Kernel,
  blockPages: number,
  nrPages: number,
  mode: MemmapOnMemoryMode,
  hugetlbOptimized = false,
): MemmapOnMemoryQuestion => ({
  mode,
  pageSize: kernel.pageSize,
  structPageSize: kernel.structPageSize,
  blockSize: blockPages * kernel.pageSize,
  size: nrPages * kernel.pageSize,
  pmdSize: kernel.platform.pmdSize,
  pageblockPages: kernel.platform.pageblockPages,
  archSelects: kernel.kconfig.selectsMemmapOnMemory,
  archSupports: (memmapBytes) => kernel.kconfig.supportsMemmapOnMemory(memmapBytes),
  hugetlbOptimized,
});

/** kstrtobool(), lib/kstrtox.c: the first letters decide. */
function kstrtobool(text: string): boolean | undefined {
  if (/^([yYtT1]|[oO][nN])/.test(text)) return true;
  if (/^([nNfF0]|[oO][fF])/.test(text)) return false;
  return undefined;
}

/**
 * set_memmap_mode(): what the kernel makes of memory_hotplug.memmap_on_memory=TEXT. Releases without force read that word
 * as a boolean, and "f" is false.
 * @returns the mode, or -EINVAL
 */
export function parseMemmapOnMemory(traits: Traits, text: string): MemmapOnMemoryMode | number {
  const word = text.replace(/\n$/, '');
  if (traits.momForce && (word === 'force' || word === 'FORCE')) return 'force';
  const enabled = kstrtobool(word);
  if (enabled === undefined) return -EINVAL;
  return enabled ? 'y' : 'n';
}

/** get_memmap_mode(): what /sys/module/memory_hotplug/parameters/memmap_on_memory reads. */
export function showMemmapOnMemory(traits: Traits, mode: MemmapOnMemoryMode): string {
  if (mode === 'force' && traits.momForceReadsBack) return 'force';
  return mode === 'n' ? 'N' : 'Y';
}
