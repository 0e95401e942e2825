// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { E2BIG, EEXIST, EINVAL } from '../kernel/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MemoryHotplug } from '../kernel/memory-hotplug.js';
import { KernelBug } from '../kernel/log.js';
import {
  pfnToSectionNr,
  sparseAddOneSection,
  sparseAddSection,
  sparseInitSection,
  sparseRemoveOneSection,
  sparseRemoveSection,
} from './sparse.js';
import type { DevPagemap, VmemAltmap } from '../kernel/memremap.js';
import { resetAltmap, vmemAltmapOffset } from './vmem-altmap.js';

/** mm/memory_hotplug.c: adding and removing ranges of pages, a section at a time. */

/** The doors of a kernel whose code is this emulator's. Everything above goes through {@link Kernel.memoryHotplug}. */
export const modelledMemoryHotplug = (kernel: Kernel): MemoryHotplug => ({
  addPages: (nid, pfn, nrPages, altmap, pgmap = null) => addPages(kernel, nid, pfn, nrPages, altmap, pgmap),
  removePages: (pfn, nrPages, altmap, pgmap = null) => removePages(kernel, pfn, nrPages, altmap, pgmap),
  initSection: (nid, pfn, nrPages) => sparseInitSection(kernel, nid, pfn, nrPages),
});

/** check_pfn_span(): nothing smaller than a subsection is added or removed. */
const isSubsectionAligned = (kernel: Kernel, pfn: number, nrPages: number): boolean =>
  (pfn & (kernel.pagesPerSubsection - 1)) === 0 && (nrPages & (kernel.pagesPerSubsection - 1)) === 0;

function warnMisaligned(kernel: Kernel, caller: string, pfn: number, nrPages: number): void {
  const end = pfn + nrPages - 1;
  kernel.log.warn(
    `Misaligned ${caller} start: ${hex(pfn)} end: ${kernel.traits.hotplugHexEnd ? '0x' : '#'}${end.toString(16)}`,
  );
}

/** Pages from `pfn` to the end of its section, `nrPages` at most. */
const pagesInSection = (kernel: Kernel, pfn: number, nrPages: number): number =>
  Math.min(nrPages, kernel.pagesPerSection - (pfn & (kernel.pagesPerSection - 1)));

/**
 * check_hotplug_memory_addressable(), where the release has it: it is asked last, so that nothing within rests on that. The
 * maximum that it prints has one bit too many.
 * @returns 0 or -E2BIG
 */
function checkAddressable({ pageSize, physmemEnd, log, traits }: Kernel, pfn: number, nrPages: number): number {
  const last = (pfn + nrPages) * pageSize - 1;
  if (last < physmemEnd || !traits.addPagesChecksRange) return 0;
  const maximum = 2 * physmemEnd - 1;
  log.warn(
    `Hotplugged memory exceeds maximum addressable address, range=${hex(pfn * pageSize)}-${hex(last)}, maximum=${hex(maximum)}`,
  );
  return -E2BIG;
}

/**
 * mhp_range_allowed() as callers of the memory hotplug code ask it, where the release has them ask.
 * @param start first byte address
 * @param size bytes
 * @param limit the highest byte address that is allowed (mhp_get_pluggable_range)
 */
export function isRangeAllowed({ log, traits }: Kernel, start: number, size: number, limit: number): boolean {
  if ((size > 0 && start + size - 1 <= limit) || !traits.callersCheckRange) return true;
  log.print(
    `Hotplug memory [${hex(start)}-${hex(start + size)}] exceeds maximum addressable range [0x0-${hex(limit)}]`,
  );
  return false;
}

/** Of __add_pages(): an altmap begins where the range does, and describes it. Nothing of it is handed out. */
function isValidAltmap(kernel: Kernel, altmap: VmemAltmap, pfn: number, nrPages: number): boolean {
  if (altmap.basePfn !== pfn || vmemAltmapOffset(altmap) > nrPages) {
    kernel.log.print('memory add fail, invalid altmap');
    return false;
  }
  resetAltmap(altmap);
  return true;
}

