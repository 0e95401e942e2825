// SPDX-License-Identifier: GPL-2.0-only

/** Where the vmemmap of riscv64 lies: arch/riscv/include/asm/pgtable.h and page.h, vmemmap_start_pfn of mm/init.c. */

const PAGE_SHIFT = 12n;
const PAGE_SIZE = 1n << PAGE_SHIFT;
const SECTION_SIZE = 1n << 27n;
/** The largest folio that struct pages are aligned for, bytes (MAX_FOLIO_ORDER with HugeTLB). */
const MAX_FOLIO_SIZE = 1n << 34n;

/** PAGE_OFFSET_L3, _L4 and _L5: where the linear map begins, by levels. */
const PAGE_OFFSET: Readonly<Record<number, bigint>> = {
  3: 0xffff_ffd6_0000_0000n,
  4: 0xffff_af80_0000_0000n,
  5: 0xff60_0000_0000_0000n,
};
/** PAGE_OFFSET_L3 before the linear map of Sv39 grew. */
const SMALLER_PAGE_OFFSET_L3 = 0xffff_ffd8_0000_0000n;

/** VMEMMAP_START and VMEMMAP_END. */
export interface Region {
  readonly start: bigint;
  readonly end: bigint;
}

/** What the region depends on. */
export interface RegionOptions {
  /** 39, 48 or 57. */
  readonly vaBits: number;
  /** Paging levels, which follow from the bits: 3, 4 or 5. */
  readonly pagingLevels: number;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
  /** The linear map of Sv39 begins at ffffffd600000000; before, 8 GiB higher. */
  readonly hasLargeLinearMap: boolean;
}

/** The region: as large as the memory that an eighth of the address space can map needs, right below VMALLOC_START. */
export function vmemmapRegion({ vaBits, pagingLevels, structPageSize, hasLargeLinearMap }: RegionOptions): Region {
  const isSmallSv39 = pagingLevels === 3 && !hasLargeLinearMap;
  const pageOffset = isSmallSv39 ? SMALLER_PAGE_OFFSET_L3 : PAGE_OFFSET[pagingLevels]!;
  // VMALLOC_SIZE: half of KERN_VIRT_SIZE, which is half of the kernel's half.
  const end = pageOffset - (1n << BigInt(vaBits - 3));
  // VMEMMAP_SHIFT, with STRUCT_PAGE_MAX_SHIFT, which rounds up to a power of two.
  const shift = BigInt(vaBits) - PAGE_SHIFT - 1n + BigInt(Math.ceil(Math.log2(structPageSize)));
  return { start: end - (1n << shift), end };
}

/** How releases choose the first frame. */
export interface StartPfnRule {
  /** RAM decides; else the region begins with frame 0. */
  readonly atRam: boolean;
  /** Rounded down to a section. */
  readonly atSection: boolean;
  /** Rounded down to the largest folio, where struct page is a power of two. */
  readonly atLargestFolio: boolean;
}

/**
 * vmemmap_start_pfn: the frame whose struct page is the first of the region.
 * @param ramStart first byte of RAM
 * @param structPageSize bytes
 */
export function vmemmapStartPfn(ramStart: number, structPageSize: number, rule: StartPfnRule): bigint {
  if (!rule.atRam) return 0n;
  const isPowerOfTwo = (structPageSize & (structPageSize - 1)) === 0;
  const section = rule.atSection ? SECTION_SIZE : PAGE_SIZE;
  const align = rule.atLargestFolio && isPowerOfTwo ? MAX_FOLIO_SIZE : section;
  const start = BigInt(ramStart);
  return (start - (start % align)) >> PAGE_SHIFT;
}
