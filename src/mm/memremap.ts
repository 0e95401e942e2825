// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { EINVAL, ENOMEM } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import type { DevPagemap } from './sparse-vmemmap.js';
import { addPages, removePages } from './memory-hotplug.js';
import { vmemAltmapOffset, type VmemAltmap } from './vmem-altmap.js';

/** mm/memremap.c: struct pages for the memory of a device. */

/** struct dev_pagemap of one range. */
export interface DevicePages {
  readonly id: string;
  readonly pfn: number;
  readonly nrPages: number;
  readonly altmap: VmemAltmap | null;
  /** log2 of the base pages of a compound page; 0 for none. */
  readonly vmemmapShift: number;
}

/** pgmap_array: the devices that are mapped, by their name. */
export type PgmapTable = Map<string, DevicePages>;

const pgmapOf = ({ pfn, vmemmapShift }: DevicePages): DevPagemap => ({ rangeStartPfn: pfn, vmemmapShift });

interface PfnRange {
  readonly pfn: number;
  readonly nrPages: number;
}

const covers = (range: PfnRange, pfn: number): boolean => pfn >= range.pfn && pfn < range.pfn + range.nrPages;

/** The range that gets struct pages: before subsections, every section that the device touches. */
export function mappedRange(kernel: Kernel, { pfn, nrPages }: PfnRange): PfnRange {
  if (kernel.traits.genericSubsections) return { pfn, nrPages };
  const start = alignDown(pfn, kernel.pagesPerSection);
  return { pfn: start, nrPages: alignUp(pfn + nrPages, kernel.pagesPerSection) - start };
}

/**
 * memremap_pages() for one range. Only its first and last page are tested for another device.
 * @returns 0, -ENOMEM when a device is there already or memory runs out, -EINVAL when the name is taken
 */
export function memremapPages(kernel: Kernel, devices: PgmapTable, device: DevicePages): number {
  if (devices.has(device.id)) return -EINVAL;
  const { pfn, nrPages } = mappedRange(kernel, device);
  for (const end of [pfn, pfn + nrPages - 1]) {
    if ([...devices.values()].some((other) => covers(mappedRange(kernel, other), end))) {
      kernel.log.warn('Conflicting mapping in same section');
      return -ENOMEM;
    }
  }
  const err = addPages(kernel, 0, pfn, nrPages, device.altmap, pgmapOf(device));
  if (err === 0) devices.set(device.id, device);
  return err;
}

/**
 * memunmap_pages().
 * @returns null as a void function, -EINVAL when no device of that name is mapped
 */
export function memunmapPages(kernel: Kernel, devices: PgmapTable, id: string): number | null {
  const device = devices.get(id);
  if (device === undefined) return -EINVAL;
  const { pfn, nrPages } = mappedRange(kernel, device);
  removePages(kernel, pfn, nrPages, device.altmap, pgmapOf(device));
  devices.delete(id);
  if (device.altmap !== null && device.altmap.alloc !== 0) kernel.log.warnOnce('failed to free all reserved pages');
  return null;
}

/** pfn_first(): the first page of a device that is not set aside for its memmap. */
export const pfnFirst = (device: DevicePages): number => device.pfn + vmemAltmapOffset(device.altmap);
