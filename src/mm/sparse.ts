// SPDX-License-Identifier: GPL-2.0-only

import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { EEXIST, ENOMEM } from '../kernel/errno.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import {
  sectionNrVmemmapPages,
  vmemmapCanOptimize,
  vmemmapPopulateCompoundPages,
  type DevPagemap,
} from './sparse-vmemmap.js';
import type { VmemAltmap } from './vmem-altmap.js';

/** mm/sparse.c: sections, their subsection maps, and what makes a section come and go. */

/** SECTION_HAS_MEM_MAP: the section carries a memmap; valid_section(). */
const HAS_MEM_MAP = 1;
/** SECTION_IS_EARLY: its memmap was made at boot. */
const IS_EARLY = 2;
/** The section has a usage map. A boot section keeps it for ever. */
const HAS_USAGE = 4;
const USAGE_RESERVED = 8;
/** section_mem_map still encodes the section's number though there is no memmap. */
const STALE_MEM_MAP = 16;
/** SECTION_IS_ONLINE: the page allocator has its pages. */
const IS_ONLINE = 32;
/** SECTION_TAINT_ZONE_DEVICE: a device's range begins or ends inside it. */
const TAINT_ZONE_DEVICE = 64;

/** Sections of one root of the two-level array, SECTIONS_PER_ROOT. */
const ROOT_SHIFT = 8;
const SECTIONS_PER_ROOT = 1 << ROOT_SHIFT;

interface SectionRoot {
  readonly flags: Uint8Array;
  /** Subsection maps, `wordsPerMap` words a section. */
  readonly maps: Uint32Array;
}

/** What {@link MemSections.capture} found. It can be used again and again. */
export class SectionsImage {
  present = 0;
  first = 0;
  end = 0;
  flags = new Uint8Array(0);
  maps = new Uint32Array(0);
}

/** mem_section[]: the state of every section. */
export class MemSections {
  /** Sections that carry a memmap. */
  present = 0;
  /** Sections that ever had a state lie in [first, end). */
  private first = Number.MAX_SAFE_INTEGER;
  private end = 0;
  private readonly roots: (SectionRoot | undefined)[] = [];
  private readonly wordsPerMap: number;

  /** @param subsectionsPerSection SUBSECTIONS_PER_SECTION */
  constructor(readonly subsectionsPerSection: number) {
    this.wordsPerMap = Math.ceil(subsectionsPerSection / 32);
  }

  /** sparse_index_init(): the root that holds a section exists from here on. */
  indexInit(sectionNr: number): void {
    const index = sectionNr >>> ROOT_SHIFT;
    while (this.roots.length <= index) this.roots.push(undefined);
    this.roots[index] ??= {
      flags: new Uint8Array(SECTIONS_PER_ROOT),
      maps: new Uint32Array(SECTIONS_PER_ROOT * this.wordsPerMap),
    };
  }

  flags(sectionNr: number): number {
    const root = this.roots[sectionNr >>> ROOT_SHIFT];
    return root === undefined ? 0 : root.flags[sectionNr & (SECTIONS_PER_ROOT - 1)]!;
  }

  setFlags(sectionNr: number, flags: number): void {
    const root = this.roots[sectionNr >>> ROOT_SHIFT]!;
    const at = sectionNr & (SECTIONS_PER_ROOT - 1);
    this.present += (flags & HAS_MEM_MAP) - (root.flags[at]! & HAS_MEM_MAP);
    root.flags[at] = flags;
    this.reach(sectionNr);
  }

  /** valid_section(). */
  isValid(sectionNr: number): boolean {
    return (this.flags(sectionNr) & HAS_MEM_MAP) !== 0;
  }

  /** Numbers of the sections without memmap whose section_mem_map is not zero, ascending. */
  *stale(): Generator<number> {
    for (const sectionNr of this.reached()) if ((this.flags(sectionNr) & STALE_MEM_MAP) !== 0) yield sectionNr;
  }

  /** early_section(). */
  isEarly(sectionNr: number): boolean {
    return (this.flags(sectionNr) & IS_EARLY) !== 0;
  }

  /** online_section(). */
  isOnline(sectionNr: number): boolean {
    return (this.flags(sectionNr) & IS_ONLINE) !== 0;
  }

  setOnline(sectionNr: number, online: boolean): void {
    const flags = this.flags(sectionNr);
    this.setFlags(sectionNr, online ? flags | IS_ONLINE : flags & ~IS_ONLINE);
  }

