// SPDX-License-Identifier: GPL-2.0-only

import { LeafColumns, OWNER, TableColumns, wider } from './columns.js';
import { alignDown } from '../hardware/align.js';
import type { FrameLocation } from '../hardware/page-allocator.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { ENTRY_BYTES, PageTable, PTE, type EntryFormat, type Leaf } from '../hardware/page-table.js';
import { highHalf } from '../hardware/word-halves.js';
import { MIXED } from '../hardware/ram.js';
import { joined } from '../hardware/ranges.js';
import { StateWriter } from '../hardware/saved-state.js';
import type { Kernel } from '../kernel/kernel.js';
import { saveWhatActs } from '../kernel/saved-kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { altmapsOf, type Run } from '../scenario/runner.js';
import { saveWhatActsAboveSections } from '../scenario/saved-run.js';
import { activeMemmap, type AddressRange, vmemmapWindow, walkVmemmap } from '../kernel/vmemmap-view.js';
import type { Snapshot } from '../check/snapshot.js';
import type { Cell } from './cells.js';
import { Hash, type Fingerprint } from './hash.js';

/**
 * One walk of the page table, from which everything comes that an exploration wants to know of a state: the fingerprint,
 * the leaves and tables as columns of numbers, and a checksum for each cell of memmap.
 *
 * The fingerprint is the same for states that differ only in which frames of system memory they use. A block of system
 * memory is named by when the walk first meets it; the walk goes by ascending address. Everything else that the kernel
 * may act upon is taken as it is: entries, bytes behind leaves, bytes of altmaps, the sections, the books. Renaming is
 * sound while each used frame is allocated exactly once: what is handed out next is a frame that nothing reaches. Bytes
 * behind a leaf that are no fill are entries, which a kernel wrote there that took the leaf for a table: their frames are
 * renamed too. Where renaming does not hold, since a mapping stands on memory that was freed, a block was freed in part,
 * a page with more than one reference is mapped nowhere, or nodes of a list in memory carry addresses, the fingerprint is
 * that of the whole state and renames nothing.
 *
 * Two different states have the same fingerprint with a probability of 2^-64, so among n states any two do with about
 * n^2 / 2^65: 3e-8 for a million states, 3e-4 for a hundred million.
 */

/** Words of an entry. */
const ENTRY_WORDS = ENTRY_BYTES / 4;

/** What a frame or an entry is, before what tells it from its like. */
const KIND = {
  foreign: 1,
  reserved: 2,
  named: 3,
  leaf: 4,
  table: 5,
  absent: 6,
  bytes: 7,
  exact: 8,
  renamed: 9,
  fill: 10,
  flags: 11,
} as const;
/** Bits of a word that say its kind. Behind them stands an index, a byte, or the order of a block. */
const KIND_BITS = 8;
/** Bits of that order. Behind them stands a frame's place in its block. */
const ORDER_BITS = 8;

/** A state as a scan found it. The same object serves again and again. */
export class Scan {
  readonly leaves = new LeafColumns();
  readonly tables = new TableColumns();
  /** The fingerprint. */
  hi = 0;
  lo = 0;
  /** The part of it that the walk made: entries, and the bytes behind leaves. Zero where the architecture hashes. */
  mapHi = 0;
  mapLo = 0;
  /** Whether frames of system memory are renamed in it. */
  renamed = true;
  /** Of each cell: whether it is active, how many of its bytes are mapped, and to what: two words of a checksum. */
  readonly isActive: Uint8Array;
  readonly mapped: Float64Array;
  readonly sums: Int32Array;

  constructor(cells: readonly Cell[]) {
    this.isActive = new Uint8Array(cells.length);
    this.mapped = new Float64Array(cells.length);
    this.sums = new Int32Array(cells.length * 2);
  }
}

/** No index of an altmap. */
const END_OF_ALTMAPS = -1;

/** Whether the four bytes of a word are the same. */
const isFill = (word: number): boolean => (((word << 8) | (word >>> 24)) ^ word) === 0;

/** Multiplies a checksum before the next word is added: the 32-bit FNV prime. */
const FNV_PRIME = 0x01000193;

/** Names of blocks begin anew when they get near to what an Int32Array holds. */
const MAX_STAMP = 2 ** 30;

