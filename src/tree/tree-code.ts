// SPDX-License-Identifier: GPL-2.0-only

import { grown } from '../hardware/grown.js';
import { isFilled, memset, type Mmu } from '../hardware/mmu.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { ENTRY_BYTES, type Level, type PageTable, type WalkLevel } from '../hardware/page-table.js';
import { KIB } from '../hardware/units.js';
import type { CodeMachine } from '../kernel/memmap-code.js';
import type { VmemmapCode } from '../kernel/vmemmap-code.js';
import { fillTaken, PAGE_UNUSED } from '../kernel/frame-content.js';
import { allocPages, freePages, noteFlush, type Kernel } from '../kernel/kernel.js';
import { ENOENT } from '../kernel/errno.js';
import { KernelBug } from '../kernel/log.js';
import type { HashedPageTable } from '../kernel/platform.js';
import type { MemmapCode } from '../kernel/memmap-code.js';
import type { DevPagemap, VmemAltmap } from '../kernel/memremap.js';
import { CodeState } from './code-state.js';
import type { Doors } from './doors.js';
import { FIRST_FRAME_BYTES, Frames, TOLD_BYTES, WORD_BYTES } from './frames.js';
import { FUEL, FULL } from './fuel.js';
import { Instance } from './module.js';
import { formatted, textAt } from './printf.js';
import { OutOfFuel, stopOf } from './stop.js';
import { targetOf } from './targets.js';
import type { TreeModule } from './tree.js';

/**
 * A tree's C at work in one kernel: the module bound to the kernel's memory, page allocator, MMU, log and observer.
 * Frames that hold bytes of their own lie in the module's memory, so both sides read and write the same page tables.
 */

/** Bytes that the slab has at first beside mem_section[], for whatever the tree takes out of it. */
const SLAB_BYTES = 256 * KIB;
const BITS_51_0 = 2 ** 52;
/** Where C sees physical memory 0: behind it lie all 52 bits of it, no vmemmap is above, and doubles tell even addresses. */
const LINEAR_MAP = 2 ** 53;
const FLUSH_KINDS = ['all', 'range', 'table'] as const;
const LEVELS_COUNTED = 5;
/** Kinds of {@link TreeCode.imports} say, as printk.h has them. */
const WARNING = 0;
const WARNING_ONCE = 1;
const BITS_PER_WORD = 32;

/**
 * Fuel of one call of the tree's code, and more of it for each page that it is about. A section of leaves takes about a
 * thousand, a page that has a leaf of its own some ten: what takes more than all of this does not end.
 */
const CALL_FUEL = 2 ** 24;
const PAGE_FUEL = 2 ** 6;
/** Bytes written or read through the host for what a turn of a loop takes. */
const BYTES_PER_TURN = 64;
/** The largest leaf that a page table of the kernel has is one of a PUD, 2^18 base pages: more is freed by nobody. */
const MAX_FREED_ORDER = 18;

/** The low 52 bits of an address that comes as 64 signed bits. */
function low52(address: number): number {
  // A power of two: nothing is rounded, and it is faster than %.
  return address - Math.floor(address / BITS_51_0) * BITS_51_0;
}

const roundUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Where a table of the kernel's page table lies in the module's memory. */
interface TablePlace {
  readonly at: number;
  /** Bytes that an entry covers. */
  readonly span: number;
  /** First address that the table covers, low 52 bits. */
  readonly start: number;
}

export class TreeCode implements MemmapCode {
  readonly frames: Frames;
  private readonly doors: Doors;
  private kernel!: Kernel;
  private mmu!: Mmu;
  private table: PageTable | undefined;
  private altmap: VmemAltmap | null = null;
  private readonly heapStart: number;
  /** Frame numbers by the place of their bytes. */
  private frameNumbers = new Float64Array(FIRST_FRAME_BYTES / (4 * KIB));
  private readonly sectionsPerRoot: number;
  private readonly roots: number;
  private readonly state: CodeState;
  private readonly rootAt: number;
  private readonly observedAt: number;
  private readonly setAt: number;
  private readonly clearAt: number;
  private readonly syncedAt: number;
  /** {@link Ram.moves} when C was told last. */
  private movesKnown = -1;
  /** What of the slab a call takes that adds so many pages. */
  private roomPages = -1;
  private roomNeeded = 0;
  /** __stack_pointer between two calls. */
  private readonly stackTop: unknown;
  private readonly places = new Map<number, TablePlace>();

