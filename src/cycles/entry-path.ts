// SPDX-License-Identifier: GPL-2.0-only

import { ENTRY_BYTES, LEVELS, tableIndex, type Level, type PageTable, type WalkLevel } from '../hardware/page-table.js';
import type { Ram } from '../hardware/ram.js';

/**
 * The way from the root of a page table down to an entry, as the tables lead now. The last one is remembered, and each of its
 * entries is looked at before it is gone again: what it says may have changed, or where it lies.
 */
export class EntryPath {
  /** Physical byte addresses of the entries above the one that {@link locate} found last, root first. */
  readonly entries: Float64Array;
  /** Tables above those of a level, by level. */
  readonly depthOf: readonly number[];
  /** Entries that are remembered, from the root on. */
  private known = 0;
  /** {@link Ram.moves} while they were. */
  private moves = 0;
  /** Of each: which it is of all of its level, its position in RAM, what it says, and the table that it points to. */
  private readonly indexes: Float64Array;
  private readonly positions: Uint32Array;
  private readonly word0: Uint32Array;
  private readonly word1: Uint32Array;
  private readonly tables: Float64Array;

  private readonly ram: Ram;
  private readonly levels: readonly WalkLevel[];

  constructor(private readonly table: PageTable) {
    this.ram = table.ram;
    this.levels = table.levels;
    const depth = table.levels.length;
    this.entries = new Float64Array(depth);
    this.indexes = new Float64Array(depth);
    this.positions = new Uint32Array(depth);
    this.word0 = new Uint32Array(depth);
    this.word1 = new Uint32Array(depth);
    this.tables = new Float64Array(depth);
    this.depthOf = LEVELS.map((_, level) => table.levels.findIndex((here) => here.level === level));
  }

  /**
   * Goes down to the entry of a level that covers an address.
   * @param address low 52 bits of a virtual address
   * @returns its physical byte address; {@link entries} has those above it
   * @throws RangeError for a folded level
   */
  locate(level: Level, address: number): number {
    const { indexes, positions, word0, word1, tables, levels, ram } = this;
    const above = this.depthOf[level]!;
    if (above < 0) throw new RangeError(`this page table has no level ${LEVELS[level]}`);
    if (ram.moves !== this.moves) this.known = 0;
    this.moves = ram.moves;
    const { words } = ram;
    let depth = 0;
    for (const known = Math.min(this.known, above); depth < known; depth++) {
      const at = positions[depth]!;
      if (indexes[depth] !== Math.floor(address * levels[depth]!.perByte)) break;
      if (words[at] !== word0[depth] || words[at + 1] !== word1[depth]) break;
    }
    for (; depth < above; depth++) this.read(depth, address);
    return (above === 0 ? this.table.root : tables[above - 1]!) + tableIndex(levels[above]!, address) * ENTRY_BYTES;
  }

  /** Reads an entry on the way; what lay behind it is no longer known. */
  private read(depth: number, address: number): void {
    const { table, ram, levels } = this;
    const { format } = table;
    const here = levels[depth]!;
    this.entries[depth] =
      (depth === 0 ? table.root : this.tables[depth - 1]!) + tableIndex(here, address) * ENTRY_BYTES;
    const at = table.entry(this.entries[depth], 0);
    this.indexes[depth] = Math.floor(address * here.perByte);
    this.positions[depth] = at;
    this.word0[depth] = ram.words[at]!;
    this.word1[depth] = ram.words[at + 1]!;
    this.tables[depth] = format.address(here.level, table.lo(at), table.hi(at));
    this.known = depth + 1;
  }
}