/** Scans the states of one kernel. */
export class Scanner {
  private readonly kernel: Kernel;
  /** Those that the scenario names. */
  private readonly altmaps: readonly VmemAltmap[];
  private readonly hash = new Hash();
  private readonly bytesHash = new Hash();
  private readonly writer = new StateWriter();
  private readonly window: AddressRange;
  /** Memory that altmaps hand out, joined: what they hand out again has the bytes that it was left with. */
  private readonly altmapWindows: readonly AddressRange[];
  /** By frame index: the stamp of the walk and the name that the block has in it. */
  private names = new Int32Array(1024);
  private firstName = 1;
  private nextName = 1;
  private isExact = false;
  private into: Scan;
  /** What the architecture walks; undefined where it hashes. */
  private readonly mmu: PageTable | undefined;
  /** No free frame is like another: it keeps its bytes, or an IOMMU may walk through it. */
  private readonly keepsFrames: boolean;
  private cell = 0;
  /** Pages with more than one reference that the walk has not met yet. */
  private sharedPages = 0;
  private readonly location: FrameLocation = { index: NO_PAGE, order: NO_PAGE, isReserved: false };
  /** Of the entry read last: the bits that are no address. Those of the next count where they differ. */
  private flagsLo = 0;
  private flagsHi = 0;

  /** The words of memory, and the same as entries. */
  private words = new Uint32Array(0);
  private entries = new BigInt64Array(0);

  /** Of the bytes read last: the word, and where the bytes began that are read now. */
  private lastWord = 0;
  private changes = 0;
  private runBase = 0;
  private pieceStart = 0;
  private pieceEnd = 0;
  /** Checksum of the entries among them, with their frames by number. */
  private readonly raw = new Int32Array(1);

  /**
   * @param cells memmap that may be active, ascending, without overlaps
   * @param blocks memory blocks that may come and go
   */
  constructor(
    private readonly run: Run,
    private readonly cells: readonly Cell[],
    blocks: readonly { readonly pfn: number; readonly nrPages: number }[],
  ) {
    const { kernel } = run;
    this.kernel = kernel;
    this.altmaps = [...run.altmaps.values()];
    const windows = this.altmaps.map(({ basePfn, reserve, free }) => ({ pfn: basePfn + reserve, nrPages: free }));
    // A block may be the altmap of its memmap, and its memory has the bytes that it was left with when it went.
    this.altmapWindows = joined(
      [...windows, ...blocks].map(({ pfn, nrPages }) => ({
        start: pfn * kernel.pageSize,
        end: (pfn + nrPages) * kernel.pageSize,
      })),
    );
    this.into = new Scan(cells);
    this.mmu = kernel.platform.table;
    this.keepsFrames = run.scenario.machine.recycledPages === 'keep' || run.iommuTables !== undefined;
    this.window = this.whatChanges();
  }

  /**
   * Scans the state as it is.
   * @param places what the caller keeps of the state, which two states that are one must share
   */
  scan(places: Uint8Array, into: Scan): void {
    const { kernel, hash } = this;
    const { mmu } = this;
    this.into = into;
    into.leaves.length = 0;
    into.tables.length = 0;
    into.renamed = false;
    if (mmu === undefined) {
      this.setFingerprint(this.exact(places));
      return;
    }
    this.startCells();
    hash.start();
    hash.word(KIND.renamed);
    this.firstName = this.nextName;
    this.cell = 0;
    this.flagsLo = 0;
    this.flagsHi = 0;
    this.isExact = this.keepsFrames || (kernel.code.bookPages?.() ?? 0) > 0;
    this.sharedPages = kernel.allocator.sharedPages;
    const [root] = mmu.levels;
    const reach = root!.span * (root!.mask + 1);
    this.readTable(mmu, mmu.format, mmu.root, 0, kernel.vmemmap - (kernel.vmemmap % reach));
    into.mapHi = hash.hi;
    into.mapLo = hash.lo;
    if (this.sharedPages > 0) this.isExact = true;
    if (this.nextName > MAX_STAMP) this.forgetNames();
    if (!this.isExact) this.readBooks(places);
    if (this.isExact) this.setFingerprint(this.exact(places));
    else {
      into.hi = hash.hi;
      into.lo = hash.lo;
      into.renamed = true;
    }
  }