  constructor(tree: TreeModule, config: CodeMachine) {
    const instance = new Instance(tree.module, { kernel: this.imports() });
    // An object of its own: V8 looks up what it reads of an instance's exports anew each time.
    const doors = (this.doors = { ...(instance.exports as Doors) });
    this.stackTop = doors.__stack_pointer.value;
    this.rootAt = doors.root_at() / WORD_BYTES;
    this.observedAt = doors.observed_at() / WORD_BYTES;
    this.setAt = doors.set_counters_at() / WORD_BYTES;
    this.clearAt = doors.clear_counters_at() / WORD_BYTES;
    this.syncedAt = doors.synced_at() / WORD_BYTES;
    doors.machine(
      Number(BigInt.asIntN(64, config.vmemmapBase)),
      LINEAR_MAP,
      config.pagingLevels ?? 0,
      config.hugeVmemmap ? 1 : 0,
      config.vaBits ?? 0,
      targetOf(config.arch).radixEnabled?.(config) ? 1 : 0,
    );
    this.heapStart = roundUp(Number(doors.__heap_base.value), config.pageSize);
    const framesStart = roundUp(this.heapStart + doors.heap_needed() + SLAB_BYTES, config.pageSize);
    this.frames = new Frames(doors.memory, framesStart);
    doors.frames_start(framesStart);
    doors.boot(this.heapStart);
    this.sectionsPerRoot = doors.sections_per_root();
    this.roots = doors.section_roots();
    this.state = new CodeState(doors, this.frames, this.roots);
  }

  bind(kernel: Kernel): void {
    const { mmu, loadedMmu = mmu, table, otherTables = [], hashed, emptyTables = [] } = kernel.platform;
    this.kernel = kernel;
    this.mmu = loadedMmu;
    this.table = table;
    for (const { root } of otherTables) this.doors.other_root(root);
    emptyTables.forEach((pa, level) => pa !== undefined && this.doors.empty_table?.(level, pa));
    if (hashed !== undefined) this.doors.hashed?.(hashed.pageShift, hashed.segmentShift, hashed.groupMask);
  }

  booted(): void {
    this.doors.booted();
    this.state.booted();
  }

  addPages(
    nid: number,
    pfn: number,
    nrPages: number,
    altmap: VmemAltmap | null,
    pgmap: DevPagemap | null = null,
  ): number {
    return this.call(pfn, nrPages, altmap, () => {
      const { shift, first, pages } = rangeOf(pgmap, pfn, nrPages);
      return this.doors.add_pages(nid, pfn, nrPages, altmap === null ? 0 : 1, shift, first, pages);
    });
  }

  removePages(pfn: number, nrPages: number, altmap: VmemAltmap | null, pgmap: DevPagemap | null = null): void {
    this.call(pfn, nrPages, altmap, () => {
      const { shift, first, pages } = rangeOf(pgmap, pfn, nrPages);
      this.doors.remove_pages(pfn, nrPages, altmap === null ? 0 : 1, shift, first, pages);
    });
  }

  initSection(nid: number, pfn: number, nrPages: number): number {
    return this.call(pfn, nrPages, null, () => this.doors.init_section(nid, pfn, nrPages));
  }

  over(code: VmemmapCode): VmemmapCode {
    const door = Object.create(code) as { -readonly [K in keyof VmemmapCode]: VmemmapCode[K] };
    const refuse = (): never => {
      throw new Error('a tree comes in by __add_pages() and __remove_pages()');
    };
    door.vmemmapPopulate = refuse;
    door.vmemmapFree = refuse;
    door.unusedStart = () => low52(this.doors.remembered());
    door.save = (to) => this.state.save(to);
    const { doors } = this;
    if (doors.book_pages !== undefined) door.bookPages = () => doors.book_pages!();
    door.saveWhatActs = (to) => this.state.saveWhatActs(to);
    door.restore = (from) => this.state.restore(from, (end) => this.makeHeap(end));
    return door;
  }

