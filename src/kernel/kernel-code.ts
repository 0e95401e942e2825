// SPDX-License-Identifier: GPL-2.0-only

import type { MemmapKconfig } from './kconfig.js';
import type { DevPagemap, VmemAltmap } from './memremap.js';
import type { VmemmapCode } from './vmemmap-code.js';

/** The doors of mm/memory_hotplug.c behind which the memmap of a range comes and goes. */
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
}

/**
 * The code of one kernel from __add_pages() and __remove_pages() down. It works on the kernel that it is given: on its
 * memory, page allocator and sections ({@link Kernel.sections} is what everybody else reads), tells its observer the
 * {@link MemoryEvents}, and keeps what else it remembers for {@link VmemmapCode.save}.
 */
export interface KernelCode {
  readonly memoryHotplug: MemoryHotplug;
  readonly vmemmap: VmemmapCode;
  /** What its configuration says, if not what the architecture says of the release. */
  readonly kconfig?: MemmapKconfig;
}
