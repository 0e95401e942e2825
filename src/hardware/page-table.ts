// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from './align.js';
import type { Ram } from './ram.js';

/**
 * Radix page tables: 64-bit entries in RAM, a geometry that says which address bits index which level, and the walk that
 * the hardware does. Nothing here remembers what is mapped; it reads the bytes.
 *
 * An address is the low 52 bits of a virtual address, a plain number: the vmemmap never crosses a 4 PiB boundary.
 */

/**
 * Levels of a page table by the kernel's names, numbered upward from the leaf table; and behind them what maps memory
 * without one, an entry of a hashed page table.
 */
export const LEVELS = ['pte', 'pmd', 'pud', 'p4d', 'pgd', 'hpte'] as const;
/** A level of a page table, named by its entries; `hpte` for an entry of a hashed page table. */
export type LevelName = (typeof LEVELS)[number];
/** A level by its number; the constants below name them. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5;
export const PTE = 0;
export const PMD = 1;
export const PUD = 2;
export const P4D = 3;
export const PGD = 4;
export const HPTE = 5;

/** Bytes of an entry, on every architecture here. */
export const ENTRY_BYTES = 8;
/** Positions in {@link Ram.words} that an entry takes. */
export const ENTRY_WORDS = ENTRY_BYTES / 4;

/** One level of a geometry. */
export interface TableLevel {
  /** Level of the entries in this table. */
  level: Level;
  /** log2 of the bytes that one entry covers. */
  shift: number;
  /** log2 of the number of entries. */
  bits: number;
}

/** The levels in use, root first; folded levels are left out. */
export interface TableGeometry {
  levels: readonly TableLevel[];
  /** Byte order of an entry in memory. */
  endian: 'little' | 'big';
}

/** Levels from the leaf table up. */
const LEVELS_UP: readonly Level[] = [PTE, PMD, PUD, P4D, PGD];

/** Bits that index a table of a page. @param pageShift log2 of the bytes of a page */
const indexBits = (pageShift: number): number => pageShift - Math.log2(ENTRY_BYTES);

/**
 * Little-endian tables of a page each, as many as an address needs; the root has the bits that are left over.
 * @param pageShift log2 of the bytes of a page
 * @param addressBits bits of a virtual address
 */
export function pageTables(pageShift: number, addressBits: number): TableGeometry {
  const bits = indexBits(pageShift);
  const levels = LEVELS_UP.flatMap((level) => {
    const shift = pageShift + level * bits;
    return shift < addressBits ? [{ level, shift, bits: Math.min(bits, addressBits - shift) }] : [];
  });
  return { levels: levels.reverse(), endian: 'little' };
}

/** The same where the root has a whole page, too. @param pagingLevels 2 to 5 */
export const fullPageTables = (pageShift: number, pagingLevels: number): TableGeometry =>
  pageTables(pageShift, pageShift + pagingLevels * indexBits(pageShift));

/** How the hardware reads an entry. `lo` and `hi` are its bits 0-31 and 32-63, unsigned. */
export interface EntryFormat {
  /** Whether the walk goes on, or ends in a leaf. */
  isPresent(level: Level, lo: number, hi: number): boolean;
  /** Whether a present entry maps memory at this level. */
  isLeaf(level: Level, lo: number, hi: number): boolean;
  /** Physical byte address of the memory or table that a present entry points to. */
  address(level: Level, lo: number, hi: number): number;
}

/** A present leaf as a walk of the tables finds it. */
export interface Leaf {
  /** First address that it maps, low 52 bits. */
  start: number;
  /** Bytes that it maps. */
  size: number;
  level: Level;
  /** Physical byte address that it maps to. */
  pa: number;
  lo: number;
  hi: number;
}

/** A field of a leaf entry, for people. */
export interface LeafField {
  /** The kernel's constant, or the manual's name. */
  readonly name: string;
  readonly mask: bigint;
  /** What the field says where it is not zero. */
  readonly says: string;
  /** Levels whose leaves have the field; all if not given. */
  readonly levels?: readonly Level[];
}

