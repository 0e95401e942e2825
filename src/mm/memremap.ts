// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { EINVAL, ENOMEM, ENXIO } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import { archAddMemory, archAddPages, isRangeAllowed, removePages } from './memory-hotplug.js';
import { initStructPages, touchStructPages } from './online-pages.js';
import { RangeMap } from './range-map.js';
import { IORESOURCE_SYSTEM_RAM, regionIntersects, releaseMemRegionAdjustable, requestRegion } from './resource.js';
import { vmemmapCanOptimize, VMEMMAP_RESERVE_NR, type DevPagemap } from './sparse-vmemmap.js';
import { pfnToSectionNr } from './sparse.js';
import type { SystemMemory } from './system-memory.js';
import { restoreAltmap, saveAltmap, vmemAltmapOffset, type VmemAltmap } from './vmem-altmap.js';
import { DEVICE, movePfnRangeToZone, removePfnRangeFromZone, zoneOf } from './zone.js';

/** mm/memremap.c: struct pages for the memory of a device. */

/** struct dev_pagemap of one range. */
export interface DevicePages {
  readonly id: string;
  readonly nid: number;
  readonly pfn: number;
  readonly nrPages: number;
  readonly altmap: VmemAltmap | null;
  /** log2 of the base pages of a compound page; 0 for none. */
  readonly vmemmapShift: number;
  /** MEMORY_DEVICE_PRIVATE: memory that the CPU cannot reach; it has struct pages and no linear mapping. */
  readonly isPrivate: boolean;
}

interface PfnRange {
  readonly pfn: number;
  readonly nrPages: number;
}

/** pgmap_array, and the devices by their name. */
export class DeviceMaps {
  private readonly byId = new Map<string, DevicePages>();
  private readonly byPfn = new RangeMap<DevicePages>();

  get(id: string): DevicePages | undefined {
    return this.byId.get(id);
  }

  /** Devices that are mapped. */
  mapped(): DevicePages[] {
    return [...this.byId.values()];
  }

  /** Whether a device is mapped at a frame. */
  covers(pfn: number): boolean {
    return this.byPfn.get(pfn) !== undefined;
  }

  /** Takes a range for a device; frames that another had there are lost to it. */
  store({ pfn, nrPages }: PfnRange, device: DevicePages): void {
    this.byPfn.set(pfn, pfn + nrPages, device);
  }

  /** pgmap_array_delete(). */
  erase({ pfn, nrPages }: PfnRange): void {
    this.byPfn.set(pfn, pfn + nrPages, undefined);
  }

  setMapped(device: DevicePages, mapped: boolean): void {
    if (mapped) this.byId.set(device.id, device);
    else this.byId.delete(device.id);
  }

  /** @param named altmaps that are kept elsewhere */
  save(to: StateWriter, named: readonly VmemAltmap[]): void {
    const devices = [...new Set([...this.byId.values(), ...this.byPfn.values()])];
    to.word(devices.length);
    for (const device of devices) {
      to.text(device.id);
      to.word(device.nid);
      to.wide(device.pfn);
      to.wide(device.nrPages);
      saveAltmap(to, device.altmap, named);
      to.word(device.vmemmapShift);
      to.word(device.isPrivate ? 1 : 0);
      to.word(this.byId.get(device.id) === device ? 1 : 0);
    }
    this.byPfn.save(to, (device) => devices.indexOf(device));
  }

  restore(from: StateReader, named: readonly VmemAltmap[]): void {
    this.byId.clear();
    const devices = Array.from({ length: from.word() }, () => {
      const device: DevicePages = {
        id: from.text(),
        nid: from.word(),
        pfn: from.wide(),
        nrPages: from.wide(),
        altmap: restoreAltmap(from, named),
        vmemmapShift: from.word(),
        isPrivate: from.word() === 1,
      };
      this.setMapped(device, from.word() === 1);
      return device;
    });
    this.byPfn.restore(from, (index) => devices[index]!);
  }
}

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
  kernel.log.warnOnce(
    `attempted on ${meets === 'mixed' ? 'mixed' : 'ram'} region 0x${(pfn * pageSize).toString(16)}-0x${last.toString(16)}`,
  );
  return -ENXIO;
}

/** MAX_FOLIO_ORDER of a kernel with HugeTLB pages, bytes: the largest compound page. */
const MAX_FOLIO_BYTES = 2 ** 34;

/**
 * What memremap_pages() and pagemap_range() ask about sizes and addresses.
 * @returns 0, or -EINVAL for compound pages that are too large and for a range that there is no room for
 */
function sizeRefusal({ kernel, addressLimit }: SystemMemory, device: DevicePages, { pfn, nrPages }: PfnRange): number {
  const { traits, pageSize, maxPhysmemBits, log } = kernel;
  if (traits.daxRefusesLargeOrders && 2 ** device.vmemmapShift * pageSize > MAX_FOLIO_BYTES) {
    log.warnOnce('requested folio size unsupported');
    return -EINVAL;
  }
  if (!traits.callersCheckRange) return 0;
  const limit = device.isPrivate ? 2 ** maxPhysmemBits - 1 : addressLimit;
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
  removePages(kernel, range.pfn, range.nrPages, altmap, pgmapOf(device));
  devices.erase(range);
  devices.setMapped(device, false);
  warnIfReserved(kernel, device);
  if (kernel.traits.unmapReleasesResource && device.altmap === null) {
    const { pageSize } = kernel;
    releaseMemRegionAdjustable(memory.iomem, device.pfn * pageSize, device.nrPages * pageSize, kernel.log);
  }
  return null;
}

/** request_free_mem_region(): the range is the driver's before it has struct pages, and stays so when they are gone. */
function claimPrivateRange({ kernel, iomem, driverRegions }: SystemMemory, { id, pfn, nrPages }: DevicePages): void {
  if (driverRegions.has(id)) return;
  const region = requestRegion(iomem, pfn * kernel.pageSize, nrPages * kernel.pageSize, { text: id });
  if (region !== null) driverRegions.set(id, region);
}

function warnIfReserved(kernel: Kernel, { altmap }: DevicePages): void {
  if (altmap !== null && altmap.alloc !== 0) kernel.log.warnOnce('failed to free all reserved pages');
}