  /** Whether a device's range begins or ends inside the section (online_device_section without the online part). */
  isTainted(sectionNr: number): boolean {
    return (this.flags(sectionNr) & TAINT_ZONE_DEVICE) !== 0;
  }

  /** section_taint_zone_device(). */
  taint(sectionNr: number): void {
    this.indexInit(sectionNr);
    this.setFlags(sectionNr, this.flags(sectionNr) | TAINT_ZONE_DEVICE);
  }

  /** Whether none of the subsections [from, to) is active. */
  areClear(sectionNr: number, from: number, to: number): boolean {
    const root = this.roots[sectionNr >>> ROOT_SHIFT];
    if (root === undefined) return true;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
      if ((root.maps[first + word]! & wordMask(word, from, to)) !== 0) return false;
    }
    return true;
  }

  /** Whether all of the subsections [from, to) are active. */
  areSet(sectionNr: number, from: number, to: number): boolean {
    const root = this.roots[sectionNr >>> ROOT_SHIFT];
    if (root === undefined) return false;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
      const mask = wordMask(word, from, to);
      if ((root.maps[first + word]! & mask) !== mask) return false;
    }
    return true;
  }

  /** Whether no subsection is active. */
  isEmpty(sectionNr: number): boolean {
    return this.areClear(sectionNr, 0, this.subsectionsPerSection);
  }

  isSet(sectionNr: number, subsection: number): boolean {
    return this.areSet(sectionNr, subsection, subsection + 1);
  }

  /** The subsection map, lowest bit the first subsection. */
  subsectionMask(sectionNr: number): bigint {
    let mask = 0n;
    for (let s = 0; s < this.subsectionsPerSection; s++) if (this.isSet(sectionNr, s)) mask |= 1n << BigInt(s);
    return mask;
  }

  set(sectionNr: number, from: number, to: number): void {
    this.change(sectionNr, from, to, true);
  }

  clear(sectionNr: number, from: number, to: number): void {
    this.change(sectionNr, from, to, false);
  }

  /** Numbers of the sections that have an active subsection, ascending. */
  *active(): Generator<number> {
    for (const sectionNr of this.reached()) {
      if (!this.areClear(sectionNr, 0, this.subsectionsPerSection)) yield sectionNr;
    }
  }

  /** Numbers of sections, ascending, without those that never had a state. */
  private *reached(): Generator<number> {
    for (let sectionNr = this.first; sectionNr < this.end; sectionNr++) {
      if (this.roots[sectionNr >>> ROOT_SHIFT] === undefined) sectionNr |= SECTIONS_PER_ROOT - 1;
      else yield sectionNr;
    }
  }

  /** Every section that has a flag, with its subsection map. */
  save(to: StateWriter): void {
    const { roots, wordsPerMap } = this;
    to.word(this.present);
    const count = to.length;
    to.word(0);
    let sections = 0;
    for (let sectionNr = this.first; sectionNr < this.end; sectionNr++) {
      const root = roots[sectionNr >>> ROOT_SHIFT];
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      if (root === undefined || root.flags[s] === 0) continue;
      sections++;
      to.word(sectionNr);
      to.word(root.flags[s]!);
      to.copy(root.maps, s * wordsPerMap, (s + 1) * wordsPerMap);
    }
    to.set(count, sections);
  }

  restore(from: StateReader): void {
    const { roots, wordsPerMap } = this;
    for (const root of roots) {
      root?.flags.fill(0);
      root?.maps.fill(0);
    }
    this.present = from.word();
    for (let sections = from.word(); sections > 0; sections--) {
      const sectionNr = from.word();
      this.indexInit(sectionNr);
      this.reach(sectionNr);
      const root = roots[sectionNr >>> ROOT_SHIFT]!;
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      root.flags[s] = from.word();
      from.copy(root.maps, s * wordsPerMap, (s + 1) * wordsPerMap);
    }
  }

  /** Copies the state of all sections as it lies. */
  capture(image: SectionsImage): void {
    const { first, end, roots, wordsPerMap } = this;
    const sections = Math.max(0, end - first);
    if (image.flags.length < sections) {
      image.flags = new Uint8Array(sections);
      image.maps = new Uint32Array(sections * wordsPerMap);
    }
    image.present = this.present;
    image.first = first;
    image.end = end;
    for (let sectionNr = first, i = 0; sectionNr < end; sectionNr++, i++) {
      const root = roots[sectionNr >>> ROOT_SHIFT];
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      image.flags[i] = root === undefined ? 0 : root.flags[s]!;
      for (let w = 0; w < wordsPerMap; w++) {
        image.maps[i * wordsPerMap + w] = root === undefined ? 0 : root.maps[s * wordsPerMap + w]!;
      }
    }
  }

  /** Makes the sections what they were when an image was made of them. */
  load(image: SectionsImage): void {
    const { first, end, roots, wordsPerMap } = this;
    this.present = image.present;
    for (let sectionNr = first; sectionNr < end; sectionNr++) {
      const root = roots[sectionNr >>> ROOT_SHIFT];
      if (root === undefined) continue;
      const isIn = sectionNr >= image.first && sectionNr < image.end;
      const i = sectionNr - image.first;
      const s = sectionNr & (SECTIONS_PER_ROOT - 1);
      root.flags[s] = isIn ? image.flags[i]! : 0;
      for (let w = 0; w < wordsPerMap; w++) {
        root.maps[s * wordsPerMap + w] = isIn ? image.maps[i * wordsPerMap + w]! : 0;
      }
    }
  }

  private reach(sectionNr: number): void {
    if (sectionNr < this.first) this.first = sectionNr;
    if (sectionNr >= this.end) this.end = sectionNr + 1;
  }

  private change(sectionNr: number, from: number, to: number, active: boolean): void {
    this.reach(sectionNr);
    const { maps } = this.roots[sectionNr >>> ROOT_SHIFT]!;
    const first = (sectionNr & (SECTIONS_PER_ROOT - 1)) * this.wordsPerMap;
    for (let word = from >>> 5; word <= (to - 1) >>> 5; word++) {
      const mask = wordMask(word, from, to);
      if (active) maps[first + word]! |= mask;
      else maps[first + word]! &= ~mask;
    }
  }
}

