// SPDX-License-Identifier: GPL-2.0-only

/** Compound geometry of a device's memory: struct dev_pagemap as far as populating looks at it. */
export interface DevPagemap {
  /** First pfn of the range that is being mapped. */
  readonly rangeStartPfn: number;
  /** log2 of the base pages in a compound page; 0 for none. */
  readonly vmemmapShift: number;
}

/**
 * struct vmem_altmap: pages of the added memory itself that back its memmap (include/linux/memremap.h,
 * mm/sparse-vmemmap.c). A bump allocator with counts and no list of what it handed out.
 */
export interface VmemAltmap {
  readonly name: string;
  /** First pfn of the range that carries the map. */
  readonly basePfn: number;
  /** Last pfn of the device, inclusive. Only powerpc looks at it. */
  readonly endPfn: number;
  /** Pages at the start that are not for the map. */
  readonly reserve: number;
  /** Pages for the map. */
  readonly free: number;
  /** Pages skipped to align allocations; they never come back. */
  align: number;
  /** Pages handed out. Goes below zero when more is freed than was taken. */
  alloc: number;
}
