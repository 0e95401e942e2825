// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../hardware/align.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { PTE, tableIndex, type Leaf, type Level, type PageTable } from '../hardware/page-table.js';
import { observe, type Kernel } from '../kernel/kernel.js';
import { alongside, type FlushKind, type Observer } from '../kernel/observer.js';
import type { EntryChange, TranslationRule, ValidEntry } from '../kernel/translation-rule.js';
import { vmemmapWindow, walkVmemmap, type AddressRange } from '../kernel/vmemmap-view.js';

/**
 * What other processors see while a step is at work: after every write of an entry the page table is read as the hardware
 * reads it. A CPU holds what an entry said from when it was valid until a flush of the kernel covers it; an IOMMU that
 * shares the kernel's tables holds its way through a table until somebody tells it.
 */

/** Frames of which something is said: how many, and the first; {@link NO_FRAME} where an altmap got them. */
export interface HeldPages {
  readonly pages: number;
  readonly firstPfn: number;
}

/** A hole that closed again within the step, or other bytes that were seen for a while. */
export interface Glimpse {
  readonly at: AddressRange;
  readonly kind: 'hole' | 'other-bytes';
}

/** A rule of the hardware that was broken: by the write of an entry, or by giving a frame back. */
export type BrokenRule = { readonly rule: TranslationRule } & (
  { readonly level: Level; readonly at: AddressRange } | { readonly pfn: number }
);

/** What was seen of a step. */
export interface Sights {
  /** Given back while a CPU may hold a translation to them. */
  readonly freed: HeldPages;
  /** Handed out again while a CPU, or an IOMMU, may hold a translation to them. */
  readonly reused: HeldPages;
  /** Page tables given back through which an IOMMU may still walk. */
  readonly walked: HeldPages;
  readonly glimpses: readonly Glimpse[];
  readonly broken: readonly BrokenRule[];
}

export interface TranslationWatch {
  /**
   * A step begins.
   * @param watched active memmap that it is not to take away
   */
  begin(watched: readonly AddressRange[]): void;
  /** What was seen of it. */
  end(): Sights;
}

/** An altmap is told how many pages come back, and not which. */
export const NO_FRAME = -1;

const NOTHING: HeldPages = { pages: 0, firstPfn: NO_FRAME };
/** Entries and places that are told of a step; the first say it. */
const MOST_TOLD = 16;

/** What is known of one entry. */
interface Entry extends ValidEntry {
  readonly level: Level;
  readonly start: number;
  readonly span: number;
  readonly isValid: boolean;
  /** CPUs may hold what it said last. */
  readonly isHeld: boolean;
}

/** Frames by how many entries that CPUs may hold lead to them. */
class FrameCounts {
  private readonly counts = new Map<number, number>();

  add(pfn: number, by: number): void {
    const count = (this.counts.get(pfn) ?? 0) + by;
    if (count === 0) this.counts.delete(pfn);
    else this.counts.set(pfn, count);
  }

  has(pfn: number): boolean {
    return this.counts.has(pfn);
  }

  clear(): void {
    this.counts.clear();
  }
}

/** How many of some frames a test is true of, and the first. */
function held(before: HeldPages, pfn: number, nrPages: number, isHeld: (pfn: number) => boolean): HeldPages {
  let { pages, firstPfn } = before;
  for (let frame = pfn; frame < pfn + nrPages; frame++) {
    if (!isHeld(frame)) continue;
    if (pages === 0) firstPfn = frame;
    pages++;
  }
  return { pages, firstPfn };
}

class Watch implements TranslationWatch {
  private readonly entries = new Map<number, Entry>();
  /** Keys of entries that are not valid and that CPUs may hold. */
  private readonly stale = new Set<number>();
  /** What CPUs no longer hold by this entry, but by one before it. */
  private readonly replaced: Entry[] = [];
  private readonly leafFrames = new FrameCounts();
  private readonly tableFrames = new FrameCounts();
  private readonly glimpsed: Glimpse[] = [];
  private readonly broken: BrokenRule[] = [];
  private watched: readonly AddressRange[] = [];
  private freed = NOTHING;
  private reused = NOTHING;
  private walked = NOTHING;
  private readonly rules: readonly TranslationRule[];
  private readonly translate: EntryChange['translate'];

