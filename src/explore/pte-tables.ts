// SPDX-License-Identifier: GPL-2.0-only

import { wider } from './columns.js';

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
    const capacity = this.cell.length * 2;
    this.cell = wider(this.cell, new Int32Array(capacity));
    this.mapped = wider(this.mapped, new Float64Array(capacity));
    this.sum0 = wider(this.sum0, new Int32Array(capacity));
    this.sum1 = wider(this.sum1, new Int32Array(capacity));
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
    const capacity = this.start.length * 2;
    this.start = wider(this.start, new Float64Array(capacity));
    this.pa = wider(this.pa, new Float64Array(capacity));
    this.content = wider(this.content, new Float64Array(capacity));
    this.firstLeaf = wider(this.firstLeaf, new Int32Array(capacity));
    this.endLeaf = wider(this.endLeaf, new Int32Array(capacity));
    this.firstPart = wider(this.firstPart, new Int32Array(capacity));
    this.endPart = wider(this.endPart, new Int32Array(capacity));
    this.hi = wider(this.hi, new Int32Array(capacity));
    this.lo = wider(this.lo, new Int32Array(capacity));
    this.isPlain = wider(this.isPlain, new Uint8Array(capacity));
  }
}
