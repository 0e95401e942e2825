// SPDX-License-Identifier: GPL-2.0-only

import { LeafColumns, OWNER, TableColumns } from './columns.js';
import { grown } from '../hardware/grown.js';
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
import { CellParts, PteTables } from './pte-tables.js';

/**
 * One walk of the page table, from which everything comes that an exploration wants to know of a state: the fingerprint,
 * the leaves and tables as columns of numbers, and a checksum for each cell of memmap.
 *
 * The fingerprint is the same for states that differ only in which frames of system memory they use: nothing in it tells
 * one block of system memory from another. That takes nothing away as long as the walk meets each block once. Where it
 * meets one twice, blocks go by name, which is when the walk first meets them; the walk goes by ascending address.
 * Everything else that the kernel may act upon is taken as it is: entries, bytes behind leaves, bytes of altmaps, the
 * sections, the books. Leaving frames out is sound while each used frame is allocated exactly once: what is handed out
 * next is a frame that nothing reaches. Bytes behind a leaf that are no fill are entries, which a kernel wrote there that
 * took the leaf for a table: with their frames it is the same. Where that does not hold, since a mapping stands on memory
 * that was freed, a block was freed in part, a page with more than one reference is mapped nowhere, or nodes of a list in
 * memory carry addresses, the fingerprint is that of the whole state, with every frame by its number.
 *
 * A PTE table comes into the fingerprint by a hash of its own. So what a scan found in a table can be taken over by the
 * next one, where a step touched neither the table nor the pages that it maps: nearly all of them.
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
  distinct: 12,
} as const;
/** Bits of a word that say its kind. Behind them stands an index, a byte, or the order of a block. */
const KIND_BITS = 8;
/** Bits of that order. Behind them stands a frame's place in its block. */
const ORDER_BITS = 8;