  /** One call of the tree's code: all that it needs from this side, and what it leaves taken over. */
  private call<T>(pfn: number, nrPages: number, altmap: VmemAltmap | null, run: () => T): T {
    const { kernel, doors, frames } = this;
    const { ram } = kernel;
    const last = Math.floor((pfn + nrPages - 1) / kernel.pagesPerSection / this.sectionsPerRoot);
    const first = Math.floor(pfn / kernel.pagesPerSection / this.sectionsPerRoot);
    this.state.nameRoots(first, Math.min(last, this.roots - 1));
    this.makeRoom(nrPages);
    this.altmap = altmap;
    if (this.places.size > 0) this.places.clear();
    ram.holdFrames();
    if (altmap !== null) {
      const { basePfn, endPfn, reserve, free, align, alloc } = altmap;
      doors.altmap(basePfn, endPfn, reserve, free, align, alloc);
    }
    if (ram.moves !== this.movesKnown) this.takeMoves();
    frames.all[this.observedAt] = kernel.observer === null ? 0 : 1;
    doors[FUEL].value = Math.min(FULL, CALL_FUEL + PAGE_FUEL * nrPages);
    let isStopped = false;
    try {
      return run();
    } catch (error) {
      doors.__stack_pointer.value = this.stackTop;
      const bug = stopOf(error, doors[FUEL].value < 0);
      isStopped = true;
      throw bug;
    } finally {
      // What is asked between two calls takes some, too; a global is read in less time than it is set.
      if (doors[FUEL].value < CALL_FUEL / 2) doors[FUEL].value = FULL;
      if (altmap !== null) {
        altmap.align = doors.altmap_align();
        altmap.alloc = doors.altmap_alloc();
      }
      this.takeCounters();
      this.takeSections(pfn, nrPages);
      const first = doors.list_told?.();
      if (first !== undefined && kernel.platform.list !== undefined) kernel.platform.list.first = first;
      if (isStopped) this.clearScratch();
      ram.releaseFrames();
    }
  }

  /** What a call that did not come to its end has written for itself alone. */
  private clearScratch(): void {
    this.state.clearScratch();
    this.doors.frames_start(this.frames.start);
    this.movesKnown = -1;
  }

  /** Frames lie elsewhere than C knows them, the root table among them. */
  private takeMoves(): void {
    const { kernel, doors, frames, table } = this;
    doors.frames_moved();
    if (table !== undefined) frames.all[this.rootAt] = this.tableAddress(table.root, table.levels[0]!);
    this.movesKnown = kernel.ram.moves;
  }

  /** Sees to it that the slab has what a call takes that adds sections. */
  private makeRoom(nrPages: number): void {
    const { kernel, doors } = this;
    if (nrPages !== this.roomPages) {
      const sections = Math.min(Math.ceil(nrPages / kernel.pagesPerSection) + 1, this.roots * this.sectionsPerRoot);
      this.roomPages = nrPages;
      this.roomNeeded = doors.slab_needed(sections);
    }
    this.makeHeap(doors.heap_used() + this.roomNeeded);
  }

  /** Moves the frames out of the way of a heap that ends at an address. */
  private makeHeap(end: number): void {
    const { kernel, frames, doors } = this;
    const missing = end - (frames.start - TOLD_BYTES);
    if (missing <= 0) return;
    // What was told there becomes slab, and what the slab has not given yet is zero.
    frames.all.fill(0, (frames.start - TOLD_BYTES) / WORD_BYTES, frames.start / WORD_BYTES);
    // As much again, so that it is not asked for a few bytes at a time.
    frames.moveUp(roundUp(2 * missing, kernel.pageSize));
    doors.frames_start(frames.start);
    kernel.ram.storeMoved();
    this.movesKnown = -1;
  }

  private takeCounters(): void {
    const { counters } = this.kernel;
    const { all } = this.frames;
    for (let level = 0; level < LEVELS_COUNTED; level++) {
      counters.set[level]! += all[this.setAt + level]!;
      counters.clear[level]! += all[this.clearAt + level]!;
      all[this.setAt + level] = 0;
      all[this.clearAt + level] = 0;
    }
    counters.syncTopLevel += all[this.syncedAt]!;
    all[this.syncedAt] = 0;
  }

  /** Takes over what the code says of the sections of a range. */
  private takeSections(pfn: number, nrPages: number): void {
    const { kernel, doors } = this;
    const { sections, pagesPerSection } = kernel;
    // Of each section its flags in 64 bits, then its map in as many as it needs.
    const longs = Math.ceil(sections.subsectionsPerSection / (2 * BITS_PER_WORD));
    const stride = 2 * (1 + longs);
    const batch = Math.floor(TOLD_BYTES / WORD_BYTES / stride);
    const told = (this.frames.start - TOLD_BYTES) / WORD_BYTES;
    const known = this.roots * this.sectionsPerRoot;
    const end = Math.min(Math.floor((pfn + nrPages - 1) / pagesPerSection) + 1, known);
    for (let first = Math.floor(pfn / pagesPerSection); first < end; first += batch) {
      const count = Math.min(batch, end - first);
      doors.sections(first, count);
      const { all } = this.frames;
      for (let i = 0; i < count; i++) sections.take(first + i, all, told + i * stride);
    }
  }

