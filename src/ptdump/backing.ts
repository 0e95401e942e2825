// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { PTE, type Leaf, type Table } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { usedRuns } from '../scenario/state.js';
import type { LineComments } from './text.js';
import type { Run } from './walk.js';

/** Whose memory lies behind a leaf, and which of its bytes are marked unused: what kernel_page_tables does not tell. */

/** The owner of a frame: the page allocator, boot memory, an altmap, or nobody that the kernel knows. */
export type FrameOwner =
  | { readonly from: 'buddy' | 'boot' | 'unknown' }
  | {
      readonly from: 'altmap';
      readonly altmap: string;
      /** Pages from the altmap's base. */
      readonly offset: number;
    };

/** @param altmaps every altmap of the machine. @param pa physical byte address */
export function frameOwner({ allocator, pageSize }: Kernel, altmaps: readonly VmemAltmap[], pa: number): FrameOwner {
  const pfn = Math.floor(pa / pageSize);
  const altmap = altmaps.find(({ basePfn, reserve, free }) => pfn >= basePfn && pfn < basePfn + reserve + free);
  if (altmap !== undefined) return { from: 'altmap', altmap: altmap.name, offset: pfn - altmap.basePfn };
  if (!allocator.owns(pfn)) return { from: 'unknown' };
  return { from: allocator.isReserved(pfn) ? 'boot' : 'buddy' };
}

/** Byte ranges of a leaf that hold PAGE_UNUSED, offsets from its start. A base page is never marked. */
export const unusedBytes = (kernel: Kernel, leaf: Leaf): [from: number, to: number][] =>
  leaf.level === PTE
    ? []
    : (usedRuns(kernel, leaf) ?? []).flatMap(({ used, from, to }) => (used ? [] : [[from, to] as [number, number]]));

/** Cells of a strip: the leaf in as many equal parts. */
const STRIP_CELLS = 32;
const CELL = { used: '#', unused: '-', both: '+' } as const;

/**
 * A leaf as a strip: "#" where no byte is marked unused, "-" where every byte is, "+" where some are.
 * @param size bytes of the leaf
 */
export function strip(unused: readonly (readonly [from: number, to: number])[], size: number): string {
  const cell = size / STRIP_CELLS;
  return Array.from({ length: STRIP_CELLS }, (_, i) => {
    const start = i * cell;
    const marked = unused.reduce(
      (sum, [from, to]) => sum + Math.max(0, Math.min(to, start + cell) - Math.max(from, start)),
      0,
    );
    if (marked === 0) return CELL.used;
    return marked === cell ? CELL.unused : CELL.both;
  }).join('');
}

const ownerText = (owner: FrameOwner): string =>
  owner.from === 'altmap' ? `from=altmap altmap=${owner.altmap} offset=${owner.offset}` : `from=${owner.from}`;

const sameOwner = (a: FrameOwner, b: FrameOwner): boolean =>
  a.from === 'altmap' && b.from === 'altmap' ? a.altmap === b.altmap : a.from === b.from;

/** The trailing column of `--backing`: a line for each stretch of frames that continue and have one owner. */
export function backingComments(kernel: Kernel, altmaps: readonly VmemAltmap[]): LineComments {
  const ownerOf = (leaf: { pa: number }): FrameOwner => frameOwner(kernel, altmaps, leaf.pa);
  return {
    splits: (before, leaf) =>
      before.pa + before.size !== leaf.pa ||
      !sameOwner(ownerOf(before), ownerOf(leaf)) ||
      unusedBytes(kernel, before).length > 0 ||
      unusedBytes(kernel, leaf).length > 0,
    of: (run: Run) => {
      const leaf: Leaf = { ...run, size: run.end - run.start };
      const unused = unusedBytes(kernel, leaf);
      const shown = unused.length === 0 ? '' : ` [${strip(unused, leaf.size)}]`;
      return `phys=${hex(run.pa)} ${ownerText(ownerOf(run))}${shown}`;
    },
  };
}

/** A leaf of `vmemmap dump --json`. */
export type LeafJson = {
  start: string;
  /** Exclusive. */
  end: string;
  level: string;
  phys: string;
  /** The entry without its frame. */
  flags: string;
  /** Byte ranges that hold 0xFD, offsets from the start of the leaf. */
  unused: [from: number, to: number][];
} & FrameOwner;

/** A table below the root; `level` is that of its entries. */
export type TableJson = { level: string; start: string; phys: string } & FrameOwner;

/**
 * @param address renders an address given by its low 52 bits
 * @param levels names of levels
 */
export function leafJson(
  kernel: Kernel,
  altmaps: readonly VmemAltmap[],
  leaf: Leaf,
  level: string,
  address: (low: number) => string,
): LeafJson {
  return {
    start: address(leaf.start),
    end: address(leaf.start + leaf.size),
    level,
    phys: hex(leaf.pa),
    flags: hex(kernel.platform.leafFlags(leaf)),
    unused: unusedBytes(kernel, leaf),
    ...frameOwner(kernel, altmaps, leaf.pa),
  };
}

export const tableJson = (
  kernel: Kernel,
  altmaps: readonly VmemAltmap[],
  table: Table,
  level: string,
  address: (low: number) => string,
): TableJson => ({
  level,
  start: address(table.start),
  phys: hex(table.pa),
  ...frameOwner(kernel, altmaps, table.pa),
});