  /** The snapshot that the last scan into an object is equal to, as long as the kernel is where it was. */
  snapshot({ leaves, tables }: Scan): Snapshot {
    return {
      active: activeMemmap(this.kernel),
      leaves: leaves.toLeaves(),
      tables: tables.toTables(),
      altmaps: altmapsOf(this.run).map((altmap) => ({ ...altmap })),
      pagesOut: this.kernel.allocator.pagesOut,
    };
  }

  /**
   * Where entries lie that steps may change: an architecture writes entries for addresses that it was given, and for
   * those before them in the leaf that would map them. That is the memmap of the cells, unless something is mapped beside
   * it, whose frames count too.
   */
  private whatChanges(): AddressRange {
    const { cells, kernel } = this;
    const all = vmemmapWindow(kernel);
    const { leaves, tables } = walkVmemmap(kernel, all);
    const start = alignDown(cells[0]!.start, kernel.platform.pmdSize);
    const { end } = cells[cells.length - 1]!;
    const isBeside = (leaf: Leaf): boolean => leaf.start + leaf.size <= start || leaf.start >= end;
    // Tables that were there at the start may have entries anywhere.
    return leaves.some(isBeside) || tables.length > 0 ? all : { start, end };
  }

  private setFingerprint({ hi, lo }: Fingerprint): void {
    this.into.hi = hi;
    this.into.lo = lo;
  }

  /** The whole state, with every frame by its number. */
  private exact(places: Uint8Array): Fingerprint {
    const { hash } = this;
    hash.start();
    hash.word(KIND.exact);
    saveWhatActs(this.writer, this.kernel, this.altmaps);
    saveWhatActsAboveSections(this.writer, this.run);
    hash.words(this.writer.take());
    this.readCaller(places);
    return hash.end();
  }

  private startCells(): void {
    const { sections } = this.kernel;
    const { isActive, mapped, sums } = this.into;
    for (let c = 0; c < this.cells.length; c++) {
      const { sectionNr, from, to } = this.cells[c]!;
      const isThere = sections.areSet(sectionNr, from, to);
      isActive[c] = isThere || (sections.isEarly(sectionNr) && !sections.isEmpty(sectionNr)) ? 1 : 0;
      mapped[c] = 0;
      sums[c * 2] = 0;
      sums[c * 2 + 1] = 0;
    }
  }

  private readBooks(places: Uint8Array): void {
    const { hash, kernel, writer } = this;
    kernel.sections.save(writer);
    (kernel.code.saveWhatActs ?? kernel.code.save)?.(writer);
    writer.wide(kernel.vmstat.nrMemmapPages);
    writer.wide(kernel.vmstat.nrMemmapBootPages);
    writer.wide(kernel.allocator.pagesOut);
    for (let a = 0; a < this.altmaps.length; a++) {
      const { alloc, align } = this.altmaps[a]!;
      if (alloc === 0 && align === 0) continue;
      writer.word(a);
      writer.wide(alloc);
      writer.wide(align);
    }
    writer.word(END_OF_ALTMAPS);
    saveWhatActsAboveSections(writer, this.run);
    writer.drain(hash);
    for (let w = 0; w < this.altmapWindows.length; w++) {
      const { start, end } = this.altmapWindows[w]!;
      this.readBytes(start, end - start);
      hash.word(this.bytesHash.lo);
      hash.word(this.bytesHash.hi);
    }
    this.readCaller(places);
  }

  private readCaller(places: Uint8Array): void {
    this.hash.words(places);
    for (const text of this.kernel.log.onceGiven) this.hash.text(text);
  }