  /** Byte address in the module's memory of the bytes of frames in a row. */
  private frameAddress(pfn: number, count = 1): number {
    const { pageSize, ram } = this.kernel;
    const word = count === 1 ? ram.wordIndex(pfn * pageSize) : ram.rowIndex(pfn, count);
    const place = (word * WORD_BYTES) / pageSize;
    if (place + count > this.frameNumbers.length) {
      this.frameNumbers = grown(this.frameNumbers, Float64Array, place + count);
    }
    for (let i = 0; i < count; i++) this.frameNumbers[place + i] = pfn + i;
    return this.frames.start + word * WORD_BYTES;
  }

  /** Byte address in the module's memory of a table of the kernel's page table. */
  private tableAddress(pa: number, { mask }: WalkLevel): number {
    const { pageSize } = this.kernel;
    const frames = Math.ceil(((mask + 1) * ENTRY_BYTES) / pageSize);
    return this.frameAddress(Math.floor(pa / pageSize), frames) + (pa % pageSize);
  }

  private get hashed(): HashedPageTable {
    const { hashed } = this.kernel.platform;
    if (hashed === undefined) throw new KernelBug('the tree’s code looks for a hashed page table, and there is none');
    return hashed;
  }

  /** What C may call. Nothing else of the host is in its reach. */
  private imports(): Record<string, (...args: never[]) => unknown> {
    return {
      alloc_pages: (order: number, nid: number) => allocPages(this.kernel, order, Math.max(0, nid)),
      free_pages: (pfn: number, order: number) => {
        if (order < 0 || order > MAX_FREED_ORDER)
          throw new KernelBug(`pages of order ${order} are freed, which nothing has`);
        freePages(this.kernel, pfn, order);
      },
      get_page: (pfn: number) => this.kernel.allocator.getPage(pfn),
      page_reserved: (pfn: number) => (pfn === BOOT_SLAB_PFN || this.kernel.allocator.isReserved(pfn) ? 1 : 0),
      memset: (address: number, byte: number, bytes: number) => this.memset(address, byte, bytes),
      scan: (address: number, byte: number, bytes: number) => this.scan(address, byte, bytes),
      frame: (pfn: number, order: number) => this.frameAddress(pfn, 1 << order),
      frame_at: (address: number) =>
        this.frameNumbers[Math.floor((address - this.frames.start) / this.kernel.pageSize)]!,
      flush: (kind: number, start: number, end: number) =>
        noteFlush(this.kernel, FLUSH_KINDS[kind]!, low52(start), low52(end)),
      entry: (level: number, at: number, present: number) => this.tellEntry(level as Level, at, present === 1),
      altmap_taken: (pages: number, pfn: number) => {
        this.kernel.observer?.altmapAlloc(this.altmap!, pages, pfn < 0 ? NO_PAGE : pfn);
        if (pfn < 0) return;
        this.kernel.counters.altmapAllocPages += pages;
        if (this.kernel.frameContent !== null) fillTaken(this.kernel, pfn, pages);
      },
      altmap_freed: (pages: number, alloc: number) => {
        this.kernel.observer?.altmapFree(this.altmap!, pages);
        this.kernel.counters.altmapFreePages += pages;
        if (alloc < 0) this.kernel.log.altmapUnderflow(this.altmap!.name);
      },
      memmap_pages: (isBoot: number, pages: number) => {
        this.kernel.vmstat[isBoot === 1 ? 'nrMemmapBootPages' : 'nrMemmapPages'] += pages;
      },
      mark_new_valid_map: () => {
        this.kernel.counters.markNewValidMap++;
      },
      hpte_insert: (group: number, vsid: number, offset: number, pa: number, flags: number, address: number) =>
        this.hashed.insert(group, vsid, offset, pa, flags, low52(address), this.kernel.observer),
      hpte_remove: (group: number) => (this.hashed.evict(group) ? 0 : -1),
      hpte_remove_bolted: (address: number) =>
        this.hashed.removeBolted(low52(address), this.kernel.observer) ? 0 : -ENOENT,
      say: (kind: number, name: unknown, format: unknown, args: unknown) =>
        this.say(kind, Number(name), Number(format), Number(args)),
      bug: (name: unknown, line: number) => {
        throw new KernelBug(`BUG in ${functionAt(this.frames.bytes, Number(name))}(), line ${line} of its file`);
      },
    };
  }

