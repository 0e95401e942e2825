// SPDX-License-Identifier: GPL-2.0-only

import { NO_PAGE } from '../../hardware/page-allocator.js';
import {
  ENTRY_BYTES,
  highHalf,
  PageTable,
  PTE,
  type EntryFormat,
  type Leaf,
  type Table,
} from '../../hardware/page-table.js';
import { MIXED } from '../../hardware/ram.js';
import { StateWriter } from '../../hardware/saved-state.js';
import type { Kernel } from '../../kernel/kernel.js';
import { saveWhatActs } from '../../kernel/saved-kernel.js';
import type { VmemAltmap } from '../../mm/vmem-altmap.js';
import { altmapsOf, type Run } from '../../scenario/runner.js';
import { saveWhatActsAboveSections } from '../../scenario/saved-run.js';
import { activeMemmap, vmemmapWindow, type AddressRange } from '../../scenario/state.js';
import { takeSnapshot, type Snapshot } from '../snapshot.js';

/**
 * A state as a number of 64 bits, the same for states that differ only in which frames of system memory they use.
 *
 * A block of system memory is named by when the walk of the tables first meets it; the walk goes by ascending address.
 * Everything else that the kernel may act upon is taken as it is: entries, bytes behind leaves, bytes of altmaps, the
 * sections, the books. Renaming is sound as long as the page allocator owns what it owns: what it hands out next is a
 * frame that nobody can reach. Where that does not hold, since a mapping stands on memory that was freed, a block was
 * freed in part, a page is shared, bytes behind a leaf are no fill and so may be entries, or nodes of a list in memory
 * carry addresses, the fingerprint is that of the whole state and renames nothing.
 *
 * Two different states have the same fingerprint with a probability of 2^-64, so among n states any two do with about
 * n^2 / 2^65: 3e-8 for a million states, 3e-4 for a hundred million.
 */
export interface Fingerprint {
  /** Bits 32-63 and 0-31. */
  readonly hi: number;
  readonly lo: number;
}

/** What the walk that makes a fingerprint finds on its way. */
export interface Picture extends Fingerprint {
  readonly snapshot: Snapshot;
  /** Whether frames of system memory are renamed in it. */
  readonly renamed: boolean;
}

/** Multipliers and addends of MurmurHash3 x86-32 (Austin Appleby, public domain), and a second set for the other half. */
const LANE_LO = { first: 0xcc9e2d51, second: 0x1b873593, add: 0xe6546b64 };
const LANE_HI = { first: 0x239b961b, second: 0xab0e9789, add: 0x561ccd1b };
const FINAL_FIRST = 0x85ebca6b;
const FINAL_SECOND = 0xc2b2ae35;

/** Words of an entry. */
const ENTRY_WORDS = ENTRY_BYTES / 4;

/** What a frame is, before what tells it from its like. */
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
} as const;

class Hash {
  private a = 0;
  private b = 0;

  start(): void {
    this.a = 0x9747b28c;
    this.b = 0x38b34ae5;
  }

  word(word: number): void {
    let k = Math.imul(word, LANE_LO.first);
    k = (k << 15) | (k >>> 17);
    let { a } = this;
    a ^= Math.imul(k, LANE_LO.second);
    a = (a << 13) | (a >>> 19);
    this.a = (Math.imul(a, 5) + LANE_LO.add) | 0;

    k = Math.imul(word, LANE_HI.first);
    k = (k << 17) | (k >>> 15);
    let { b } = this;
    b ^= Math.imul(k, LANE_HI.second);
    b = (b << 19) | (b >>> 13);
    this.b = (Math.imul(b, 5) + LANE_HI.add) | 0;
  }

  wide(value: number): void {
    this.word(value | 0);
    this.word(highHalf(value));
  }

  words(words: Int32Array | Uint8Array): void {
    this.word(words.length);
    for (let i = 0; i < words.length; i++) this.word(words[i]!);
  }

  text(text: string): void {
    this.word(text.length);
    for (let i = 0; i < text.length; i++) this.word(text.charCodeAt(i));
  }

  end(): Fingerprint {
    return { lo: finish(this.a ^ this.b), hi: finish(Math.imul(this.b, LANE_LO.first) + this.a) };
  }
}

function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, FINAL_FIRST);
  h ^= h >>> 13;
  h = Math.imul(h, FINAL_SECOND);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Whether the four bytes of a word are the same. */
const isFill = (word: number): boolean => (((word << 8) | (word >>> 24)) ^ word) === 0;

/** Takes the fingerprints of one kernel's states. */
export class FingerprintTaker {
  private readonly hash = new Hash();
  private readonly writer = new StateWriter();
  private readonly window: AddressRange;
  /** Names of blocks by their first frame, and in which walk they got them. */
  private readonly names = new Map<number, number>();
  private isExact = false;
  private leaves: Leaf[] = [];
  private tables: Table[] = [];