/** A table below the root as a walk of the tables finds it. */
export interface Table {
  level: Level;
  /** First address that it covers, low 52 bits. */
  start: number;
  pa: number;
}

/** Where an access through the page table ends: nowhere. */
export const NOT_MAPPED = -1;

/** The bytes of a 32-bit word in the other order. */
export const swap32 = (x: number): number =>
  ((x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24)) >>> 0;

/** A level of a page table, ready to walk. */
export interface WalkLevel {
  readonly level: Level;
  /** Bytes that one entry covers. */
  readonly span: number;
  /** 1 / span: dividing by a power of two is exact either way, and multiplying is faster. */
  readonly perByte: number;
  /** Number of entries less one. */
  readonly mask: number;
}

const walkLevel = ({ level, shift, bits }: TableLevel): WalkLevel => ({
  level,
  span: 2 ** shift,
  perByte: 1 / 2 ** shift,
  mask: 2 ** bits - 1,
});

/** Index of an address into a table of a level. */
export function tableIndex(level: WalkLevel, address: number): number {
  return (address * level.perByte) & level.mask;
}

/** Tables that a walk goes through at most above the last one. */
const MAX_WALK = LEVELS.length - 1;

/**
 * A table that kernel code has come to from the root, as a paging-structure cache of hardware keeps it. It is asked before a walk
 * and trusts nothing: what it says holds only while the entries on the way read as they did.
 */
export class LastWalk {
  private moves = -1;
  private level: Level = HPTE;
  /** What the table covers. */
  private start = 0;
  private end = 0;
  private tablePa = 0;
  /** The entries on the way, and their words. */
  private length = 0;
  private readonly entries = new Int32Array(MAX_WALK);
  private readonly words = new Uint32Array(MAX_WALK * ENTRY_WORDS);

  constructor(private readonly table: PageTable) {}

  /** Remembers how one comes to the table that has the entry of a level for an address. Every entry on the way points to a table. */
  remember(level: Level, address: number): void {
    const { table } = this;
    const { ram } = table;
    let tablePa = table.root;
    this.length = 0;
    for (const here of table.levels) {
      if (here.level === level) {
        const span = here.span * (here.mask + 1);
        this.start = alignDown(address, span);
        this.end = this.start + span;
        break;
      }
      const entry = table.entry(tablePa, tableIndex(here, address));
      this.words[this.length * ENTRY_WORDS] = ram.words[entry]!;
      this.words[this.length * ENTRY_WORDS + 1] = ram.words[entry + 1]!;
      this.entries[this.length++] = entry;
      tablePa = table.format.address(here.level, table.lo(entry), table.hi(entry));
    }
    this.level = level;
    this.tablePa = tablePa;
    this.moves = ram.moves;
  }

  /** The table that has the entry of a level for an address, or {@link NOT_MAPPED} where that is not known. */
  find(level: Level, address: number): number {
    const { words, moves } = this.table.ram;
    if (moves !== this.moves || level !== this.level || address < this.start || address >= this.end) return NOT_MAPPED;
    for (let i = 0; i < this.length; i++) {
      const entry = this.entries[i]!;
      if (words[entry] !== this.words[i * ENTRY_WORDS] || words[entry + 1] !== this.words[i * ENTRY_WORDS + 1])
        return NOT_MAPPED;
    }
    return this.tablePa;
  }
}

/** A tree of page tables in RAM, and the walk that the hardware does. */
export class PageTable {
  /** Bytes that one entry covers, by level. */
  readonly span: readonly number[];
  /** The levels in use, root first. */
  readonly levels: readonly WalkLevel[];
  /** See {@link LastWalk}. */
  readonly lastWalk: LastWalk;
  private readonly big: boolean;
  private readonly byLevel: readonly (WalkLevel | undefined)[];

  /**
   * @param root physical byte address of the root table
   */
  constructor(
    readonly ram: Ram,
    readonly root: number,
    readonly geometry: TableGeometry,
    readonly format: EntryFormat,
  ) {
    this.lastWalk = new LastWalk(this);
    this.big = geometry.endian === 'big';
    this.levels = geometry.levels.map(walkLevel);
    this.byLevel = LEVELS.map((_, level) => this.levels.find((l) => l.level === level));
    this.span = this.byLevel.map((l) => l?.span ?? 0);
  }