  /** @param iommuTables frames of tables that were given back and that an IOMMU may still walk; the watch adds to them */
  constructor(
    private readonly kernel: Kernel,
    private readonly table: PageTable,
    private readonly iommuTables: Set<number>,
  ) {
    this.rules = kernel.platform.translationRules ?? [];
    this.translate = (address) => table.translate(address);
    const own: Partial<Observer> = {
      setEntry: (level, address) => this.entryWritten(level, address),
      clearEntry: (level, address) => this.entryWritten(level, address),
      flush: (kind, start, end) => this.flush(kind, start, end),
      freePages: (pfn, order) => this.release(pfn, 2 ** order),
      allocPages: (order, _nid, pfn) => this.take(pfn, 2 ** order),
      altmapAlloc: (_altmap, nrPages, pfn) => this.take(pfn, nrPages),
      altmapFree: (_altmap, nrPages) => {
        // Which pages it is the altmap's turn to know, and it does not.
        if (this.stale.size > 0) this.freed = { pages: this.freed.pages + nrPages, firstPfn: this.freed.firstPfn };
      },
    };
    observe(kernel, alongside(kernel.observer, own));
  }

  begin(watched: readonly AddressRange[]): void {
    const { kernel, table } = this;
    this.watched = watched;
    this.entries.clear();
    this.stale.clear();
    this.replaced.length = 0;
    this.leafFrames.clear();
    this.tableFrames.clear();
    this.glimpsed.length = 0;
    this.broken.length = 0;
    this.freed = NOTHING;
    this.reused = NOTHING;
    this.walked = NOTHING;
    const { leaves, tables } = walkVmemmap(kernel, vmemmapWindow(kernel));
    for (const { level, start, size: span, lo, hi, pa } of leaves) {
      this.note({ level, start, span, lo, hi, pa, isLeaf: true, isValid: true, isHeld: true });
    }
    for (const { level, start, pa } of tables) {
      const above = (level + 1) as Level;
      const span = table.span[above]!;
      this.note({ level: above, start, span, lo: 0, hi: 0, pa, isLeaf: false, isValid: true, isHeld: true });
    }
  }

  end(): Sights {
    const { freed, reused, walked } = this;
    // A hole that stays is no glimpse: the invariants tell of it.
    const isPast = ({ at, kind }: Glimpse): boolean =>
      kind === 'other-bytes' || this.table.walk(at.start) !== undefined;
    return { freed, reused, walked, glimpses: this.glimpsed.filter(isPast), broken: [...this.broken] };
  }

  private keyOf(level: Level, start: number): number {
    return (start / this.kernel.pageSize) * 8 + level;
  }

  /** Takes an entry that CPUs hold from here on. */
  private note(entry: Entry): void {
    this.entries.set(this.keyOf(entry.level, entry.start), entry);
    this.count(entry, 1);
  }

  private count({ isLeaf, pa, span }: Entry, by: number): void {
    const { pageSize } = this.kernel;
    const first = Math.floor(pa / pageSize);
    if (!isLeaf) {
      this.tableFrames.add(first, by);
      return;
    }
    const pages = Math.max(1, span / pageSize);
    for (let pfn = first; pfn < first + pages; pfn++) this.leafFrames.add(pfn, by);
  }

  /** The entry of a level as the hardware reads it now; undefined where its walk does not come by. */
  private read(level: Level, address: number): Omit<Entry, 'isHeld'> | undefined {
    const { table } = this;
    const { format } = table;
    let tablePa = table.root;
    for (const here of table.levels) {
      const at = table.entry(tablePa, tableIndex(here, address));
      const lo = table.lo(at);
      const hi = table.hi(at);
      const isValid = format.isPresent(here.level, lo, hi);
      const pa = isValid ? format.address(here.level, lo, hi) : 0;
      const isLeaf = isValid && (here.level === PTE || format.isLeaf(here.level, lo, hi));
      if (here.level === level) {
        return { level, start: alignDown(address, here.span), span: here.span, lo, hi, pa, isLeaf, isValid };
      }
      if (!isValid || isLeaf) return undefined;
      tablePa = pa;
    }
    return undefined;
  }

  private entryWritten(level: Level, address: number): void {
    const is = this.read(level, address);
    if (is === undefined) return;
    const key = this.keyOf(level, is.start);
    const was = this.entries.get(key);
    if (!is.isValid) {
      if (was?.isValid !== true) return;
      this.entries.set(key, { ...was, isValid: false });
      this.stale.add(key);
      this.glimpse(is.start, is.span, was);
      return;
    }
    if (was !== undefined) {
      this.askRules(was, is);
      // What the old entry said is held beside the new one.
      if (was.isHeld) this.replaced.push(was);
      this.stale.delete(key);
    }
    this.note({ ...is, isHeld: true });
    this.glimpse(is.start, is.span, was);
  }

