// SPDX-License-Identifier: GPL-2.0-only

import { alignUp } from '../hardware/align.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { fillTaken } from '../kernel/frame-content.js';
import type { Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';

/** vmem_altmap_offset(): pages before the first one that is ordinary memory. */
export const vmemAltmapOffset = (altmap: VmemAltmap | null): number =>
  altmap === null ? 0 : altmap.reserve + altmap.free;

/** What __add_pages() does to an altmap first: nothing of it is handed out. Pages skipped to align stay counted. */
export function resetAltmap(altmap: VmemAltmap): void {
  altmap.alloc = 0;
}

/** vmem_altmap_nr_free(). The sum is unsigned in the kernel: below zero it is a very large number. */
function vmemAltmapNrFree(altmap: VmemAltmap): number {
  const allocated = altmap.alloc + altmap.align;
  return allocated < 0 ? 0 : Math.max(0, altmap.free - allocated);
}

/**
 * altmap_alloc_block_buf(): takes pages, aligned to the lowest set bit of their number.
 * @param nrPages base pages
 * @returns the first pfn, or NO_PAGE
 */
export function altmapAllocBlockBuf(kernel: Kernel, nrPages: number, altmap: VmemAltmap): number {
  const pfn = altmap.basePfn + altmap.reserve + altmap.alloc + altmap.align;
  const nrAlign = alignUp(pfn, nrPages & -nrPages) - pfn;
  const fits = nrPages + nrAlign <= vmemAltmapNrFree(altmap);
  if (kernel.observer !== null) kernel.observer.altmapAlloc(altmap, nrPages, fits ? pfn + nrAlign : NO_PAGE);
  if (!fits) return NO_PAGE;
  altmap.alloc += nrPages;
  altmap.align += nrAlign;
  kernel.counters.altmapAllocPages += nrPages;
  if (kernel.frameContent !== null) fillTaken(kernel, pfn + nrAlign, nrPages);
  return pfn + nrAlign;
}

/**
 * vmem_altmap_free(): subtracts, and checks nothing.
 * @param nrPages base pages
 */
export function vmemAltmapFree(kernel: Kernel, altmap: VmemAltmap, nrPages: number): void {
  if (kernel.observer !== null) kernel.observer.altmapFree(altmap, nrPages);
  altmap.alloc -= nrPages;
  kernel.counters.altmapFreePages += nrPages;
  if (altmap.alloc < 0) kernel.log.altmapUnderflow(altmap.name);
}

/** In a saved state, in place of the index of an altmap that has a name. */
const NO_ALTMAP = -1;
const UNNAMED_ALTMAP = -2;

/**
 * Writes what holds an altmap: one that memory or a device brought along is written out.
 * @param named altmaps that are kept elsewhere, in an order that {@link restoreAltmap} gets too
 */
export function saveAltmap(to: StateWriter, altmap: VmemAltmap | null, named: readonly VmemAltmap[]): void {
  const index = altmap === null ? NO_ALTMAP : named.indexOf(altmap);
  if (altmap === null || index >= 0) {
    to.word(index);
    return;
  }
  to.word(UNNAMED_ALTMAP);
  to.text(altmap.name);
  const { basePfn, endPfn, reserve, free, align, alloc } = altmap;
  for (const count of [basePfn, endPfn, reserve, free, align, alloc]) to.wide(count);
}

export function restoreAltmap(from: StateReader, named: readonly VmemAltmap[]): VmemAltmap | null {
  const index = from.word();
  if (index === NO_ALTMAP) return null;
  if (index !== UNNAMED_ALTMAP) return named[index]!;
  return {
    name: from.text(),
    basePfn: from.wide(),
    endPfn: from.wide(),
    reserve: from.wide(),
    free: from.wide(),
    align: from.wide(),
    alloc: from.wide(),
  };
}
