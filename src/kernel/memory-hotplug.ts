// SPDX-License-Identifier: GPL-2.0-only

import type { DevPagemap, VmemAltmap } from './memremap.js';

/** The doors of mm/memory_hotplug.c and mm/sparse.c behind which the memmap of a range comes and goes. */
export interface MemoryHotplug {
  /**
   * __add_pages(): makes the memmap of a range.
   * @param pfn first page
   * @param nrPages pages
   * @param altmap its counts are read and written
   * @param pgmap compound geometry of a device, for memremap_pages()
   * @returns 0 or a negative errno
   */
  addPages(nid: number, pfn: number, nrPages: number, altmap: VmemAltmap | null, pgmap?: DevPagemap | null): number;

  /**
   * __remove_pages(): takes the memmap of a range down.
   * @param pfn first page
   * @param nrPages pages
   * @param pgmap geometry that the range was added with
   */
  removePages(pfn: number, nrPages: number, altmap: VmemAltmap | null, pgmap?: DevPagemap | null): void;

  /**
   * sparse_init() for boot memory of one section: an early section with its whole memmap.
   * @param pfn first page of boot memory in the section
   * @param nrPages pages of it
   * @returns 0 or a negative errno
   */
  initSection(nid: number, pfn: number, nrPages: number): number;
}
