// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, isAligned } from '../hardware/align.js';
import { memset, PageFault } from '../hardware/mmu.js';
import { EBUSY, EINVAL } from '../kernel/errno.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { dissolveFreeHugetlbFolios } from './hugetlb-vmemmap.js';
import { walkSystemRamRange } from './resource.js';
import { INITIALISED, notify, type SystemMemory } from './system-memory.js';
import {
  adjustPresentPageCount,
  movePfnRangeToZone,
  removePfnRangeFromZone,
  setSectionsOnline,
  type Zone,
} from './zone.js';

/** mm/memory_hotplug.c: pages become part of a zone, and leave it. */

/**
 * memmap_init_range(): writes the struct pages of a range.
 * @throws PageFault where one is not mapped
 */
export function initStructPages(kernel: Kernel, pfn: number, nrPages: number): void {
  const { platform, observer } = kernel;
  const start = pfnToPage(kernel, pfn);
  const bytes = nrPages * kernel.structPageSize;
  memset(platform.loadedMmu ?? platform.mmu, kernel.ram, start, INITIALISED, bytes);
  observer?.enter('memmap_init_range');
  observer?.initialise(start, bytes);
  observer?.leave();
}

/**
 * Reads struct pages, or writes to what is not modelled of them.
 * @throws PageFault where one is not mapped
 */
export function touchStructPages(kernel: Kernel, pfn: number, nrPages: number): void {
  const mmu = kernel.platform.loadedMmu ?? kernel.platform.mmu;
  const end = pfnToPage(kernel, pfn + nrPages);
  for (let address = pfnToPage(kernel, pfn); address < end;) {
    const leaf = mmu.walk(address);
    if (leaf === undefined) throw new PageFault(address);
    address = leaf.start + leaf.size;
  }
}

/** Whether online_pages() and offline_pages() take a range: from a pageblock to the end of a section. */
const isOnlineable = ({ platform, pagesPerSection }: Kernel, pfn: number, nrPages: number): boolean =>
  nrPages > 0 && isAligned(pfn, platform.pageblockPages) && isAligned(pfn + nrPages, pagesPerSection);

/** Sections that the pages set aside for the memmap fill have no other page that would set them online. */
function setFilledSectionsOnline(kernel: Kernel, pfn: number, nrPages: number, online: boolean): void {
  if (nrPages < kernel.pagesPerSection) return;
  setSectionsOnline(kernel, pfn, alignDown(pfn + nrPages, kernel.pagesPerSection), online);
}

/** mhp_init_memmap_on_memory(): pages that hold the memmap join the zone; the page allocator never gets them. */
export function initMemmapOnMemory(memory: SystemMemory, zone: Zone, pfn: number, nrPages: number): void {
  initStructPages(memory.kernel, pfn, nrPages);
  movePfnRangeToZone(memory, zone, pfn, nrPages);
  setFilledSectionsOnline(memory.kernel, pfn, nrPages, true);
}

/** mhp_deinit_memmap_on_memory(). */
export function deinitMemmapOnMemory(memory: SystemMemory, pfn: number, nrPages: number): void {
  setFilledSectionsOnline(memory.kernel, pfn, nrPages, false);
  const zone = memory.pageZones.get(pfn);
  if (zone !== undefined) removePfnRangeFromZone(memory, zone, pfn, nrPages);
}

/** online_pages(). Returns 0 or a negative errno. */
export function onlinePages(memory: SystemMemory, zone: Zone, pfn: number, nrPages: number): number {
  const { kernel, faults } = memory;
  if (!isOnlineable(kernel, pfn, nrPages)) {
    kernel.log.warnOnce('online_pages');
    return -EINVAL;
  }
  initStructPages(kernel, pfn, nrPages);
  movePfnRangeToZone(memory, zone, pfn, nrPages);
  notify(memory, 'going-online', pfn, nrPages);
  if (faults.hit('notifyGoingOnline')) {
    notify(memory, 'cancel-online', pfn, nrPages);
    removePfnRangeFromZone(memory, zone, pfn, nrPages);
    return -EBUSY;
  }
  setSectionsOnline(kernel, pfn, pfn + nrPages, true);
  adjustPresentPageCount(memory, pfn, nrPages);
  notify(memory, 'online', pfn, nrPages);
  return 0;
}

/**
 * offline_pages().
 * @returns 0 or a negative errno: -EINVAL for holes or several zones, -EBUSY for what is in use, -EPERM where the
 *   architecture refuses, -ENOMEM where a HugeTLB page of the range gets no memory for its memmap
 */
export function offlinePages(memory: SystemMemory, zone: Zone, pfn: number, nrPages: number): number {
  const { kernel, faults } = memory;
  if (!isOnlineable(kernel, pfn, nrPages)) {
    kernel.log.warnOnce('offline_pages');
    return -EINVAL;
  }
  let ramPages = 0;
  walkSystemRamRange(memory.iomem, pfn, nrPages, kernel.pageSize, (_pfn, count) => {
    ramPages += count;
    return 0;
  });
  if (ramPages !== nrPages) return -EINVAL;
  if (memory.pageZones.get(pfn) !== zone || memory.pageZones.get(pfn + nrPages - 1) !== zone) {
    kernel.log.warnOnce('offline_pages');
    return -EINVAL;
  }
  if (faults.hit('isolate')) return -EBUSY;
  notify(memory, 'going-offline', pfn, nrPages);
  let err = faults.hit('notifyGoingOffline') ? -EBUSY : (kernel.code.goingOffline?.(pfn, nrPages) ?? 0);
  if (err === 0 && faults.hit('unmovable')) err = -EBUSY;
  if (err === 0) err = dissolveFreeHugetlbFolios(memory, pfn, nrPages);
  if (err !== 0) {
    notify(memory, 'cancel-offline', pfn, nrPages);
    return err;
  }
  setSectionsOnline(kernel, pfn, pfn + nrPages, false);
  adjustPresentPageCount(memory, pfn, -nrPages);
  notify(memory, 'offline', pfn, nrPages);
  removePfnRangeFromZone(memory, zone, pfn, nrPages);
  return 0;
}
