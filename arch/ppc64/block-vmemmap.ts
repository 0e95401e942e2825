// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../../src/hardware/align.js';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import { EFAULT, ENOMEM } from '../../src/kernel/errno.js';
import { freePages, type Kernel } from '../../src/kernel/kernel.js';
import type { Decision } from '../../src/kernel/observer.js';
import { vmemmapAllocBlockBuf } from '../../src/mm/sparse-vmemmap.js';
import { vmemAltmapFree } from '../../src/mm/vmem-altmap.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import { altmapCrossBoundary, vmemmapPopulated } from './populated.js';
import type { VmemmapList } from './vmemmap-list.js';

/**
 * __vmemmap_populate() and __vmemmap_free() of arch/powerpc/mm/init_64.c: the vmemmap in blocks of one size, each noted
 * in vmemmap_list. The hash MMU works so; radix did until v6.6.
 */

/** What __vmemmap_populate() finds, told to an observer. */
const POPULATE = '__vmemmap_populate';
const POPULATED: Decision = {
  because: 'vmemmap_populated(): the block describes memory that is valid already',
  so: 'nothing new: the block is not looked at',
};
const NEW_BLOCK: Decision = {
  because: '!vmemmap_populated(), and mmu_vmemmap_psize is the size of every mapping',
  so: 'a block of mmu_vmemmap_psize',
};

/** What maps a block, vmemmap_create_mapping() and vmemmap_remove_mapping(). */
export interface BlockMapping {
  /** @returns 0 or a negative number */
  create(address: number, phys: number): number;
  remove(address: number): void;
}

/**
 * __vmemmap_populate(). A block that describes memory which is valid already counts as mapped, and is not looked at.
 * @param blockSize bytes that one mapping covers
 * @returns 0, -ENOMEM, or -EFAULT when the mapping could not be made
 */
export function populateBlocks(
  kernel: Kernel,
  list: VmemmapList,
  mapping: BlockMapping,
  blockSize: number,
  start: number,
  end: number,
  nid: number,
  altmap: VmemAltmap | null,
): number {
  const { traits, observer } = kernel;
  const order = orderOf(kernel, blockSize);
  for (let address = alignDown(start, blockSize); address < end; address += blockSize) {
    const populated = vmemmapPopulated(kernel, address, blockSize);
    observer?.decide(POPULATE, populated ? POPULATED : NEW_BLOCK, address, address + blockSize);
    if (populated) continue;
    const own = altmap !== null && !altmapCrossBoundary(kernel, altmap, address, blockSize) ? altmap : null;
    let pfn = own === null ? NO_PAGE : vmemmapAllocBlockBuf(kernel, order, nid, own);
    const fromAltmap = pfn !== NO_PAGE;
    if (!fromAltmap && own !== null && !traits.ppc64AltmapFallbackRam) return -ENOMEM;
    if (!fromAltmap) pfn = vmemmapAllocBlockBuf(kernel, order, nid, null);
    if (pfn === NO_PAGE) return -ENOMEM;
    const phys = pfn * kernel.pageSize;
    observer?.enter('vmemmap_list_populate');
    const noted = list.populate(phys, address, nid);
    observer?.leave();
    if (!noted && traits.ppc64NodeFailureUndone) {
      // Without a node nobody could free the block later.
      if (fromAltmap && own !== null) vmemAltmapFree(kernel, own, 1 << order);
      else freePages(kernel, pfn, order);
      return -ENOMEM;
    }
    observer?.enter('vmemmap_create_mapping');
    const created = mapping.create(address, phys);
    observer?.leave();
    if (created < 0) return -EFAULT;
  }
  return 0;
}

/**
 * __vmemmap_free(). A block that still describes valid memory stays; where a block goes is told by its frame.
 * @param blockSize bytes that one mapping covers
 */
export function freeBlocks(
  kernel: Kernel,
  list: VmemmapList,
  mapping: BlockMapping,
  blockSize: number,
  start: number,
  end: number,
  altmap: VmemAltmap | null,
): void {
  const { observer } = kernel;
  const order = orderOf(kernel, blockSize);
  for (let address = alignDown(start, blockSize); address < end; address += blockSize) {
    if (vmemmapPopulated(kernel, address, blockSize)) continue;
    observer?.enter('vmemmap_list_free');
    const phys = list.free(address);
    observer?.leave();
    if (phys === 0) continue;
    freeVmemmapPages(kernel, phys / kernel.pageSize, order, altmap);
    observer?.enter('vmemmap_remove_mapping');
    mapping.remove(address);
    observer?.leave();
  }
}

/**
 * free_vmemmap_pages(): to the altmap if the frame lies in it, to the page allocator otherwise.
 * @param order log2 of the base pages
 */
export function freeVmemmapPages(kernel: Kernel, pfn: number, order: number, altmap: VmemAltmap | null): void {
  if (altmap !== null && isAltmapPfn(kernel, pfn, altmap)) vmemAltmapFree(kernel, altmap, 1 << order);
  else freePages(kernel, pfn, order);
}

/** Whether a frame counts as the altmap's. The test came with the way back to system memory. */
function isAltmapPfn({ traits }: Kernel, pfn: number, altmap: VmemAltmap): boolean {
  if (!traits.ppc64AltmapFallbackRam) return true;
  const { basePfn, reserve, free, alloc, align } = altmap;
  const end = basePfn + reserve + free + (traits.ppc64AltEndExact ? 0 : alloc + align);
  return pfn >= basePfn && pfn < end;
}

/** get_order(). @param bytes a power of two */
const orderOf = (kernel: Kernel, bytes: number): number =>
  Math.max(0, 31 - Math.clz32(bytes) - (31 - Math.clz32(kernel.pageSize)));