  /** @throws RangeError for a folded level */
  table(level: Level): WalkLevel {
    const table = this.byLevel[level];
    if (!table) throw new RangeError(`this page table has no level ${LEVELS[level]}`);
    return table;
  }

  /** Position of an entry in {@link Ram.words}. */
  entry(tablePa: number, index: number): number {
    return this.ram.wordIndex(tablePa + index * ENTRY_BYTES);
  }

  /** Bits 0-31 of the entry at a position. */
  lo(entry: number): number {
    return this.big ? swap32(this.ram.words[entry + 1]!) : this.ram.words[entry]!;
  }

  /** Bits 32-63 of the entry at a position. */
  hi(entry: number): number {
    return this.big ? swap32(this.ram.words[entry]!) : this.ram.words[entry + 1]!;
  }

  /** Writes an entry. @param entry its word in RAM @param lo bits 31:0 @param hi bits 63:32 */
  write(entry: number, lo: number, hi: number): void {
    const words = this.ram.words;
    if (this.big) {
      words[entry] = swap32(hi);
      words[entry + 1] = swap32(lo);
    } else {
      words[entry] = lo;
      words[entry + 1] = hi;
    }
  }

  /**
   * The walk of the hardware for one address.
   * @returns the leaf, or undefined where nothing is mapped
   */
  walk(address: number): Leaf | undefined {
    let tablePa = this.root;
    for (const table of this.levels) {
      const entry = this.entry(tablePa, tableIndex(table, address));
      const lo = this.lo(entry);
      const hi = this.hi(entry);
      if (!this.format.isPresent(table.level, lo, hi)) return undefined;
      const pa = this.format.address(table.level, lo, hi);
      if (table.level === PTE || this.format.isLeaf(table.level, lo, hi)) {
        const size = table.span;
        return { start: alignDown(address, size), size, level: table.level, pa, lo, hi };
      }
      tablePa = pa;
    }
    return undefined;
  }

  /** Physical byte address behind a virtual one, or {@link NOT_MAPPED}. */
  translate(address: number): number {
    const leaf = this.walk(address);
    return leaf === undefined ? NOT_MAPPED : leaf.pa + (address - leaf.start);
  }

  /**
   * Every present leaf and every table that serves [start, end), by ascending address.
   */
  visit(start: number, end: number, onLeaf: (leaf: Leaf) => void, onTable: (table: Table) => void): void {
    // Beyond what the root covers, indexes would begin anew.
    const root = this.levels[0]!;
    const reach = root.span * (root.mask + 1);
    this.visitTable(this.root, 0, start, Math.min(end, alignDown(start, reach) + reach), onLeaf, onTable);
  }

  private visitTable(
    tablePa: number,
    depth: number,
    start: number,
    end: number,
    onLeaf: (leaf: Leaf) => void,
    onTable: (table: Table) => void,
  ): void {
    const table = this.levels[depth]!;
    const { span } = table;
    const { frameSize } = this.ram;
    let entry = 0;
    // Entries of one frame lie in a row.
    let left = 0;
    for (
      let address = alignDown(start, span);
      address < end;
      address += span, entry += ENTRY_WORDS, left -= ENTRY_BYTES
    ) {
      if (left === 0) {
        const pa = tablePa + tableIndex(table, address) * ENTRY_BYTES;
        entry = this.ram.wordIndex(pa);
        left = frameSize - (pa % frameSize);
      }
      const lo = this.lo(entry);
      const hi = this.hi(entry);
      if (!this.format.isPresent(table.level, lo, hi)) continue;
      const pa = this.format.address(table.level, lo, hi);
      if (table.level === PTE || this.format.isLeaf(table.level, lo, hi)) {
        onLeaf({ start: address, size: span, level: table.level, pa, lo, hi });
      } else {
        onTable({ level: this.levels[depth + 1]!.level, start: address, pa });
        this.visitTable(pa, depth + 1, Math.max(start, address), Math.min(end, address + span), onLeaf, onTable);
      }
    }
  }
}
