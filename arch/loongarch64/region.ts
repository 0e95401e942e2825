// SPDX-License-Identifier: GPL-2.0-only

/** Where the vmemmap of loongarch64 lies: arch/loongarch/include/asm/pgtable.h and sparsemem.h. */

/** The largest folio that struct pages are aligned for, bytes (MAX_FOLIO_ORDER with HugeTLB). */
const MAX_FOLIO_SIZE = 1n << 34n;
/** CONFIG_KFENCE_NUM_OBJECTS, and the pages of the area behind the vmemmap: two an object, and four guards. */
const KFENCE_NUM_OBJECTS = 255n;
const KFENCE_PAGES = (KFENCE_NUM_OBJECTS + 1n) * 2n + 2n;
const ADDRESSES_END = 1n << 64n;

/** First and first address behind; an end of 2^64 is what the recordings call 0. */
export interface Region {
  readonly start: bigint;
  readonly end: bigint;
}

/** What the region depends on. */
export interface RegionOptions {
  /** log2 of PAGE_SIZE. */
  readonly pageShift: number;
  readonly pagingLevels: number;
  /** cpu_vabits: log2 of the bytes of the kernel's mapped half. */
  readonly vaBits: number;
  /** cpu_pabits: one bit less than a physical address has. */
  readonly paBits: number;
  /** sizeof(struct page), bytes. */
  readonly structPageSize: number;
  /** The release aligns for the largest folio. */
  readonly alignsToFolios: boolean;
  /** CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP. */
  readonly hvo: boolean;
}

/** The region: as large as the memmap of all physical addresses, as far up as a PMD and the KFENCE area leave room. */
export function vmemmapRegion(options: RegionOptions): Region {
  const [pageShift, levels, vaBits, paBits, structPageSize] = [
    options.pageShift,
    options.pagingLevels,
    options.vaBits,
    options.paBits,
    options.structPageSize,
  ].map(BigInt) as [bigint, bigint, bigint, bigint, bigint];
  const indexBits = pageShift - 3n;
  const pmdSize = 1n << (pageShift + indexBits);
  const tablesReach = 1n << (pageShift + levels * indexBits);
  const mapped = 1n << vaBits;
  const size = structPageSize << (paBits + 1n - pageShift);
  const kfence = KFENCE_PAGES << pageShift;
  const vmallocEnd = ADDRESSES_END - mapped + (tablesReach < mapped ? tablesReach : mapped) - pmdSize - size - kfence;
  const start = options.alignsToFolios
    ? alignUp(vmallocEnd, vmemmapAlign(pmdSize, pageShift, structPageSize, options.hvo))
    : alignDown(vmallocEnd + pmdSize, pmdSize);
  return { start, end: start + size };
}

/** VMEMMAP_ALIGN. */
function vmemmapAlign(pmdSize: bigint, pageShift: bigint, structPageSize: bigint, hvo: boolean): bigint {
  const isPowerOfTwo = (structPageSize & (structPageSize - 1n)) === 0n;
  const folio = hvo && isPowerOfTwo ? (MAX_FOLIO_SIZE >> pageShift) * structPageSize : 0n;
  return folio > pmdSize ? folio : pmdSize;
}

const alignDown = (x: bigint, unit: bigint): bigint => x - (x % unit);
const alignUp = (x: bigint, unit: bigint): bigint => alignDown(x + unit - 1n, unit);