  private askRules(was: Entry, is: ValidEntry & { level: Level; start: number; span: number }): void {
    const { level, start, span } = is;
    if (!was.isValid && !was.isHeld && this.rules.length === 0) return;
    const { translate } = this;
    const change: EntryChange = {
      level,
      start,
      span,
      was,
      is,
      isDirect: was.isValid,
      isFlushed: !was.isHeld,
      translate,
    };
    if (was.isValid && was.lo === is.lo && was.hi === is.hi) return;
    for (const rule of this.rules) {
      if (rule.changeBreaks?.(change) === true) this.tell({ rule, level, at: { start, end: start + span } });
    }
  }

  private tell(broken: BrokenRule): void {
    if (this.broken.length < MOST_TOLD) this.broken.push(broken);
  }

  private flush(kind: FlushKind, start: number, end: number): void {
    const keepsWalks = kind === 'range' && this.kernel.platform.rangeFlushKeepsWalks === true;
    const isCovered = (entry: Entry): boolean =>
      kind === 'all' || (entry.start < end && entry.start + entry.span > start && (entry.isLeaf || !keepsWalks));
    for (const key of this.stale) {
      const entry = this.entries.get(key)!;
      if (!isCovered(entry)) continue;
      this.stale.delete(key);
      this.entries.set(key, { ...entry, isHeld: false });
      this.count(entry, -1);
    }
    const left = this.replaced.filter((entry) => !isCovered(entry));
    for (const entry of this.replaced) if (isCovered(entry)) this.count(entry, -1);
    this.replaced.splice(0, Infinity, ...left);
  }

  private release(pfn: number, nrPages: number): void {
    const isHeld = (frame: number): boolean => this.leafFrames.has(frame) || this.tableFrames.has(frame);
    const { freed } = this;
    this.freed = held(freed, pfn, nrPages, isHeld);
    if (freed.pages === 0 && this.freed.pages > 0) {
      for (const rule of this.rules) if (rule.releaseBreaks === true) this.tell({ rule, pfn });
    }
    if (this.kernel.platform.iommuSharesTables !== true) return;
    for (let frame = pfn; frame < pfn + nrPages; frame++) {
      if (!this.tableFrames.has(frame)) continue;
      this.walked = held(this.walked, frame, 1, () => true);
      this.iommuTables.add(frame);
    }
  }

  private take(pfn: number, nrPages: number): void {
    if (pfn === NO_PAGE) return;
    this.reused = held(
      this.reused,
      pfn,
      nrPages,
      (frame) => this.leafFrames.has(frame) || this.tableFrames.has(frame) || this.iommuTables.has(frame),
    );
    if (this.iommuTables.size === 0) return;
    for (let frame = pfn; frame < pfn + nrPages; frame++) this.iommuTables.delete(frame);
  }

  /** What another CPU would read at this moment of memmap that the step is not to take away. */
  private glimpse(start: number, span: number, was: Entry | undefined): void {
    if (was === undefined || this.glimpsed.length === MOST_TOLD) return;
    const { pageSize } = this.kernel;
    for (const range of this.watched) {
      const from = Math.max(range.start, start);
      const to = Math.min(range.end, start + span);
      for (let address = alignDown(from, pageSize); address < to; address += pageSize) {
        const leaf = this.table.walk(address);
        const kind = this.differs(address, leaf, was);
        if (kind === undefined) continue;
        this.glimpsed.push({ kind, at: { start: Math.max(address, from), end: Math.min(address + pageSize, to) } });
        return;
      }
    }
  }

  private differs(address: number, leaf: Leaf | undefined, was: Entry): Glimpse['kind'] | undefined {
    if (leaf === undefined) return 'hole';
    if (!was.isLeaf) return undefined;
    const { pageSize, ram } = this.kernel;
    const frame = Math.floor((leaf.pa + (address - leaf.start)) / pageSize);
    const before = Math.floor((was.pa + (address - was.start)) / pageSize);
    if (frame === before) return undefined;
    const byte = ram.uniformByte(frame);
    if (byte >= 0) return byte === ram.uniformByte(before) ? undefined : 'other-bytes';
    return Buffer.compare(ram.readFrame(frame), ram.readFrame(before)) === 0 ? undefined : 'other-bytes';
  }
}

/** What nobody walks has nothing to see: a hashed page table. */
const BLIND: TranslationWatch = {
  begin: () => undefined,
  end: () => ({ freed: NOTHING, reused: NOTHING, walked: NOTHING, glimpses: [], broken: [] }),
};

/**
 * Watches a kernel from here on; it takes the place of other observers. What a flush of some addresses covers is gone
 * as a whole, so what is told is too little rather than too much.
 * @param iommuTables tables given back before that an IOMMU may still walk, kept by whoever goes back to earlier states
 */
export const watchTranslations = (kernel: Kernel, iommuTables = new Set<number>()): TranslationWatch =>
  kernel.platform.table === undefined ? BLIND : new Watch(kernel, kernel.platform.table, iommuTables);