  private readTable(mmu: PageTable, format: EntryFormat, tablePa: number, depth: number, base: number): boolean {
    const { hash, window, into } = this;
    const { ram, pageSize, allocator } = this.kernel;
    const { level, span, mask } = mmu.levels[depth]!;
    const frameEntries = pageSize / ENTRY_BYTES;
    let at = 0;
    // An entry that is not present counts where the one before it differs; what a new table holds counts nowhere.
    let word0 = 0;
    let word1 = 0;
    let hasEntries = false;
    const first = Math.max(0, Math.floor((window.start - base) / span));
    const end = Math.min(mask + 1, Math.ceil((window.end - base) / span));
    for (let i = first; i < end; i++, at += ENTRY_WORDS) {
      // A table may be larger than a frame, and frames are apart.
      if (i === first || (i & (frameEntries - 1)) === 0) at = mmu.entry(tablePa, i);
      const { words } = ram;
      if (words[at] === word0 && words[at + 1] === word1) {
        const left = Math.min(frameEntries - (i & (frameEntries - 1)), end - i) - 1;
        const alike = this.alikeFrom(words, at / ENTRY_WORDS, left);
        i += alike;
        at += alike * ENTRY_WORDS;
        continue;
      }
      const lo = mmu.lo(at);
      const hi = mmu.hi(at);
      const pa = format.address(level, lo, hi);
      if (!format.isPresent(level, lo, hi)) {
        word0 = words[at]!;
        word1 = words[at + 1]!;
        hash.word(KIND.absent | (i << KIND_BITS));
        hash.word(lo);
        hash.word(hi);
        if (pa !== 0 && allocator.owns(Math.floor(pa / pageSize))) this.isExact = true;
        continue;
      }
      const start = base + i * span;
      const isLeaf = level === PTE || format.isLeaf(level, lo, hi);
      hasEntries = true;
      // The bits that are no address; of an address that does not stand where its bits are in numbers, those too.
      const flagsLo = lo ^ (pa | 0);
      const flagsHi = hi ^ highHalf(pa);
      if (flagsLo !== this.flagsLo || flagsHi !== this.flagsHi) {
        hash.word(KIND.flags);
        hash.word(flagsLo);
        hash.word(flagsHi);
        this.flagsLo = flagsLo;
        this.flagsHi = flagsHi;
      }
      if (level === PTE && this.readBasePage(i, start, span, pa, lo, hi)) continue;
      hash.word((isLeaf ? KIND.leaf : KIND.table) | (i << KIND_BITS));
      const owner = this.readFrame(pa, isLeaf ? span : pageSize);
      if (isLeaf) {
        into.leaves.push(start, span, level, pa, lo, hi, owner, 0);
        this.readLeaf(start, span, pa);
      } else {
        const table = into.tables.push(start, mmu.levels[depth + 1]!.level, pa, owner);
        if (this.readTable(mmu, format, pa, depth + 1, start)) into.tables.hasEntries[table] = 1;
        at = mmu.entry(tablePa, i);
      }
    }
    return hasEntries;
  }

  /**
   * A leaf as nearly all are: a page that was handed out by itself, filled with one byte, with memmap of one cell. It comes to
   * what {@link readFrame} and {@link readLeaf} would.
   * @returns whether it is one; if not, nothing was read
   */
  private readBasePage(i: number, start: number, size: number, pa: number, lo: number, hi: number): boolean {
    const { cells, into } = this;
    const { allocator, ram, pageSize } = this.kernel;
    let c = this.cell;
    while (c < cells.length && cells[c]!.end <= start) c++;
    this.cell = c;
    if (c === cells.length || start < cells[c]!.start || start + size > cells[c]!.end || size !== pageSize)
      return false;
    const pfn = pa / pageSize;
    const index = allocator.basePageIndex(pfn);
    if (index === NO_PAGE || allocator.sharesPages) return false;
    const byte = ram.uniformByte(pfn);
    if (byte === MIXED) return false;
    this.hash.fourWords(KIND.leaf | (i << KIND_BITS), KIND.named, this.nameOf(index), KIND.fill | (byte << KIND_BITS));
    into.leaves.push(start, size, PTE, pa, lo, hi, OWNER.allocated, into.isActive[c]!);
    this.addToCell(c, size, pa, byte, KIND.fill);
    return true;
  }

  /** Counts mapped bytes of a cell, and adds what is behind them to its checksum. */
  private addToCell(c: number, size: number, from: number, content0: number, content1: number): void {
    const { mapped, sums } = this.into;
    mapped[c]! += size;
    const high = highHalf(from);
    addTo(sums, c * 2, content0, from | 0, high);
    addTo(sums, c * 2 + 1, content1, high, from | 0);
  }

  /** How many entries behind one, `limit` at most, are like it. */
  private alikeFrom(words: Uint32Array<ArrayBuffer>, at: number, limit: number): number {
    if (words !== this.words) {
      this.words = words;
      this.entries = new BigInt64Array(words.buffer, words.byteOffset, Math.floor(words.length / ENTRY_WORDS));
    }
    return endOfAlike(this.entries, at + 1, at + 1 + limit, this.entries[at]!) - (at + 1);
  }

