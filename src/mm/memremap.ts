// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { PfnRange } from '../kernel/pfn-range.js';
import { alignDown, alignUp } from '../hardware/align.js';
import { EINVAL, ENOMEM, ENXIO } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { archAddMemory, archAddPages, isRangeAllowed } from './memory-hotplug.js';
import { initStructPages, touchStructPages } from './online-pages.js';
import { IORESOURCE_SYSTEM_RAM, regionIntersects, releaseMemRegionAdjustable, requestRegion } from './resource.js';
import { vmemmapCanOptimize, VMEMMAP_RESERVE_NR } from './sparse-vmemmap.js';
import type { DevPagemap } from '../kernel/memremap.js';
import { pfnToSectionNr } from './sparse.js';
import type { DevicePages } from './pgmap-array.js';
import type { SystemMemory } from './system-memory.js';
import { vmemAltmapOffset } from './vmem-altmap.js';
import { DEVICE, movePfnRangeToZone, removePfnRangeFromZone, zoneOf } from './zone.js';

/** mm/memremap.c: struct pages for the memory of a device. */

const pgmapOf = ({ pfn, vmemmapShift }: DevicePages): DevPagemap => ({ rangeStartPfn: pfn, vmemmapShift });

/** pfn_first(): the first page of a device that is not set aside for its memmap. */
export const pfnFirst = (device: DevicePages): number => device.pfn + vmemAltmapOffset(device.altmap);

/** The range that gets struct pages: before subsections, every section that the device touches. */
export function mappedRange(kernel: Kernel, { pfn, nrPages }: PfnRange): PfnRange {
  if (kernel.traits.genericSubsections) return { pfn, nrPages };
  const start = alignDown(pfn, kernel.pagesPerSection);
  return { pfn: start, nrPages: alignUp(pfn + nrPages, kernel.pagesPerSection) - start };
}

/** Why the range cannot become a device's, in the kernel's order; 0 if it can. Only the end pages are tested. */
function refusal({ kernel, devices, iomem }: SystemMemory, { pfn, nrPages }: PfnRange): number {
  if (devices.covers(pfn) || devices.covers(pfn + nrPages - 1)) {
    kernel.log.warn('Conflicting mapping in same section');
    return -ENOMEM;
  }
  const { pageSize } = kernel;
  const meets = regionIntersects(iomem, pfn * pageSize, nrPages * pageSize, IORESOURCE_SYSTEM_RAM);
  if (meets === 'disjoint') return 0;
  const last = (pfn + nrPages) * pageSize - 1;
  kernel.log.warnOnce(`attempted on ${meets === 'mixed' ? 'mixed' : 'ram'} region ${hex(pfn * pageSize)}-${hex(last)}`);
  return -ENXIO;
}

/** MAX_FOLIO_ORDER of a kernel with HugeTLB pages, bytes: the largest compound page. */
const MAX_FOLIO_BYTES = 2 ** 34;

/**
 * What memremap_pages() and pagemap_range() ask about sizes and addresses.
 * @returns 0, or -EINVAL for compound pages that are too large and for a range that there is no room for
 */
function sizeRefusal({ kernel, addressLimit }: SystemMemory, device: DevicePages, { pfn, nrPages }: PfnRange): number {
  const { traits, pageSize, physmemEnd, log } = kernel;
  if (2 ** device.vmemmapShift * pageSize > MAX_FOLIO_BYTES && traits.daxRefusesLargeOrders) {
    log.warnOnce('requested folio size unsupported');
    return -EINVAL;
  }
  const limit = device.isPrivate ? physmemEnd - 1 : addressLimit;
  return isRangeAllowed(kernel, pfn * pageSize, nrPages * pageSize, limit) ? 0 : -EINVAL;
}

/**
 * memremap_pages() for one range: struct pages, ZONE_DEVICE, and their first contents.
 * @returns 0; -ENOMEM when a device is there already or memory runs out, -ENXIO over System RAM, -EINVAL when the range is
 *   no whole subsections, too large or too high, or the name is taken, -EEXIST when a subsection is active
 * @throws PageFault where compound pages that are not folded end behind what is mapped
 */
