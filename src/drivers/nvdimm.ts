// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';

/** drivers/nvdimm/pfn_devs.c: where a namespace puts its data, and the pages it sets aside for the memmap. */

/** nd_info_block_reserve() before alignment to pages: the info block's room, SZ_8K. */
const INFO_BLOCK_BYTES = 8192;
/** What a namespace reckons for a struct page that is not larger, bytes; a larger one needs CONFIG_NVDIMM_KMSAN. */
export const MAX_STRUCT_PAGE_SIZE = 64;

export interface Namespace {
  /** First byte of the range that gets struct pages. */
  start: number;
  /** Bytes of that range. */
  size: number;
  /** Byte offset from start to the first byte of data. */
  dataOffset: number;
  /** The memmap lies in the namespace: pages before it and pages for it. */
  altmap: { basePfn: number; endPfn: number; reserve: number; free: number } | null;
}

/**
 * nd_pfn_init() and __nvdimm_setup_pfn(): the layout of a new namespace.
 * @param start first byte of the raw namespace
 * @param size bytes of it
 * @param align alignment of the data, bytes
 * @param map where the memmap goes, as ndctl names it: `dev` on the device, `mem` in system memory
 * @param pageSize bytes
 * @param structPageSize bytes of a struct page, where it is larger than MAX_STRUCT_PAGE_SIZE
 */
export function createNamespace(
  start: number,
  size: number,
  align: number,
  map: 'dev' | 'mem',
  pageSize: number,
  structPageSize = MAX_STRUCT_PAGE_SIZE,
): Namespace {
  // memremap_compat_align().
  const unit = Math.max(align, SUBSECTION_SIZE);
  const end = alignDown(start + size, unit);
  const nrPages = Math.floor((size - INFO_BLOCK_BYTES) / pageSize);
  const mapBytes = map === 'dev' ? Math.max(MAX_STRUCT_PAGE_SIZE, structPageSize) * nrPages : 0;
  const dataOffset = alignUp(start + INFO_BLOCK_BYTES + mapBytes, unit) - start;
  if (map === 'mem') return { start, size: end - start, dataOffset, altmap: null };
  const infoBlock = alignUp(INFO_BLOCK_BYTES, pageSize);
  const basePfn = alignDown(start, SUBSECTION_SIZE) / pageSize;
  return {
    start,
    size: end - start,
    dataOffset,
    altmap: {
      basePfn,
      endPfn: end / pageSize - 1,
      reserve: infoBlock / pageSize + (start / pageSize - basePfn),
      free: Math.floor((dataOffset - infoBlock) / pageSize),
    },
  };
}