/** A state as a scan found it. The same object serves again and again. */
export class Scan {
  readonly leaves = new LeafColumns();
  readonly tables = new TableColumns();
  readonly pteTables = new PteTables();
  readonly parts = new CellParts();
  /** `MemSections.changes` then. */
  sections = -1;
  /** The image that memory was like then, see `Ram.isTouched()`. */
  image = 0;
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

/** No index of a cell, and none of a table. */
const NO_CELL = -1;
const NOT_KNOWN = -1;
/** No index of an altmap. */
const END_OF_ALTMAPS = -1;

/** A word of four bytes that are the same. */
const fillOf = (byte: number): number => Math.imul(byte, 0x01010101);

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
  /** Of the whole state, and of the PTE table at work. */
  private readonly wholeHash = new Hash();
  private readonly tableHash = new Hash();
  /** What is read goes into one of the two. */
  private hash = this.wholeHash;
  private readonly bytesHash = new Hash();
  /** What bytes that are all the same come to, two words for each byte. */
  private readonly fillHashes: Int32Array;
  private readonly writer = new StateWriter();
  private readonly window: AddressRange;
  /** Memory that altmaps hand out, joined: what they hand out again has the bytes that it was left with. */
  private readonly altmapWindows: readonly AddressRange[];
  /** By frame index: the stamp of the walk and the name that the block has in it. */
  private names = new Int32Array(1024);
  private firstName = 1;
  private nextName = 1;
  private isExact = false;
  /** Whether blocks go by name: where each is met once, nothing tells them apart. */
  private isNaming = false;
  /** Whether the walk met some block twice. */
  private hasTwice = false;
  /** Whether the PTE table at work is as {@link PteTables.isPlain} says. */
  private isPlain = false;
  private into: Scan;
  /** The scan whose tables can be taken over where they were not touched, and the next of them. */
  private since: Scan | undefined;
  private nextSince = 0;
  /** Indexes of the frames of a table that is taken over. */
  private indexes = new Int32Array(1024);
  /** What the architecture walks; undefined where it hashes. */
  private readonly mmu: PageTable | undefined;
  /** No free frame is like another: it keeps its bytes, or an IOMMU may walk through it. */
  private readonly keepsFrames: boolean;
  private cell = 0;
  /** The part of a cell that is being mapped, see {@link CellParts}. */
  private partCell = NO_CELL;
  private partMapped = 0;
  private readonly partSums = new Int32Array(2);
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
    this.fillHashes = Int32Array.from(Array.from({ length: 256 }, (_, byte) => this.hashOfFill(byte)).flat());
  }

  /**
   * Scans the state as it is.
   * @param places what the caller keeps of the state, which two states that are one must share
   * @param since a scan of the state that memory was captured in: tables that nobody touched from there on are taken over
   */
  scan(places: Uint8Array, into: Scan, since?: Scan): void {
    const { kernel, wholeHash } = this;
    const { ram, allocator } = kernel;
    const { mmu } = this;
    this.into = into;
    into.leaves.length = 0;
    into.tables.length = 0;
    into.renamed = false;
    if (mmu === undefined) {
      this.setFingerprint(this.exact(places));
      return;
    }
    into.image = ram.likeImage;
    this.since = since !== undefined && ram.isFrom(since.image) && !allocator.sharesPages ? since : undefined;
    this.walk(mmu);
    if (this.needsNames !== this.isNaming) {
      this.isNaming = !this.isNaming;
      this.walk(mmu);
    }
    into.mapHi = wholeHash.hi;
    into.mapLo = wholeHash.lo;
    if (this.sharedPages > 0) this.isExact = true;
    if (!this.isExact) this.readBooks(places);
    if (!this.isExact && this.needsNames !== this.isNaming) {
      this.isNaming = true;
      this.walk(mmu);
      this.readBooks(places);
    }
    if (this.nextName > MAX_STAMP) this.forgetNames();
    if (this.isExact) this.setFingerprint(this.exact(places));
    else {
      into.hi = wholeHash.hi;
      into.lo = wholeHash.lo;
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

  private get needsNames(): boolean {
    return this.hasTwice || this.kernel.allocator.sharesPages;
  }

  private walk(mmu: PageTable): void {
    const { kernel, hash, into } = this;
    into.leaves.length = 0;
    into.tables.length = 0;
    into.pteTables.length = 0;
    into.parts.length = 0;
    this.startCells();
    hash.start();
    hash.word(this.isNaming ? KIND.renamed : KIND.distinct);
    this.firstName = this.nextName;
    this.hasTwice = false;
    this.cell = 0;
    this.nextSince = 0;
    this.flagsLo = 0;
    this.flagsHi = 0;
    this.isExact = this.keepsFrames || (kernel.code.bookPages?.() ?? 0) > 0;
    this.sharedPages = kernel.allocator.sharedPages;
    const [root] = mmu.levels;
    const reach = root!.span * (root!.mask + 1);
    this.readTable(mmu, mmu.format, mmu.root, 0, kernel.vmemmap - (kernel.vmemmap % reach));
    this.endPart();
  }

  private setFingerprint({ hi, lo }: Fingerprint): void {
    this.into.hi = hi;
    this.into.lo = lo;
  }

  /** The whole state, with every frame by its number. */
  private exact(places: Uint8Array): Fingerprint {
    const { wholeHash: hash } = this;
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
    const { into, cells } = this;
    into.mapped.fill(0);
    into.sums.fill(0);
    if (into.sections === sections.changes) return;
    into.sections = sections.changes;
    for (let c = 0; c < cells.length; c++) {
      const { sectionNr, from, to } = cells[c]!;
      const isThere = sections.areSet(sectionNr, from, to);
      into.isActive[c] = isThere || (sections.isEarly(sectionNr) && !sections.isEmpty(sectionNr)) ? 1 : 0;
    }
  }

  private readBooks(places: Uint8Array): void {
    const { hash, kernel, writer } = this;
    const { ram } = kernel;
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
      const byte = ram.uniformByteOf(start, end - start);
      if (byte === MIXED) {
        this.readBytes(start, end - start);
        hash.word(this.bytesHash.lo);
        hash.word(this.bytesHash.hi);
      } else {
        hash.word(this.fillHashes[byte * 2]!);
        hash.word(this.fillHashes[byte * 2 + 1]!);
      }
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
      if (i === first || (i & (frameEntries - 1)) === 0) at = ram.readIndex(tablePa + i * ENTRY_BYTES);
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
        if (pa !== 0 && allocator.owns(Math.floor(pa / pageSize))) this.takeExact();
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
        into.leaves.push(
          start,
          span,
          level,
          pa,
          lo,
          hi,
          owner,
          0,
          span === pageSize ? ram.contentOf(pa / pageSize) : 0,
        );
        this.readLeaf(start, span, pa);
      } else {
        const below = mmu.levels[depth + 1]!.level;
        const table = into.tables.push(start, below, pa, owner);
        const isUsed =
          below === PTE
            ? this.readPteTable(mmu, format, pa, depth + 1, start)
            : this.readTable(mmu, format, pa, depth + 1, start);
        if (isUsed) into.tables.hasEntries[table] = 1;
        at = ram.readIndex(tablePa + i * ENTRY_BYTES);
      }
    }
    return hasEntries;
  }

  /** A PTE table, which goes into the fingerprint by a hash of its own. */
  private readPteTable(mmu: PageTable, format: EntryFormat, tablePa: number, depth: number, base: number): boolean {
    const { into, wholeHash, tableHash } = this;
    const { pteTables, leaves, parts } = into;
    const { ram, pageSize } = this.kernel;
    this.endPart();
    const known = this.since === undefined || this.isNaming ? NOT_KNOWN : this.untouched(this.since, base, tablePa);
    const table = pteTables.push(base, tablePa, leaves.length, parts.length);
    if (known === NOT_KNOWN) {
      const { flagsLo, flagsHi } = this;
      const { span, mask } = mmu.levels[depth]!;
      const isWithin = (tablePa % pageSize) + (mask + 1) * ENTRY_BYTES <= pageSize;
      this.isPlain = isWithin && span === pageSize && !this.isNaming;
      this.flagsLo = 0;
      this.flagsHi = 0;
      tableHash.start();
      this.hash = tableHash;
      this.readTable(mmu, format, tablePa, depth, base);
      this.hash = wholeHash;
      this.flagsLo = flagsLo;
      this.flagsHi = flagsHi;
      this.endPart();
      pteTables.isPlain[table] = this.isPlain ? 1 : 0;
      pteTables.content[table] = ram.contentOf(Math.floor(tablePa / pageSize));
      pteTables.hi[table] = tableHash.hi;
      pteTables.lo[table] = tableHash.lo;
    } else this.takeOver(this.since!, known, table);
    pteTables.endLeaf[table] = leaves.length;
    pteTables.endPart[table] = parts.length;
    wholeHash.word(pteTables.lo[table]!);
    wholeHash.word(pteTables.hi[table]!);
    return leaves.length > pteTables.firstLeaf[table]!;
  }

  /** The index of a PTE table in an earlier scan, if it would come to the same now; else {@link NOT_KNOWN}. */
  private untouched(since: Scan, base: number, tablePa: number): number {
    const { pteTables, leaves, parts } = since;
    const { ram, allocator, pageSize } = this.kernel;
    while (this.nextSince < pteTables.length && pteTables.start[this.nextSince]! < base) this.nextSince++;
    const t = this.nextSince;
    if (t >= pteTables.length || pteTables.start[t] !== base || pteTables.pa[t] !== tablePa) return NOT_KNOWN;
    if (pteTables.isPlain[t] === 0) return NOT_KNOWN;
    const content = ram.contentOf(Math.floor(tablePa / pageSize));
    if (content !== pteTables.content[t] || ram.isTouched(content)) return NOT_KNOWN;
    const { isActive } = this.into;
    for (let p = pteTables.firstPart[t]!; p < pteTables.endPart[t]!; p++) {
      const cell = parts.cell[p]!;
      if (isActive[cell] !== since.isActive[cell]) return NOT_KNOWN;
    }
    const first = pteTables.firstLeaf[t]!;
    const end = pteTables.endLeaf[t]!;
    while (end - first > this.indexes.length) this.indexes = new Int32Array(this.indexes.length * 2);
    for (let l = first; l < end; l++) {
      const pfn = leaves.pa[l]! / pageSize;
      const holds = ram.contentOf(pfn);
      if (holds !== leaves.content[l] || ram.isTouched(holds)) return NOT_KNOWN;
      if (leaves.owner[l] === OWNER.foreign) continue;
      const index = allocator.basePageIndex(pfn);
      if (index === NO_PAGE) return NOT_KNOWN;
      this.indexes[l - first] = index;
    }
    return t;
  }

  /** Takes over what an earlier scan found in a PTE table. */
  private takeOver(since: Scan, known: number, table: number): void {
    const { pteTables, leaves, parts } = this.into;
    const { pteTables: all, leaves: from, parts: pieces } = since;
    const first = all.firstLeaf[known]!;
    const end = all.endLeaf[known]!;
    for (let l = first; l < end; l++) if (from.owner[l] !== OWNER.foreign) this.meet(this.indexes[l - first]!);
    leaves.pushAll(from, first, end);
    for (let p = all.firstPart[known]!; p < all.endPart[known]!; p++) {
      parts.push(pieces.cell[p]!, pieces.mapped[p]!, pieces.sum0[p]!, pieces.sum1[p]!);
      this.addPart(parts.length - 1);
    }
    pteTables.isPlain[table] = 1;
    pteTables.content[table] = all.content[known]!;
    pteTables.hi[table] = all.hi[known]!;
    pteTables.lo[table] = all.lo[known]!;
  }

  /** The fingerprint is that of the whole state, with every frame by its number. */
  private takeExact(): void {
    this.isExact = true;
    this.isPlain = false;
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
    this.hash.fourWords(KIND.leaf | (i << KIND_BITS), KIND.named, this.meet(index), KIND.fill | (byte << KIND_BITS));
    into.leaves.push(start, size, PTE, pa, lo, hi, OWNER.allocated, into.isActive[c]!, byte);
    this.addToCell(c, size, pa, byte, KIND.fill);
    return true;
  }

  /** Counts mapped bytes of a cell, and adds what is behind them to its checksum. */
  private addToCell(c: number, size: number, from: number, content0: number, content1: number): void {
    const { partSums } = this;
    if (c !== this.partCell) {
      this.endPart();
      this.partCell = c;
      this.partMapped = 0;
      partSums[0] = 0;
      partSums[1] = 0;
    }
    this.partMapped += size;
    const high = highHalf(from);
    addTo(partSums, 0, content0, from | 0, high);
    addTo(partSums, 1, content1, high, from | 0);
  }

  private endPart(): void {
    if (this.partCell === NO_CELL) return;
    const { parts } = this.into;
    parts.push(this.partCell, this.partMapped, this.partSums[0]!, this.partSums[1]!);
    this.addPart(parts.length - 1);
    this.partCell = NO_CELL;
  }

  /** Adds a part of a cell to it. */
  private addPart(part: number): void {
    const { mapped, sums, parts } = this.into;
    const c = parts.cell[part]!;
    mapped[c]! += parts.mapped[part]!;
    sums[c * 2] = Math.imul(sums[c * 2]!, FNV_PRIME) ^ parts.sum0[part]!;
    sums[c * 2 + 1] = Math.imul(sums[c * 2 + 1]!, FNV_PRIME) ^ parts.sum1[part]!;
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
    if (order !== 0) this.isPlain = false;
    if (order === NO_PAGE) {
      this.isExact = true;
      return OWNER.free;
    }
    if (location.isReserved) {
      this.isPlain = false;
      hash.word(KIND.reserved);
      hash.wide(pa);
      return pages > 1 ? Math.max(OWNER.reserved, this.ownerOfLast(pfn + pages - 1)) : OWNER.reserved;
    }
    const offset = index & ((1 << order) - 1);
    if (allocator.sharesPages) this.readReferences(pfn, index);
    hash.word(KIND.named | (order << KIND_BITS) | (offset << (KIND_BITS + ORDER_BITS)));
    hash.word(this.meet(index - offset));
    if (offset + pages <= 1 << order) return OWNER.allocated;
    this.takeExact();
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

  /** What the fingerprint gets of a block: its name, or zero where blocks have none. */
  private meet(index: number): number {
    while (index >= this.names.length) this.names = grown(this.names, Int32Array);
    if (this.names[index]! < this.firstName) this.names[index] = this.nextName++;
    else this.hasTwice = true;
    return this.isNaming ? this.names[index]! - this.firstName : 0;
  }

  private forgetNames(): void {
    this.names.fill(0);
    this.nextName = 1;
  }

  private hashOfFill(byte: number): number[] {
    this.startBytes();
    this.readWord(0, fillOf(byte));
    return [this.bytesHash.lo, this.bytesHash.hi];
  }

  private startBytes(): void {
    this.bytesHash.start();
    this.changes = 0;
    this.raw[0] = 0;
    // No fill: the first word counts, whatever it is.
    this.lastWord = 1;
  }

  /** Puts the bytes of [pa, pa + size) into {@link bytesHash}. */
  private readBytes(pa: number, size: number): void {
    const { frameSize } = this.kernel.ram;
    this.startBytes();
    const base = pa - (pa % frameSize);
    this.runBase = base;
    this.pieceStart = pa;
    this.pieceEnd = pa + size;
    this.kernel.ram.forEachRun(base, Math.ceil((pa + size - base) / frameSize) * frameSize, this.readRun);
  }

  private readonly readRun = (offset: number, length: number, byte: number): void => {
    const from = Math.max(this.runBase + offset, this.pieceStart);
    if (byte !== MIXED) {
      this.readWord(from - this.pieceStart, fillOf(byte));
      return;
    }
    const { ram } = this.kernel;
    const to = Math.min(this.runBase + offset + length, this.pieceEnd);
    const first = ram.readIndex(from - (from % ENTRY_BYTES));
    const { words } = ram;
    const count = Math.ceil((to - (from - (from % ENTRY_BYTES))) / 4);
    for (let i = 0; i < count; i += ENTRY_WORDS) {
      const word0 = words[first + i]! | 0;
      const word1 = words[first + i + 1]! | 0;
      if (word0 === this.lastWord && word1 === this.lastWord) {
        i += this.alikeFrom(words, (first + i) / ENTRY_WORDS, (count - i - 1) >> 1) * ENTRY_WORDS;
        continue;
      }
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
    this.isPlain = false;
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
    bytesHash.word(this.meet(index - inBlock));
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
