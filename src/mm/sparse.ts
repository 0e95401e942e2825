// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { EEXIST, ENOMEM } from '../kernel/errno.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { sectionNrVmemmapPages, vmemmapCanOptimize, vmemmapPopulateCompoundPages } from './sparse-vmemmap.js';
import type { DevPagemap, VmemAltmap } from '../kernel/memremap.js';
import { HAS_MEM_MAP, HAS_USAGE, IS_EARLY, IS_ONLINE, STALE_MEM_MAP, USAGE_RESERVED } from '../kernel/mem-sections.js';

/** mm/sparse.c: sections, their subsection maps, and what makes a section come and go. */

/** pfn_to_section_nr(). */
export const pfnToSectionNr = (kernel: Kernel, pfn: number): number => (pfn * kernel.sectionsPerPage) >>> 0;

/** subsection_map_index(). */
export const subsectionMapIndex = (kernel: Kernel, pfn: number): number =>
  (pfn & (kernel.pagesPerSection - 1)) >>> kernel.pfnSubsectionShift;

/** __populate_section_memmap(). Returns 0 or a negative errno. */
function buildSectionMemmap(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  nid: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): number {
  const start = pfnToPage(kernel, pfn);
  const end = start + nrPages * kernel.structPageSize;
  const err =
    pgmap !== null && vmemmapCanOptimize(kernel, altmap, pgmap)
      ? populateCompoundPages(kernel, pfn, start, end, nid, pgmap)
      : populate(kernel, start, end, nid, altmap);
  if (err === 0) kernel.code.flushCacheVmap?.(start, end);
  return err;
}

/** vmemmap_populate(). Returns 0 or a negative errno. */
function populate(kernel: Kernel, start: number, end: number, nid: number, altmap: VmemAltmap | null): number {
  kernel.observer?.enter('vmemmap_populate');
  const err = kernel.code.vmemmapPopulate(start, end, nid, altmap);
  kernel.observer?.leave();
  return err;
}

/** vmemmap_populate_compound_pages(), the architecture's own where it has one. Returns 0 or a negative errno. */
function populateCompoundPages(
  kernel: Kernel,
  pfn: number,
  start: number,
  end: number,
  nid: number,
  pgmap: DevPagemap,
): number {
  const own = kernel.code.populateCompoundPages;
  kernel.observer?.enter('vmemmap_populate_compound_pages');
  const err =
    own !== undefined
      ? own(pfn, start, end, nid, pgmap)
      : vmemmapPopulateCompoundPages(kernel, pfn, start, end, nid, pgmap);
  kernel.observer?.leave();
  return err;
}

/** populate_section_memmap(). Returns 0 or a negative errno. */
function populateSectionMemmap(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  nid: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): number {
  const err = buildSectionMemmap(kernel, pfn, nrPages, nid, altmap, pgmap);
  const { traits } = kernel;
  if (traits.countNrMemmap && (err === 0 || traits.countInHelpers)) {
    kernel.vmstat.nrMemmapPages += sectionNrVmemmapPages(kernel, pfn, nrPages, altmap, pgmap);
  }
  return err;
}

/** depopulate_section_memmap(). */
function depopulateSectionMemmap(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): void {
  if (kernel.traits.countNrMemmap) {
    kernel.vmstat.nrMemmapPages -= sectionNrVmemmapPages(kernel, pfn, nrPages, altmap, pgmap);
  }
  vmemmapFreeOf(kernel, pfn, nrPages, altmap);
}

/** free_map_bootmem(): the memmap of a whole section since boot. */
function freeMapBootmem(kernel: Kernel, sectionNr: number): void {
  const { pagesPerSection } = kernel;
  const pfn = sectionNr * pagesPerSection;
  if (kernel.traits.countNrMemmap) {
    kernel.vmstat.nrMemmapBootPages -= sectionNrVmemmapPages(kernel, pfn, pagesPerSection, null, null);
  }
  vmemmapFreeOf(kernel, pfn, pagesPerSection, null);
}

function vmemmapFreeOf(kernel: Kernel, pfn: number, nrPages: number, altmap: VmemAltmap | null): void {
  const start = pfnToPage(kernel, pfn);
  kernel.observer?.enter('vmemmap_free');
  kernel.code.vmemmapFree(start, start + nrPages * kernel.structPageSize, altmap);
  kernel.observer?.leave();
}

/**
 * section_deactivate(). The subsections of an early section share one memmap, which goes with the last of them.
 */
function sectionDeactivate(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): void {
  const { sections } = kernel;
  const sectionNr = pfnToSectionNr(kernel, pfn);
  const from = subsectionMapIndex(kernel, pfn);
  const to = subsectionMapIndex(kernel, pfn + nrPages - 1) + 1;
  const flags = sections.flags(sectionNr);
  if ((flags & HAS_USAGE) === 0 || !sections.clearMap(sectionNr, from, to)) {
    kernel.log.warn(`section already deactivated (${hex(pfn)} + ${nrPages})`);
    return;
  }
  const empty = sections.areClear(sectionNr, 0, sections.subsectionsPerSection);
  if (empty) sections.setFlags(sectionNr, flags & ~HAS_MEM_MAP);

  const isEarly = (flags & IS_EARLY) !== 0;
  if (isEarly && empty) freeMapBootmem(kernel, sectionNr);
  else if (!isEarly || !kernel.traits.genericEarlyMemmapStays) {
    depopulateSectionMemmap(kernel, pfn, nrPages, altmap, pgmap);
  }

  if (!empty) return;
  const usage = (flags & USAGE_RESERVED) === 0 ? 0 : HAS_USAGE | USAGE_RESERVED;
  sections.setFlags(sectionNr, usage | (kernel.traits.genericSectionMapReset ? 0 : STALE_MEM_MAP));
}