  /** What the kernel says. A warning without words is told by the function that gives it. */
  private say(kind: number, name: number, format: number, args: number): void {
    const { log } = this.kernel;
    const { bytes } = this.frames;
    const text = format === 0 ? functionAt(bytes, name) : formatted(bytes, format, args).trim();
    if (kind === WARNING) log.warn(text);
    else if (kind === WARNING_ONCE) log.warnOnce(text);
    else log.print(text);
  }

  /** memset() of the vmemmap, through the MMU, or of the linear map. */
  private memset(address: number, byte: number, bytes: number): void {
    const { kernel } = this;
    this.payFor(bytes);
    if (address >= LINEAR_MAP) {
      kernel.ram.memset(address - LINEAR_MAP, byte, bytes);
      return;
    }
    const at = low52(address);
    memset(this.mmu, kernel.ram, at, byte, bytes);
    if (byte === PAGE_UNUSED) kernel.counters.unusedBytes += bytes;
    else kernel.counters.useMarkBytes += bytes;
    kernel.observer?.memset(at, byte, bytes);
  }

  /** Bytes that are written or read take fuel, too: a wrong length has no end in the linear map. */
  private payFor(bytes: number): void {
    const tank = this.doors[FUEL];
    const left = tank.value - bytes / BYTES_PER_TURN;
    tank.value = Math.max(-1, left);
    if (left < 0) throw new OutOfFuel();
  }

  /** memchr_inv(): 0 where some byte differs, -1 where none does. Callers ask no more. */
  private scan(address: number, byte: number, bytes: number): number {
    const { kernel } = this;
    this.payFor(bytes);
    if (address >= LINEAR_MAP) return kernel.ram.isFilled(address - LINEAR_MAP, byte, bytes) ? -1 : 0;
    const at = low52(address);
    const filled = isFilled(this.mmu, kernel.ram, at, byte, bytes);
    kernel.observer?.scan(at, byte, bytes, filled);
    return filled ? -1 : 0;
  }

  /** Tells an entry that C has written. */
  private tellEntry(level: Level, at: number, isPresent: boolean): void {
    const { observer } = this.kernel;
    if (observer === null) return;
    const address = this.addressOf(at);
    if (isPresent) {
      const word = at / WORD_BYTES;
      observer.setEntry(level, address, this.frames.all[word]!, this.frames.all[word + 1]!);
    } else observer.clearEntry(level, address);
  }

  /** First address, low 52 bits, that the entry at a place of the module's memory covers. */
  private addressOf(at: number): number {
    const piece = Math.floor(at / TABLE_PIECE);
    let place = this.places.get(piece);
    if (place === undefined) {
      this.findTables();
      place = this.places.get(piece);
    }
    if (place === undefined) return 0;
    return place.start + ((at - place.at) / ENTRY_BYTES) * place.span;
  }

  /** Where the tables of the kernel's page table lie now. */
  private findTables(): void {
    const { table, kernel } = this;
    if (table === undefined) return;
    const add = (pa: number, start: number, level: WalkLevel): void => {
      const at = this.tableAddress(pa, level);
      const place = { at, start, span: level.span };
      for (let piece = at; piece < at + (level.mask + 1) * ENTRY_BYTES; piece += TABLE_PIECE) {
        this.places.set(Math.floor(piece / TABLE_PIECE), place);
      }
    };
    const root = table.levels[0]!;
    const reach = root.span * (root.mask + 1);
    const start = Math.floor(kernel.vmemmap / reach) * reach;
    add(table.root, start, root);
    table.visit(
      kernel.vmemmap,
      Math.min(BITS_51_0, start + reach),
      () => undefined,
      ({ level, start: from, pa }) => add(pa, from, table.table(level)),
    );
  }
}

/** Of this many bytes of memory no two tables have a part: entries of 4 KiB tables fill them. */
const TABLE_PIECE = 4096;
/** The name of a function of the tree, also where a seam stands in front of it. */
const functionAt = (bytes: Uint8Array, at: number): string => textAt(bytes, at).replace(/__tree$/, '');

/** The frame number that stands for what the slab gave at boot, as mm.h has it. */
const BOOT_SLAB_PFN = 2 ** 41 + 1;

/** The range of a device as add_pages() and remove_pages() of doors.c take it: a shift of -1 where there is none. */
function rangeOf(
  pgmap: DevPagemap | null,
  pfn: number,
  nrPages: number,
): { shift: number; first: number; pages: number } {
  if (pgmap === null) return { shift: -1, first: pfn, pages: nrPages };
  const { vmemmapShift, rangeStartPfn } = pgmap;
  return { shift: vmemmapShift, first: rangeStartPfn, pages: pfn + nrPages - rangeStartPfn };
}
