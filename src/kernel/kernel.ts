// SPDX-License-Identifier: GPL-2.0-only

import type { PageAllocator } from '../hardware/page-allocator.js';
import type { Level } from '../hardware/page-table.js';
import type { Ram } from '../hardware/ram.js';
import { fillTaken, type FrameContent } from './frame-content.js';
import type { MemSections } from './mem-sections.js';
import type { Counters } from './counters.js';
import type { MemmapKconfig } from './kconfig.js';
import type { MemoryHotplug } from './memory-hotplug.js';
import type { KernelLog } from './log.js';
import type { FlushKind, Observer } from './observer.js';
import type { Platform } from './platform.js';
import type { VmemmapCode } from './vmemmap-code.js';
import type { Traits } from '../history/traits/index.js';

/** One running kernel on one machine: what every function of it may reach. */
export interface Kernel {
  readonly ram: Ram;
  readonly allocator: PageAllocator;
  readonly counters: Counters;
  readonly log: KernelLog;
  readonly traits: Traits;
  readonly sections: MemSections;
  readonly platform: Platform;
  readonly kconfig: MemmapKconfig;
  /** The doors of mm/memory_hotplug.c, of this emulator's code or of a foreign kernel's. */
  readonly memoryHotplug: MemoryHotplug;
  /** The architecture's vmemmap code, likewise. */
  readonly code: VmemmapCode;
  /** PAGE_SIZE, bytes. */
  readonly pageSize: number;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
  /** Address of the struct page of pfn 0, low 52 bits. */
  readonly vmemmap: number;
  /** Where memmap of the last frame that there may be would end, in the same count; at most the end of all addresses. */
  readonly vmemmapEnd: number;
  /** PAGES_PER_SECTION. */
  readonly pagesPerSection: number;
  /** 1 / {@link pagesPerSection}: dividing by a power of two is exact either way, and multiplying is faster. */
  readonly sectionsPerPage: number;
  /** PAGES_PER_SUBSECTION: 2 MiB of pages. */
  readonly pagesPerSubsection: number;
  /** PFN_SUBSECTION_SHIFT: log2 of {@link pagesPerSubsection}. */
  readonly pfnSubsectionShift: number;
  /** Where physical addresses end: 2 to the power of MAX_PHYSMEM_BITS. */
  readonly physmemEnd: number;
  readonly vmstat: Vmstat;
  /** What memory holds that is taken for the memmap of the step at work; null for the bytes that it has. */
  frameContent: FrameContent | null;
  /** Who listens, if anybody: {@link observe} sets it. */
  observer: Observer | null;
}

/** Counters of /proc/vmstat that populating and freeing move, base pages; zero in releases that do not count. */
export interface Vmstat {
  /** nr_memmap_pages. */
  nrMemmapPages: number;
  /** nr_memmap_boot_pages. */
  nrMemmapBootPages: number;
}

/** Lets an observer listen to all that a kernel does from here on; null for nobody. */
export function observe(kernel: Kernel, observer: Observer | null): void {
  kernel.observer = observer;
  kernel.allocator.observer = observer;
  kernel.log.observer = observer;
}

/** Counts and tells an entry written with a present value. See {@link Observer.setEntry}. */
export function noteSet(kernel: Kernel, level: Level, address: number, word0: number, word1: number): void {
  kernel.counters.set[level]!++;
  if (kernel.observer !== null) kernel.observer.setEntry(level, address, word0, word1);
}

/** Counts and tells an entry cleared. See {@link Observer.clearEntry}. */
export function noteClear(kernel: Kernel, level: Level, address: number): void {
  kernel.counters.clear[level]!++;
  if (kernel.observer !== null) kernel.observer.clearEntry(level, address);
}

/**
 * Writes a present value into an entry, and tells it.
 * @param entry index of the entry's first word in RAM
 * @param address an address that the entry covers
 * @param word0 the entry's first 32 bits as they lie in RAM
 * @param word1 the rest of it
 */
export function writeEntry(
  kernel: Kernel,
  level: Level,
  entry: number,
  address: number,
  word0: number,
  word1: number,
): void {
  const { words } = kernel.ram;
  words[entry] = word0;
  words[entry + 1] = word1;
  noteSet(kernel, level, address, word0, word1);
}

/** Empties an entry whose empty value is 0, and tells it. See {@link writeEntry}. */
export function zeroEntry(kernel: Kernel, level: Level, entry: number, address: number): void {
  const { words } = kernel.ram;
  words[entry] = 0;
  words[entry + 1] = 0;
  noteClear(kernel, level, address);
}

/** Counts and tells a TLB flush. See {@link Observer.flush}. */
export function noteFlush(kernel: Kernel, kind: FlushKind, start: number, end: number): void {
  const { counters } = kernel;
  if (kind === 'all') counters.tlbFlushAll++;
  else if (kind === 'range') counters.tlbFlushRange++;
  else counters.tlbFlushTable++;
  if (kernel.observer !== null) kernel.observer.flush(kind, start, end);
}

/** pfn_to_page(): address of a struct page. */
export const pfnToPage = (kernel: Kernel, pfn: number): number => kernel.vmemmap + pfn * kernel.structPageSize;

/** alloc_pages_node(). Returns the first pfn or NO_PAGE. */
export function allocPages(kernel: Kernel, order: number, nid: number): number {
  const pfn = kernel.allocator.allocPages(order, nid);
  if (pfn >= 0 && kernel.frameContent !== null) fillTaken(kernel, pfn, 1 << order);
  return pfn;
}

/** free_pages(). Bad frees go to the log. */
export function freePages(kernel: Kernel, pfn: number, order: number): void {
  kernel.allocator.freePages(pfn, order, kernel.log.badFree);
}
