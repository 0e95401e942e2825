// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';

/** drivers/nvdimm/pfn_devs.c: where a namespace puts its data, and the pages it sets aside for the memmap. */

/** nd_info_block_reserve() before alignment to pages: the info block's room, SZ_8K. */
const INFO_BLOCK_BYTES = 8192;
/** What a namespace reckons for a struct page that is not larger, bytes; a larger one needs CONFIG_NVDIMM_KMSAN. */
export const MAX_STRUCT_PAGE_SIZE = 64;

/** A namespace with its layout, as its info block has it. */
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

/** What of a namespace is left out because its section is another's too, bytes. */
export interface Trim {
  startPad: number;
  endTrunc: number;
}

/**
 * trim_pfn_device(), before subsections: memory is mapped in whole sections, so a namespace gives up the sections that it
 * shares.
 * @param collides whether a range meets system memory besides the device, or another region
 */
export function trimNamespace(
  start: number,
  size: number,
  align: number,
  sectionSize: number,
  collides: (start: number, size: number) => boolean,
): Trim {
  const end = start + size;
  const before = start - alignDown(start, sectionSize);
  const behind = alignUp(end, sectionSize) - end;
  const startPad = collides(start - before, size + before) ? alignUp(start, sectionSize) - start : 0;
  const trimsEnd = collides(start, size + behind) || end % align !== 0;
  // phys_pmem_align_down().
  const endTrunc = trimsEnd ? end - Math.min(alignDown(end, sectionSize), alignDown(end, align)) : 0;
  return { startPad, endTrunc };
}

/**
 * nd_pfn_init() and __nvdimm_setup_pfn() before subsections: 64 bytes for each page of whole sections, and an altmap that
 * begins where the section does.
 */
export function createSectionNamespace(
  { start: raw, size: rawSize, align, map }: { start: number; size: number; align: number; map: 'dev' | 'mem' },
  { startPad, endTrunc }: Trim,
  { pageSize, sectionSize, pmdSize }: { pageSize: number; sectionSize: number; pmdSize: number },
): Namespace {
  const start = raw + startPad;
  const size = rawSize - startPad - endTrunc;
  const mapBytes = (MAX_STRUCT_PAGE_SIZE * alignUp(Math.max(0, size - INFO_BLOCK_BYTES), sectionSize)) / pageSize;
  const dataOffset =
    map === 'dev'
      ? alignUp(start + INFO_BLOCK_BYTES + mapBytes, Math.max(align, pmdSize)) - start
      : alignUp(start + INFO_BLOCK_BYTES, align) - start;
  if (map === 'mem') return { start, size, dataOffset, altmap: null };
  const infoBlock = alignUp(INFO_BLOCK_BYTES, pageSize);
  const basePfn = alignDown(start, sectionSize) / pageSize;
  return {
    start,
    size,
    dataOffset,
    altmap: {
      basePfn,
      endPfn: (start + size) / pageSize - 1,
      reserve: infoBlock / pageSize + (start / pageSize - basePfn),
      free: Math.floor((dataOffset - infoBlock) / pageSize),
    },
  };
}
