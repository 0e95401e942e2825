// SPDX-License-Identifier: GPL-2.0-only

import type { Leaf, Table } from '../hardware/page-table.js';
import { MIXED } from '../hardware/ram.js';
import type { Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { activeMemmap, type AddressRange, vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';

/** A machine between two steps, read from its tables and memory alone: what the invariants compare. */

/** What the tables, the memory and the books of a kernel say at a moment. */
export interface Snapshot {
  /** Memmap of active subsections, low 52 bits of its addresses, ascending. */
  readonly active: readonly AddressRange[];
  readonly leaves: readonly Leaf[];
  readonly tables: readonly Table[];
  readonly altmaps: readonly Readonly<VmemAltmap>[];
  /** Base pages of system memory handed out. */
  readonly pagesOut: number;
}

export function takeSnapshot(kernel: Kernel, altmaps: Iterable<VmemAltmap>): Snapshot {
  const { leaves, tables } = walkVmemmap(kernel, vmemmapWindow(kernel));
  return {
    active: activeMemmap(kernel),
    leaves,
    tables,
    altmaps: Array.from(altmaps, (altmap) => ({ ...altmap })),
    pagesOut: kernel.allocator.pagesOut,
  };
}

/** What lies in both; each list ascending and without overlaps. */
export function common(a: readonly AddressRange[], b: readonly AddressRange[]): AddressRange[] {
  const both: AddressRange[] = [];
  let j = 0;
  for (const { start, end } of a) {
    while (j < b.length && b[j]!.end <= start) j++;
    for (let k = j; k < b.length && b[k]!.start < end; k++) {
      both.push({ start: Math.max(start, b[k]!.start), end: Math.min(end, b[k]!.end) });
    }
  }
  return both;
}

/**
 * Asks the hardware for every address of some ranges.
 * @param onPart gets a part of a range and the leaf that maps it; a page that nothing maps comes with undefined
 */
export function forEachTranslation(
  kernel: Kernel,
  ranges: readonly AddressRange[],
  onPart: (start: number, end: number, leaf: Leaf | undefined) => void,
): void {
  for (const { start, end } of ranges) {
    let next: number;
    for (let address = start; address < end; address = next) {
      const leaf = kernel.platform.mmu.walk(address);
      const partEnd =
        leaf === undefined ? (Math.floor(address / kernel.pageSize) + 1) * kernel.pageSize : leaf.start + leaf.size;
      next = Math.min(end, partEnd);
      onPart(address, next, leaf);
    }
  }
}

/** A piece of memmap as the hardware finds it: where it is mapped, and what its bytes are. */
export interface Piece extends AddressRange {
  /** Physical byte address, or NaN where nothing is mapped. */
  pa: number;
  /** The byte that fills it, or its bytes. */
  content: string;
}

/** Reads memmap through the translation in force: neighbours that continue each other are one piece. */
export function readMemmap(kernel: Kernel, ranges: readonly AddressRange[]): Piece[] {
  const pieces: Piece[] = [];
  const push = (piece: Piece): void => {
    const last = pieces[pieces.length - 1];
    const joins =
      last?.end === piece.start &&
      last.content === piece.content &&
      !piece.content.startsWith('mixed') &&
      (Number.isNaN(piece.pa) ? Number.isNaN(last.pa) : last.pa + (last.end - last.start) === piece.pa);
    if (joins) last.end = piece.end;
    else pieces.push(piece);
  };
  forEachTranslation(kernel, ranges, (start, end, leaf) => {
    if (leaf === undefined) push({ start, end, pa: NaN, content: 'none' });
    else readPieces(kernel, start, end, leaf.pa + (start - leaf.start), push);
  });
  return pieces;
}

/** The bytes of [start, end), which one leaf maps from `pa` on. */
function readPieces(kernel: Kernel, start: number, end: number, pa: number, push: (piece: Piece) => void): void {
  const { ram, pageSize } = kernel;
  const firstFrame = Math.floor(pa / pageSize) * pageSize;
  const bytes = Math.ceil((pa + (end - start)) / pageSize) * pageSize - firstFrame;
  ram.forEachRun(firstFrame, bytes, (offset, length, byte) => {
    const from = Math.max(firstFrame + offset, pa);
    const to = Math.min(firstFrame + offset + length, pa + (end - start));
    const content = byte === MIXED ? mixedContent(kernel, from, to) : byte.toString(16);
    push({ start: start + (from - pa), end: start + (to - pa), pa: from, content });
  });
}

/** Bytes as text, each as a letter of its own: two texts are equal where the bytes are. */
const latin1 = new TextDecoder('latin1');

/** What a part of a mixed frame holds; it may well be one byte throughout. */
function mixedContent(kernel: Kernel, from: number, to: number): string {
  const pfn = Math.floor(from / kernel.pageSize);
  const base = pfn * kernel.pageSize;
  const bytes = kernel.ram.readFrame(pfn).subarray(from - base, to - base);
  const [first] = bytes;
  return bytes.every((byte) => byte === first) ? first!.toString(16) : `mixed ${latin1.decode(bytes)}`;
}