  /** The bytes behind a leaf, cell by cell, and between cells. */
  private readLeaf(start: number, size: number, pa: number): void {
    const { cells, into, hash } = this;
    const end = start + size;
    let c = this.cell;
    while (c < cells.length && cells[c]!.end <= start) c++;
    this.cell = c;
    let at = start;
    while (at < end) {
      const cell = c < cells.length ? cells[c]! : undefined;
      const isIn = cell !== undefined && cell.start <= at;
      const to = cell === undefined ? end : Math.min(end, isIn ? cell.end : cell.start);
      const from = pa + (at - start);
      let lo = this.kernel.ram.uniformByteOf(from, to - at);
      let hi: number = KIND.fill;
      let raw = 0;
      let isFilled = true;
      if (lo === MIXED) {
        this.readBytes(from, to - at);
        isFilled = this.changes === 1 && isFill(this.lastWord);
        lo = isFilled ? this.lastWord & 0xff : this.bytesHash.lo;
        if (!isFilled) hi = this.bytesHash.hi;
        raw = this.raw[0]!;
      }
      if (isFilled) hash.word(KIND.fill | (lo << KIND_BITS));
      else {
        hash.word(KIND.bytes);
        hash.word(lo);
        hash.word(hi);
      }
      if (isIn) {
        this.addToCell(c, to - at, from, lo ^ raw, hi);
        if (into.isActive[c] === 1) into.leaves.isUsed[into.leaves.length - 1] = 1;
        if (to === cell.end) c++;
      }
      at = to;
    }
  }

  /** Whose a leaf or table is, {@link OWNER}, and what its frame is called here. */
  private readFrame(pa: number, size: number): number {
    const { hash, location } = this;
    const { allocator, pageSize } = this.kernel;
    const pfn = Math.floor(pa / pageSize);
    const pages = size > pageSize ? size / pageSize : 1;
    allocator.locate(pfn, location);
    const { index, order } = location;
    if (index === NO_PAGE) {
      hash.word(KIND.foreign);
      hash.wide(pa);
      return pages > 1 && allocator.owns(pfn + pages - 1) ? this.ownerOfLast(pfn + pages - 1) : OWNER.foreign;
    }
    if (order === NO_PAGE) {
      this.isExact = true;
      return OWNER.free;
    }
    if (location.isReserved) {
      hash.word(KIND.reserved);
      hash.wide(pa);
      return pages > 1 ? Math.max(OWNER.reserved, this.ownerOfLast(pfn + pages - 1)) : OWNER.reserved;
    }
    const offset = index & ((1 << order) - 1);
    if (allocator.sharesPages) this.readReferences(pfn, index);
    hash.word(KIND.named | (order << KIND_BITS) | (offset << (KIND_BITS + ORDER_BITS)));
    hash.word(this.nameOf(index - offset));
    if (offset + pages <= 1 << order) return OWNER.allocated;
    this.isExact = true;
    return Math.max(OWNER.allocated, this.ownerOfLast(pfn + pages - 1));
  }

  /** References beyond the first, and that one page less that has some is unaccounted for, when it is met first. */
  private readReferences(pfn: number, index: number): void {
    const references = this.kernel.allocator.extraReferencesOf(pfn);
    this.hash.word(references);
    const isMet = index < this.names.length && this.names[index]! >= this.firstName;
    if (references > 0 && !isMet) this.sharedPages--;
  }

  private ownerOfLast(pfn: number): number {
    const { location } = this;
    this.kernel.allocator.locate(pfn, location);
    if (location.index === NO_PAGE) return OWNER.foreign;
    if (location.order === NO_PAGE) return OWNER.free;
    return location.isReserved ? OWNER.reserved : OWNER.allocated;
  }

  private nameOf(index: number): number {
    while (index >= this.names.length) this.names = wider(this.names, new Int32Array(this.names.length * 2));
    if (this.names[index]! < this.firstName) this.names[index] = this.nextName++;
    return this.names[index]! - this.firstName;
  }

  private forgetNames(): void {
    this.names.fill(0);
    this.nextName = 1;
  }

  /** Puts the bytes of [pa, pa + size) into {@link bytesHash}. */
  private readBytes(pa: number, size: number): void {
    const { frameSize } = this.kernel.ram;
    this.bytesHash.start();
    this.changes = 0;
    this.raw[0] = 0;
    // No fill: the first word counts, whatever it is.
    this.lastWord = 1;
    const base = pa - (pa % frameSize);
    this.runBase = base;
    this.pieceStart = pa;
    this.pieceEnd = pa + size;
    this.kernel.ram.forEachRun(base, Math.ceil((pa + size - base) / frameSize) * frameSize, this.readRun);
  }