  /** Of the bytes read last: the word, and where the bytes began that are read now. */
  private lastWord = 0;
  private base = 0;

  private readonly kernel: Kernel;
  /** Those that the scenario names. */
  private readonly altmaps: readonly VmemAltmap[];

  /** @param blocks memory blocks that may come and go */
  constructor(
    private readonly run: Run,
    private readonly blocks: readonly { readonly pfn: number; readonly nrPages: number }[],
  ) {
    this.kernel = run.kernel;
    this.altmaps = [...run.altmaps.values()];
    this.window = vmemmapWindow(this.kernel);
  }

  /** @param places what the caller keeps of the state, which two states that are one must share */
  take(places: Uint8Array): Picture {
    const { kernel, hash } = this;
    const { mmu } = kernel.arch;
    if (!(mmu instanceof PageTable)) {
      return { ...this.exact(places), snapshot: takeSnapshot(kernel, altmapsOf(this.run)), renamed: false };
    }
    hash.start();
    hash.word(KIND.renamed);
    this.names.clear();
    this.leaves = [];
    this.tables = [];
    this.isExact = (kernel.arch.bookPages?.() ?? 0) > 0 || kernel.allocator.sharesPages;
    const [root] = mmu.levels;
    const reach = root!.span * (root!.mask + 1);
    this.readTable(mmu, mmu.format, mmu.root, 0, kernel.vmemmap - (kernel.vmemmap % reach));
    const snapshot: Snapshot = {
      active: activeMemmap(kernel),
      leaves: this.leaves,
      tables: this.tables,
      altmaps: altmapsOf(this.run).map((altmap) => ({ ...altmap })),
      pagesOut: kernel.allocator.pagesOut,
    };
    if (this.isExact) return { ...this.exact(places), snapshot, renamed: false };
    this.readBooks(places);
    return { ...hash.end(), snapshot, renamed: true };
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

  private readBooks(places: Uint8Array): void {
    const { hash, kernel, writer } = this;
    kernel.sections.save(writer);
    kernel.arch.save?.(writer);
    writer.wide(kernel.vmstat.nrMemmapPages);
    writer.wide(kernel.vmstat.nrMemmapBootPages);
    writer.wide(kernel.allocator.pagesOut);
    for (const { alloc, align, basePfn, reserve, free } of this.altmaps) {
      writer.wide(alloc);
      writer.wide(align);
      // What the altmap hands out again has the bytes that it was left with.
      this.readBytes((basePfn + reserve) * kernel.pageSize, free * kernel.pageSize);
    }
    // A block may be the altmap of its memmap, and its memory has the bytes that it was left with when it went.
    for (const { pfn, nrPages } of this.blocks) this.readBytes(pfn * kernel.pageSize, nrPages * kernel.pageSize);
    saveWhatActsAboveSections(writer, this.run);
    hash.words(writer.take());
    this.readCaller(places);
  }

  private readCaller(places: Uint8Array): void {
    this.hash.words(places);
    for (const text of this.kernel.log.onceGiven) this.hash.text(text);
  }

  private readTable(mmu: PageTable, format: EntryFormat, tablePa: number, depth: number, base: number): void {
    const { hash } = this;
    const { ram } = this.kernel;
    const { level, span, mask } = mmu.levels[depth]!;
    const frameEntries = this.kernel.pageSize / ENTRY_BYTES;
    let at = 0;
    // An entry that is not present counts where the one before it differs.
    let word0 = 0;
    let word1 = 0;
    let hasLast = false;
    for (let i = 0; i <= mask; i++, at += ENTRY_WORDS) {
      // A table may be larger than a frame, and frames are apart.
      if (i % frameEntries === 0) at = mmu.entry(tablePa, i);
      const { words } = ram;
      if (hasLast && words[at] === word0 && words[at + 1] === word1) continue;
      const lo = mmu.lo(at);
      const hi = mmu.hi(at);
      const pa = format.address(level, lo, hi);
      if (!format.isPresent(level, lo, hi)) {
        word0 = words[at]!;
        word1 = words[at + 1]!;
        hasLast = true;
        hash.word(KIND.absent);
        hash.word(i);
        hash.word(lo);
        hash.word(hi);
        if (pa !== 0 && this.kernel.allocator.owns(Math.floor(pa / this.kernel.pageSize))) this.isExact = true;
        const inFrame = Math.min(frameEntries - (i % frameEntries), mask + 1 - i);
        let alike = 1;
        for (let next = at + ENTRY_WORDS; alike < inFrame; next += ENTRY_WORDS, alike++) {
          if (words[next] !== word0 || words[next + 1] !== word1) break;
        }
        i += alike - 1;
        at += (alike - 1) * ENTRY_WORDS;
        continue;
      }
      hasLast = false;
      const start = base + i * span;
      const isSeen = start + span > this.window.start && start < this.window.end;
      if (level === PTE || format.isLeaf(level, lo, hi)) {
        if (isSeen) this.leaves.push({ start, size: span, level, pa, lo, hi });
        hash.word(KIND.leaf);
        hash.word(i);
        this.readEntryBits(lo, hi, pa);
        this.readFrame(pa, span);
        this.readBytes(pa, span);
      } else {
        if (isSeen) this.tables.push({ level: mmu.levels[depth + 1]!.level, start, pa });
        hash.word(KIND.table);
        hash.word(i);
        this.readEntryBits(lo, hi, pa);
        this.readFrame(pa, this.kernel.pageSize);
        this.readTable(mmu, format, pa, depth + 1, start);
        at = mmu.entry(tablePa, i);
      }
    }
  }

  /**
   * The bits of an entry that are no address; of an address that does not stand where its bits are in numbers, those too.
   */
  private readEntryBits(lo: number, hi: number, pa: number): void {
    this.hash.word(lo ^ (pa | 0));
    this.hash.word(hi ^ highHalf(pa));
  }

  private readFrame(pa: number, size: number): void {
    const { hash, kernel } = this;
    const { allocator, pageSize } = kernel;
    const pfn = Math.floor(pa / pageSize);
    if (!allocator.owns(pfn)) {
      hash.word(KIND.foreign);
      hash.wide(pa);
      return;
    }
    const order = allocator.blockOrder(pfn);
    if (order === NO_PAGE) {
      this.isExact = true;
      return;
    }
    if (allocator.isReserved(pfn)) {
      hash.word(KIND.reserved);
      hash.wide(pa);
      return;
    }
    const blockSize = 2 ** order * pageSize;
    const offset = pa % blockSize;
    if (offset + size > blockSize) this.isExact = true;
    const block = pa - offset;
    let name = this.names.get(block);
    if (name === undefined) {
      name = this.names.size;
      this.names.set(block, name);
    }
    hash.word(KIND.named);
    hash.word(name);
    hash.word(order);
    hash.wide(offset);
  }

  private readBytes(pa: number, size: number): void {
    this.hash.word(KIND.bytes);
    this.base = pa;
    // No fill: the first word counts, whatever it is.
    this.lastWord = 1;
    this.kernel.ram.forEachRun(pa, size, this.readRun);
  }

  private readonly readRun = (offset: number, length: number, byte: number): void => {
    if (byte !== MIXED) {
      this.readWord(offset, Math.imul(byte, 0x01010101));
      return;
    }
    const { ram } = this.kernel;
    const first = ram.wordIndex(this.base + offset);
    const { words } = ram;
    for (let i = 0; i < length / 4; i++) {
      const word = words[first + i]! | 0;
      if (word !== this.lastWord) this.readWord(offset + i * 4, word);
    }
  };

  private readWord(offset: number, word: number): void {
    if (word === this.lastWord) return;
    if (!isFill(word)) this.isExact = true;
    this.lastWord = word;
    this.hash.word(offset);
    this.hash.word(word);
  }
}

/** A fingerprint as hex digits. */
export const fingerprintText = ({ hi, lo }: Fingerprint): string =>
  hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');

/** Set of fingerprints by their order of arrival: two words each, and half as many free places as taken ones at least. */
export class FingerprintSet {
  size = 0;
  private capacity = 1024;
  private his = new Uint32Array(this.capacity);
  private los = new Uint32Array(this.capacity);