/**
 * __add_pages(): makes the memmap of a range.
 * @param pfn first page
 * @param nrPages pages
 * @returns 0 or a negative errno. Sections added before the one that failed stay.
 */
function addPages(
  kernel: Kernel,
  nid: number,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): number {
  const refused = checkAddressable(kernel, pfn, nrPages);
  if (refused !== 0) return refused;
  if (altmap !== null && !isValidAltmap(kernel, altmap, pfn, nrPages)) return -EINVAL;
  if (!kernel.traits.genericSubsections) return addWholeSections(kernel, nid, pfn, nrPages, altmap);
  if (!isSubsectionAligned(kernel, pfn, nrPages)) {
    warnMisaligned(kernel, '__add_pages', pfn, nrPages);
    return -EINVAL;
  }
  const end = pfn + nrPages;
  while (pfn < end) {
    const count = pagesInSection(kernel, pfn, end - pfn);
    kernel.observer?.enter('sparse_add_section');
    const err = sparseAddSection(kernel, nid, pfn, count, altmap, pgmap);
    kernel.observer?.leave();
    if (err !== 0) return err;
    pfn += count;
  }
  return 0;
}

/**
 * add_pages(): __add_pages() as the architecture calls it.
 * @returns what that returned
 */
export function archAddPages(
  kernel: Kernel,
  nid: number,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null = null,
): number {
  const err = kernel.memoryHotplug.addPages(nid, pfn, nrPages, altmap, pgmap);
  if (err !== 0 && kernel.code.addPagesWarns) kernel.log.warnOnce('add_pages');
  return err;
}

/**
 * arch_add_memory(): the linear mapping is not modelled, so what is left is what is asked before it, and the memmap.
 * @returns 0 or a negative errno
 */
export function archAddMemory(
  kernel: Kernel,
  nid: number,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null = null,
): number {
  const { code, pageSize } = kernel;
  const refused = code.refusesMemory?.(pfn * pageSize, nrPages * pageSize, altmap) ?? 0;
  return refused !== 0 ? refused : archAddPages(kernel, nid, pfn, nrPages, altmap, pgmap);
}

/**
 * __remove_pages(): takes the memmap of a range down.
 * @param pfn first page
 * @param nrPages pages
 * @param pgmap geometry that the range was added with; only counting looks at it
 */
function removePages(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): void {
  if (!kernel.traits.genericSubsections) {
    removeWholeSections(kernel, pfn, nrPages, altmap);
    return;
  }
  if (!isSubsectionAligned(kernel, pfn, nrPages)) {
    warnMisaligned(kernel, '__remove_pages', pfn, nrPages);
    return;
  }
  const end = pfn + nrPages;
  while (pfn < end) {
    const count = pagesInSection(kernel, pfn, end - pfn);
    kernel.observer?.enter('sparse_remove_section');
    sparseRemoveSection(kernel, pfn, count, altmap, pgmap);
    kernel.observer?.leave();
    pfn += count;
  }
}

/** __add_pages() before subsections: a range stands for every section that it touches, and one that is there is fine. */
function addWholeSections(
  kernel: Kernel,
  nid: number,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
): number {
  const last = pfnToSectionNr(kernel, pfn + nrPages - 1);
  for (let sectionNr = pfnToSectionNr(kernel, pfn); sectionNr <= last; sectionNr++) {
    kernel.observer?.enter('sparse_add_one_section');
    const err = sparseAddOneSection(kernel, nid, sectionNr, altmap);
    kernel.observer?.leave();
    if (err !== 0 && err !== -EEXIST) return err;
  }
  return 0;
}

/** __remove_pages() before subsections. */
function removeWholeSections(kernel: Kernel, pfn: number, nrPages: number, altmap: VmemAltmap | null): void {
  const { pagesPerSection } = kernel;
  if (pfn % pagesPerSection !== 0 || nrPages % pagesPerSection !== 0) throw new KernelBug('BUG_ON in __remove_pages()');
  for (let at = pfn; at < pfn + nrPages; at += pagesPerSection) {
    kernel.observer?.enter('sparse_remove_one_section');
    sparseRemoveOneSection(kernel, pfnToSectionNr(kernel, at), altmap);
    kernel.observer?.leave();
  }
}
