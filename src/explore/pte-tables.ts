// SPDX-License-Identifier: GPL-2.0-only

import { grown } from '../hardware/grown.js';

/** What a scan found in each PTE table, so that the next one takes it over where nothing was touched. Columns of numbers. */

/** Parts of the memmap of cells, as leaves map them one behind the other in one table. */
export class CellParts {
  length = 0;
  cell = new Int32Array(64);
  /** Bytes that are mapped. */
  mapped = new Float64Array(64);
  /** Two words of a checksum of what they are mapped to. */
  sum0 = new Int32Array(64);
  sum1 = new Int32Array(64);

  push(cell: number, mapped: number, sum0: number, sum1: number): void {
    if (this.length === this.cell.length) this.grow();
    const at = this.length++;
    this.cell[at] = cell;
    this.mapped[at] = mapped;
    this.sum0[at] = sum0;
    this.sum1[at] = sum1;
  }

  private grow(): void {
    this.cell = grown(this.cell, Int32Array);
    this.mapped = grown(this.mapped, Float64Array);
    this.sum0 = grown(this.sum0, Int32Array);
    this.sum1 = grown(this.sum1, Int32Array);
  }
}

/** PTE tables by ascending address. */
export class PteTables {
  length = 0;
  start = new Float64Array(16);
  pa = new Float64Array(16);
  /** Of its frame, see `Ram.contentOf()`. */
  content = new Float64Array(16);
  /** Its leaves among those of the scan, and its parts of cells: where they begin and end. */
  firstLeaf = new Int32Array(16);
  endLeaf = new Int32Array(16);
  firstPart = new Int32Array(16);
  endPart = new Int32Array(16);
  /** Its part of the fingerprint. */
  hi = new Int32Array(16);
  lo = new Int32Array(16);
  /** Whether nothing else decides what it comes to but its bytes, its pages and their bytes. */
  isPlain = new Uint8Array(16);

  /** Adds a table of which the rest is not known yet. */
  push(start: number, pa: number, firstLeaf: number, firstPart: number): number {
    if (this.length === this.start.length) this.grow();
    const at = this.length++;
    this.start[at] = start;
    this.pa[at] = pa;
    this.firstLeaf[at] = firstLeaf;
    this.firstPart[at] = firstPart;
    return at;
  }

  private grow(): void {
    this.start = grown(this.start, Float64Array);
    this.pa = grown(this.pa, Float64Array);
    this.content = grown(this.content, Float64Array);
    this.firstLeaf = grown(this.firstLeaf, Int32Array);
    this.endLeaf = grown(this.endLeaf, Int32Array);
    this.firstPart = grown(this.firstPart, Int32Array);
    this.endPart = grown(this.endPart, Int32Array);
    this.hi = grown(this.hi, Int32Array);
    this.lo = grown(this.lo, Int32Array);
    this.isPlain = grown(this.isPlain, Uint8Array);
  }
}