  private readonly readRun = (offset: number, length: number, byte: number): void => {
    const from = Math.max(this.runBase + offset, this.pieceStart);
    if (byte !== MIXED) {
      this.readWord(from - this.pieceStart, Math.imul(byte, 0x01010101));
      return;
    }
    const { ram } = this.kernel;
    const to = Math.min(this.runBase + offset + length, this.pieceEnd);
    const first = ram.wordIndex(from - (from % ENTRY_BYTES));
    const { words } = ram;
    const count = Math.ceil((to - (from - (from % ENTRY_BYTES))) / 4);
    for (let i = 0; i < count; i += ENTRY_WORDS) {
      const word0 = words[first + i]! | 0;
      const word1 = words[first + i + 1]! | 0;
      if (word0 === this.lastWord && word1 === this.lastWord) continue;
      const at = from - this.pieceStart + i * 4;
      if (isFill(word0) && isFill(word1)) {
        this.readWord(at, word0);
        this.readWord(at + 4, word1);
      } else {
        this.readEntry(at, first + i);
      }
    }
  };

  private readWord(offset: number, word: number): void {
    if (word === this.lastWord) return;
    this.lastWord = word;
    this.changes++;
    this.bytesHash.word(offset);
    this.bytesHash.word(word);
  }

  /** An entry among bytes behind a leaf. Nobody walks to what it maps, but a kernel that frees it does. */
  private readEntry(offset: number, at: number): void {
    const { bytesHash, location, mmu } = this;
    const { allocator, pageSize, ram } = this.kernel;
    const lo = mmu!.lo(at);
    const hi = mmu!.hi(at);
    // No fill: what comes behind it counts, whatever it is.
    this.lastWord = 1;
    this.changes += ENTRY_WORDS;
    addTo(this.raw, 0, lo, hi, offset);
    bytesHash.word(offset);
    const pa = mmu!.format.isPresent(PTE, lo, hi) ? mmu!.format.address(PTE, lo, hi) : 0;
    const pfn = Math.floor(pa / pageSize);
    allocator.locate(pfn, location);
    const isNamed = location.index !== NO_PAGE && location.order !== NO_PAGE && !location.isReserved;
    if (!isNamed) {
      if (location.index !== NO_PAGE && location.order === NO_PAGE) this.isExact = true;
      bytesHash.word(lo);
      bytesHash.word(hi);
      return;
    }
    const { index, order } = location;
    const inBlock = index & ((1 << order) - 1);
    bytesHash.word(lo ^ (pa | 0));
    bytesHash.word(hi ^ highHalf(pa));
    bytesHash.word(this.nameOf(index - inBlock));
    bytesHash.word(order);
    bytesHash.word(inBlock);
    const byte = ram.uniformByte(pfn);
    if (byte === MIXED) this.isExact = true;
    bytesHash.word(byte);
  }
}

/** Position of the first entry of [at, end) that is not like this one, or `end`. */
function endOfAlike(entries: BigInt64Array, at: number, end: number, entry: bigint): number {
  // Eight at a time, since most of most tables is zero. Numbers of 64 bits stay in registers as long as nobody keeps them.
  for (; at + 8 <= end; at += 8) {
    const low =
      (entries[at]! ^ entry) | (entries[at + 1]! ^ entry) | (entries[at + 2]! ^ entry) | (entries[at + 3]! ^ entry);
    const high =
      (entries[at + 4]! ^ entry) | (entries[at + 5]! ^ entry) | (entries[at + 6]! ^ entry) | (entries[at + 7]! ^ entry);
    if (BigInt.asIntN(64, low | high) !== 0n) break;
  }
  while (at < end && entries[at] === entry) at++;
  return at;
}

/** Adds three words to a checksum. */
function addTo(sums: Int32Array, at: number, a: number, b: number, c: number): void {
  let sum = Math.imul(sums[at]!, FNV_PRIME) ^ a;
  sum = Math.imul(sum, FNV_PRIME) ^ b;
  sums[at] = Math.imul(sum, FNV_PRIME) ^ c;
}