  /** Returns whether the fingerprint is new. */
  add({ hi, lo }: Fingerprint): boolean {
    // Zeros are a free place.
    const low = hi === 0 && lo === 0 ? 1 : lo;
    let at = this.place(hi, low);
    if (this.his[at] !== 0 || this.los[at] !== 0) return false;
    if (this.size * 3 > this.capacity * 2) {
      this.grow();
      at = this.place(hi, low);
    }
    this.his[at] = hi;
    this.los[at] = low;
    this.size++;
    return true;
  }

  /** Bytes that the set takes. */
  get bytes(): number {
    return this.capacity * 8;
  }

  private place(hi: number, lo: number): number {
    const mask = this.capacity - 1;
    let at = lo & mask;
    while ((this.his[at] !== 0 || this.los[at] !== 0) && (this.his[at] !== hi || this.los[at] !== lo)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private grow(): void {
    const { his, los } = this;
    this.capacity *= 2;
    this.his = new Uint32Array(this.capacity);
    this.los = new Uint32Array(this.capacity);
    for (let i = 0; i < his.length; i++) {
      if (his[i] === 0 && los[i] === 0) continue;
      const at = this.place(his[i]!, los[i]!);
      this.his[at] = his[i]!;
      this.los[at] = los[i]!;
    }
  }
}
