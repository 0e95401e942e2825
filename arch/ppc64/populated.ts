// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../../src/hardware/align.js';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import type { Kernel } from '../../src/kernel/kernel.js';
import type { Observer } from '../../src/kernel/observer.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';

/** arch/powerpc/mm/init_64.c: the two questions that both MMUs ask before they map or unmap a block. */

/**
 * vmemmap_populated(): whether a block describes memory that is valid already, or still. A section that is just being
 * populated does not count: its first subsections are active but it has no memmap yet.
 * @param address low 52 bits of the block's first address
 * @param size bytes of the block
 */
export function vmemmapPopulated(kernel: Kernel, address: number, size: number): boolean {
  const { structPageSize, pagesPerSubsection, observer } = kernel;
  const firstPfn = Math.floor((address - kernel.vmemmap) / structPageSize);
  const endPfn = Math.ceil((address + size - kernel.vmemmap) / structPageSize);
  if (!kernel.traits.ppc64SubsectionValidity) return beginsWithValidSection(kernel, firstPfn, endPfn);
  const found = firstValidSubsection(kernel, alignDown(firstPfn, pagesPerSubsection), endPfn);
  if (observer !== null) tellChecks(kernel, observer, firstPfn, found === NO_PAGE ? endPfn : found + 1);
  return found !== NO_PAGE;
}

/** First frame of the first subsection in [pfn, endPfn) that is valid, or NO_PAGE. */
function firstValidSubsection(kernel: Kernel, pfn: number, endPfn: number): number {
  const { sections, pagesPerSection, pagesPerSubsection } = kernel;
  const behind = Math.ceil(endPfn / pagesPerSection);
  let sectionNr = sections.nextValid(Math.floor(pfn / pagesPerSection), behind);
  for (; sectionNr < behind; sectionNr = sections.nextValid(sectionNr + 1, behind)) {
    const first = sectionNr * pagesPerSection;
    const end = Math.ceil((Math.min(endPfn, first + pagesPerSection) - first) / pagesPerSubsection);
    for (let subsection = (Math.max(pfn, first) - first) / pagesPerSubsection; subsection < end; subsection++) {
      if (sections.isEarly(sectionNr) || sections.isSet(sectionNr, subsection))
        return first + subsection * pagesPerSubsection;
    }
  }
  return NO_PAGE;
}

/** The kernel looks at every subsection of [from, to), also at those of sections without memmap. */
function tellChecks({ pagesPerSubsection }: Kernel, observer: Observer, from: number, to: number): void {
  observer.checkSubsections(Math.ceil((to - alignDown(from, pagesPerSubsection)) / pagesPerSubsection));
}

/** vmemmap_populated() as it was: the first page of every section that the block touches is looked at, and no other. */
function beginsWithValidSection(kernel: Kernel, firstPfn: number, endPfn: number): boolean {
  const { sections, pagesPerSection } = kernel;
  for (let pfn = alignDown(firstPfn, pagesPerSection); pfn < endPfn; pfn += pagesPerSection) {
    const sectionNr = Math.floor(pfn / pagesPerSection);
    if (sections.isValid(sectionNr) && (sections.isEarly(sectionNr) || sections.isSet(sectionNr, 0))) return true;
  }
  return false;
}

/**
 * altmap_cross_boundary(): whether a block describes frames outside the device that the altmap belongs to.
 *
 * page_to_pfn() of an address that does not lie on a struct page: subtracting pointers divides exactly, which compiled code
 * does by multiplying with an inverse modulo 2^64. Where the division has a remainder, out comes a number that times the
 * odd part of the struct page's size goes beyond 2^64 at least once, so that it lies behind any device.
 * @param address low 52 bits of the block's first address
 * @param size bytes of the block
 */
export function altmapCrossBoundary(kernel: Kernel, altmap: VmemAltmap, address: number, size: number): boolean {
  const { structPageSize, traits } = kernel;
  if (!traits.ppc64AltmapBoundary) return false;
  const offset = address - kernel.vmemmap;
  const toLast = Math.floor(size / structPageSize) - (traits.ppc64LastBlockInAltmap ? 1 : 0);
  const pfn = offset / structPageSize;
  return !Number.isInteger(pfn) || pfn + toLast > altmap.endPfn || pfn < altmap.basePfn;
}
