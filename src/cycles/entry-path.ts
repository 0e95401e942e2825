// SPDX-License-Identifier: GPL-2.0-only

import { ENTRY_BYTES, LEVELS, tableIndex, type Level, type PageTable } from '../hardware/page-table.js';

/**
 * The way from the root of a page table down to an entry, as the tables lead now. The last one is remembered, and each of its
 * entries is looked at before it is gone again: what it says may have changed, or where it lies.
 */
export class EntryPath {
  /** Physical byte addresses of the entries on the way, root first, as far as {@link locate} went last. */
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

  constructor(private readonly table: PageTable) {
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
   * @returns its physical byte address; {@link entries} has those above it, too
   * @throws RangeError for a folded level
   */
  locate(level: Level, address: number): number {
    const { table, entries, indexes, positions, word0, word1, tables } = this;
    const { ram, levels } = table;
    if (ram.moves !== this.moves) this.known = 0;
    this.moves = ram.moves;
    let tablePa = table.root;
    for (let depth = 0; depth < levels.length; depth++) {
      const here = levels[depth]!;
      const pa = tablePa + tableIndex(here, address) * ENTRY_BYTES;
      entries[depth] = pa;
      if (here.level === level) return pa;
      const at = positions[depth]!;
      if (
        depth >= this.known ||
        indexes[depth] !== Math.floor(address * here.perByte) ||
        ram.words[at] !== word0[depth] ||
        ram.words[at + 1] !== word1[depth]
      )
        this.read(depth, address);
      tablePa = tables[depth]!;
    }
    throw new RangeError(`this page table has no level ${LEVELS[level]}`);
  }

  /** Reads an entry on the way; what lay behind it is no longer known. */
  private read(depth: number, address: number): void {
    const { table } = this;
    const { ram, levels, format } = table;
    const here = levels[depth]!;
    const at = table.entry(this.entries[depth]!, 0);
    this.indexes[depth] = Math.floor(address * here.perByte);
    this.positions[depth] = at;
    this.word0[depth] = ram.words[at]!;
    this.word1[depth] = ram.words[at + 1]!;
    this.tables[depth] = format.address(here.level, table.lo(at), table.hi(at));
    this.known = depth + 1;
  }
}