/** section_activate(). Returns 0 or a negative errno. */
function sectionActivate(
  kernel: Kernel,
  sectionNr: number,
  nid: number,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): number {
  const { sections } = kernel;
  const from = subsectionMapIndex(kernel, pfn);
  const to = subsectionMapIndex(kernel, pfn + nrPages - 1) + 1;
  if (!sections.fillMap(sectionNr, from, to)) return -EEXIST;
  const flags = sections.flags(sectionNr) | HAS_USAGE;
  sections.setFlags(sectionNr, flags);
  // An early section has its whole memmap since boot.
  if (nrPages < kernel.pagesPerSection && (flags & IS_EARLY) !== 0) return 0;
  if (populateSectionMemmap(kernel, pfn, nrPages, nid, altmap, pgmap) < 0) {
    sectionDeactivate(kernel, pfn, nrPages, altmap, pgmap);
    return -ENOMEM;
  }
  return 0;
}

/**
 * sparse_add_section(): makes the memmap of pages that lie in one section.
 * @param pfn first page, a multiple of PAGES_PER_SUBSECTION
 * @param nrPages pages, a multiple of PAGES_PER_SUBSECTION
 * @returns 0, -EEXIST if some of it is active, -ENOMEM; on failure the range is inactive again
 */
export function sparseAddSection(
  kernel: Kernel,
  nid: number,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): number {
  const sectionNr = pfnToSectionNr(kernel, pfn);
  kernel.sections.indexInit(sectionNr);
  const err = sectionActivate(kernel, sectionNr, nid, pfn, nrPages, altmap, pgmap);
  if (err !== 0) return err;
  kernel.sections.setFlags(sectionNr, (kernel.sections.flags(sectionNr) & ~STALE_MEM_MAP) | HAS_MEM_MAP);
  return 0;
}

/**
 * __add_section() with sparse_add_one_section(), as long as there were no subsections. What a failed add mapped stays.
 * @returns 0, -EEXIST if the section is there, -ENOMEM
 */
export function sparseAddOneSection(kernel: Kernel, nid: number, sectionNr: number, altmap: VmemAltmap | null): number {
  const { sections, pagesPerSection } = kernel;
  if (sections.isValid(sectionNr)) return -EEXIST;
  sections.indexInit(sectionNr);
  const pfn = sectionNr * pagesPerSection;
  if (populateSectionMemmap(kernel, pfn, pagesPerSection, nid, altmap, null) < 0) return -ENOMEM;
  sections.set(sectionNr, 0, sections.subsectionsPerSection);
  sections.setFlags(sectionNr, HAS_MEM_MAP | HAS_USAGE);
  return 0;
}

/** __remove_section() with sparse_remove_one_section(), as long as there were no subsections. */
export function sparseRemoveOneSection(kernel: Kernel, sectionNr: number, altmap: VmemAltmap | null): void {
  const { sections, pagesPerSection } = kernel;
  if (!sections.isValid(sectionNr)) return;
  const isEarly = sections.isEarly(sectionNr);
  sections.clear(sectionNr, 0, sections.subsectionsPerSection);
  sections.setFlags(sectionNr, 0);
  if (isEarly) freeMapBootmem(kernel, sectionNr);
  else depopulateSectionMemmap(kernel, sectionNr * pagesPerSection, pagesPerSection, altmap, null);
}

/** sparse_remove_section(): takes the memmap of pages of one section down. */
export function sparseRemoveSection(
  kernel: Kernel,
  pfn: number,
  nrPages: number,
  altmap: VmemAltmap | null,
  pgmap: DevPagemap | null,
): void {
  if (!kernel.sections.isValid(pfnToSectionNr(kernel, pfn))) {
    kernel.log.warnOnce(kernel.traits.genericRemoveChecksInSparse ? 'sparse_remove_section' : '__remove_section');
    return;
  }
  sectionDeactivate(kernel, pfn, nrPages, altmap, pgmap);
}

/**
 * sparse_init() for one section of boot memory: an early section with its whole memmap, of which the subsections of the
 * given pages are active (sparse_init_subsection_map).
 * @param pfn first page of boot memory in the section
 * @param nrPages pages of it
 * @returns 0 or a negative errno
 */
export function sparseInitSection(kernel: Kernel, nid: number, pfn: number, nrPages: number): number {
  const { sections, pagesPerSection } = kernel;
  const sectionNr = pfnToSectionNr(kernel, pfn);
  sections.indexInit(sectionNr);
  if ((sections.flags(sectionNr) & HAS_MEM_MAP) === 0) {
    const first = sectionNr * pagesPerSection;
    const err = buildSectionMemmap(kernel, first, pagesPerSection, nid, null, null);
    if (err < 0) return err;
    if (kernel.traits.countNrMemmap) {
      kernel.vmstat.nrMemmapBootPages += sectionNrVmemmapPages(kernel, first, pagesPerSection, null, null);
    }
    sections.setFlags(sectionNr, HAS_MEM_MAP | IS_EARLY | IS_ONLINE | HAS_USAGE | USAGE_RESERVED);
  }
  const from = subsectionMapIndex(kernel, pfn);
  sections.set(sectionNr, from, subsectionMapIndex(kernel, pfn + nrPages - 1) + 1);
  return 0;
}