/** Bits [from, to) of a bitmap as far as they lie in one of its 32-bit words. */
function wordMask(word: number, from: number, to: number): number {
  const low = from - word * 32;
  const high = to - word * 32;
  return (low <= 0 ? -1 : -1 << low) & (high >= 32 ? -1 : (1 << high) - 1);
}

/** SUBSECTION_SIZE, bytes: what memory is added and removed in. */
export const SUBSECTION_SIZE = 2 ** 21;

/** pfn_to_section_nr(). */
export const pfnToSectionNr = (kernel: Kernel, pfn: number): number => Math.floor(pfn / kernel.pagesPerSection);

/** subsection_map_index(). */
export const subsectionMapIndex = (kernel: Kernel, pfn: number): number =>
  ((pfn & (kernel.pagesPerSection - 1)) / kernel.pagesPerSubsection) | 0;

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
  if (pgmap !== null && vmemmapCanOptimize(kernel, altmap, pgmap)) {
    const own = kernel.arch.populateCompoundPages;
    kernel.observer?.enter('vmemmap_populate_compound_pages');
    const err =
      own !== undefined
        ? own(pfn, start, end, nid, pgmap)
        : vmemmapPopulateCompoundPages(kernel, pfn, start, end, nid, pgmap);
    kernel.observer?.leave();
    if (err === 0) kernel.arch.flushCacheVmap?.(start, end);
    return err;
  }
  kernel.observer?.enter('vmemmap_populate');
  const err = kernel.arch.vmemmapPopulate(start, end, nid, altmap);
  kernel.observer?.leave();
  if (err === 0) kernel.arch.flushCacheVmap?.(start, end);
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
  const { countNrMemmap, countInHelpers } = kernel.traits;
  if (countNrMemmap && (countInHelpers || err === 0)) {
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
  kernel.arch.vmemmapFree(start, start + nrPages * kernel.structPageSize, altmap);
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
  if ((flags & HAS_USAGE) === 0 || !sections.areSet(sectionNr, from, to)) {
    kernel.log.warn(`section already deactivated (0x${pfn.toString(16)} + ${nrPages})`);
    return;
  }
  sections.clear(sectionNr, from, to);
  const empty = sections.areClear(sectionNr, 0, sections.subsectionsPerSection);
  if (empty) sections.setFlags(sectionNr, flags & ~HAS_MEM_MAP);

  if ((flags & IS_EARLY) === 0) depopulateSectionMemmap(kernel, pfn, nrPages, altmap, pgmap);
  else if (empty) freeMapBootmem(kernel, sectionNr);

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
  if (!sections.areClear(sectionNr, from, to)) return -EEXIST;
  const flags = sections.flags(sectionNr) | HAS_USAGE;
  sections.setFlags(sectionNr, flags);
  sections.set(sectionNr, from, to);
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