export function memremapPages(memory: SystemMemory, device: DevicePages): number {
  const { kernel, devices, nodes } = memory;
  if (devices.get(device.id) !== undefined) return -EINVAL;
  const range = mappedRange(kernel, device);
  const refused = refusal(memory, range);
  if (refused !== 0) return refused;
  if (device.isPrivate) claimPrivateRange(memory, device);
  devices.store(range, device);
  const add = device.isPrivate ? archAddPages : archAddMemory;
  const err =
    sizeRefusal(memory, device, range) ||
    add(kernel, device.nid, range.pfn, range.nrPages, device.altmap, pgmapOf(device));
  if (err !== 0) {
    devices.erase(range);
    warnIfReserved(kernel, device);
    return err;
  }
  devices.setMapped(device, true);
  const zone = zoneOf(nodes[device.nid]!, DEVICE);
  const end = device.pfn + device.nrPages;
  const first = pfnFirst(device);
  const firstOfMemmap = device.pfn + (device.altmap?.reserve ?? 0);
  movePfnRangeToZone(memory, zone, device.pfn, device.nrPages, { pfn: firstOfMemmap, end });
  initStructPages(kernel, firstOfMemmap, first - firstOfMemmap);
  initDevicePages(kernel, device, first, end);
  return 0;
}

/**
 * memmap_init_zone_device(): compound page by compound page, also where the last one does not end with the range. Of one
 * that is folded, the struct pages of the vmemmap pages that are kept (compound_nr_pages); the others show the same bytes.
 */
function initDevicePages(kernel: Kernel, device: DevicePages, first: number, end: number): void {
  const { altmap, vmemmapShift } = device;
  const { sections, pageSize, structPageSize, traits } = kernel;
  const compound = 2 ** vmemmapShift;
  if (!vmemmapCanOptimize(kernel, altmap, pgmapOf(device))) {
    const nrPages = end - first;
    initStructPages(kernel, first, traits.daxCompoundPages ? Math.ceil(nrPages / compound) * compound : nrPages);
    return;
  }
  const kept = (VMEMMAP_RESERVE_NR * pageSize) / structPageSize;
  for (let head = first; head < end; head += compound) {
    const isWhole = traits.daxInitsReusedTails && sections.isEarly(pfnToSectionNr(kernel, head));
    initStructPages(kernel, head, isWhole ? compound : kept);
  }
}

/**
 * memunmap_pages(). It reads the first struct page of the device to know its zone; as long as each page held a reference,
 * it dropped them all first.
 * @returns null as a void function, -EINVAL when no device of that name is mapped
 * @throws PageFault where a struct page that it reads is not mapped any more
 */
export function memunmapPages(memory: SystemMemory, id: string): number | null {
  const { kernel, devices, pageZones, nodes } = memory;
  const device = devices.get(id);
  if (device === undefined) return -EINVAL;
  const first = pfnFirst(device);
  touchStructPages(kernel, first, kernel.traits.devicePagesWithoutReferences ? 1 : device.pfn + device.nrPages - first);
  const zone = pageZones.get(first) ?? zoneOf(nodes[device.nid]!, DEVICE);
  removePfnRangeFromZone(memory, zone, device.pfn, device.nrPages);
  const range = mappedRange(kernel, device);
  const altmap = device.isPrivate ? null : device.altmap;
  kernel.memoryHotplug.removePages(range.pfn, range.nrPages, altmap, pgmapOf(device));
  devices.erase(range);
  devices.setMapped(device, false);
  warnIfReserved(kernel, device);
  if (kernel.traits.unmapReleasesResource && device.altmap === null) {
    const { pageSize, traits, log } = kernel;
    const movesChildren = traits.resourceSplitMovesChildren;
    releaseMemRegionAdjustable(memory.iomem, device.pfn * pageSize, device.nrPages * pageSize, log, movesChildren);
  }
  return null;
}

/** request_free_mem_region(): the range is the driver's before it has struct pages, and stays so when they are gone. */
function claimPrivateRange({ kernel, iomem, driverRegions }: SystemMemory, { id, pfn, nrPages }: DevicePages): void {
  if (driverRegions.has(id)) return;
  const region = requestRegion(iomem, pfn * kernel.pageSize, nrPages * kernel.pageSize, { text: id });
  if (region !== null) driverRegions.set(id, region);
}

/** What pageunmap_range() or its forerunner says of an altmap that has pages out when its device goes. */
export const FAILED_TO_FREE_RESERVED_PAGES = 'failed to free all reserved pages';

function warnIfReserved(kernel: Kernel, { altmap }: DevicePages): void {
  if (altmap !== null && altmap.alloc !== 0) kernel.log.warnOnce(FAILED_TO_FREE_RESERVED_PAGES);
}
