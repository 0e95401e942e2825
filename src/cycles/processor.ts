// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../hardware/align.js';
import { CacheHierarchy } from './cache.js';
import { Charges } from './charges.js';
import { Clock } from './clock.js';
import { DataTlb, TLB_FIRST, TLB_SECOND } from './tlb.js';
import { CallTree } from './call-tree.js';
import { CAUSE, CAUSES } from './causes.js';
import type { RemoteMemory } from './remote-memory.js';
import type { CpuProfile, FlushProfile, Hypervisor, StreamProfile } from './profile.js';
import { WORK } from './work.js';

/** One CPU that executes: every operation that a kernel's path is made of charges its cycles here. */

/** Which CPU executes, and how. */
export interface ProcessorOptions {
  readonly profile: CpuProfile;
  /** CPUs of the machine; those of the profile if not given. */
  readonly cpus?: number | undefined;
  readonly hypervisor?: Hypervisor | undefined;
  /** CPUs that initialise struct pages at once; 1 if not given. */
  readonly together?: number | undefined;
  /** Leaf size of the second stage, bytes, where the kernel runs under nested paging. */
  readonly nested?: number | undefined;
  /** Memory that is not of this CPU's node; all is if not given. */
  readonly remote?: RemoteMemory | undefined;
  /** Whether each call of a function is kept. */
  readonly recordsCalls?: boolean;
}

const CYCLES_PER_US_AT_1_GHZ = 1000;
const WORD_BYTES = 8;
const BASE_PAGE = 4096;
/** Physical addresses that the entries walked for are taken to lie at: beyond all memory. */
const PAGE_TABLES = 2 ** 52;
/** Struct pages of hot-added memory: no call for each, no stores but those of {@link WORK}. */
const PLAIN_MEMORY = { stores: 0, calls: 0 };

/** The factor of the largest number of CPUs that is not above the one asked for. */
function togetherFactor({ throughput }: CpuProfile, cpus: number): number {
  return throughput?.together?.findLast((row) => row.cpus <= cpus)?.factor.value ?? 1;
}

/** How many times as long walks take under nested paging. */
function nestedFactor({ name, tlb: { nested } }: CpuProfile): number {
  if (typeof nested === 'object') return nested.value;
  throw new RangeError(
    nested === 'inside'
      ? `the walks of ${name} were measured with what ran below the kernel`
      : `${name} has no figure of walks under nested paging`,
  );
}

/** Cycles at which a line comes that is read in its turn. */
const lineOf = ({ lineSize, scan }: CpuProfile, level: number): number =>
  level === 0 ? 0 : lineSize / scan.rates[level]!.value;

/** A CPU that runs kernel code: what loads, stores, instructions and flushes cost, by cause and by function. */
export class Processor {
  readonly clock = new Clock(CAUSES.length);
  readonly calls: CallTree;
  readonly profile: CpuProfile;
  readonly cpus: number;
  readonly hypervisor: Hypervisor;
  /** Bytes of memory read and written. */
  bytesTouched = 0;
  private readonly caches: CacheHierarchy;
  private readonly tlb: DataTlb;
  /** Cycles of a load by the level that serves its line, memory last but one, memory of another node last. */
  private readonly loadWait: Float64Array;
  /** Cycles of a store likewise. */
  private readonly storeWait: Float64Array;
  /** Cycles that calling a helper takes longer than the instructions around the entry that it reads; none where loads wait. */
  private readonly callOfStep: number | undefined;
  /** Cycles of making an entry that was read, and of calling its setter. */
  private readonly makeEntry: number;
  private readonly served: Float64Array;
  private readonly linearLeaf: number;
  private readonly instruction: number;
  private readonly lineSize: number;
  /** The level that memory is. */
  private readonly memory: number;
  private readonly remote: RemoteMemory | undefined;
  /** Largest leaf that the TLB keeps as one, bytes. */
  private readonly largestLeaf: number;
  private readonly walk: number;
  private readonly coldTableLine: number;
  /** Lines and pages that L1 and the first level of the TLB hold wherever they lie. */
  private readonly keptFirst: number;
  /** Cycles of the page allocator by order. */
  private readonly allocateCycles: Float64Array;
  private readonly freeCycles: Float64Array;
  /** Translations that the first level of the TLB had not, and lines of tables that were accessed for them. */
  private missedPages = 0;
  private tableLines = 0;
  /** The turn that is being recorded. */
  private recording: Charges | null = null;
  /** How many times as long initialisation takes, by the CPUs that do it at once. */
  private readonly together: number;

  /** @throws RangeError for nested paging where the profile has no figure of its walks */
  constructor({ profile, cpus, hypervisor, recordsCalls, together, nested, remote }: ProcessorOptions) {
    this.profile = profile;
    this.cpus = cpus ?? profile.cpus.value;
    this.hypervisor = hypervisor ?? 'none';
    this.calls = new CallTree(recordsCalls ?? false);
    this.caches = new CacheHierarchy(profile.caches, profile.lineSize);
    this.tlb = new DataTlb(profile.tlb.first, profile.tlb.second);
    const { throughput } = profile;
    this.allocateCycles = Float64Array.from(profile.allocate, ({ value }) => value);
    this.freeCycles = Float64Array.from(profile.free, ({ value }) => value);
    this.memory = profile.caches.length;
    this.lineSize = profile.lineSize;
    this.remote = remote;
    const latency = [
      ...profile.caches.map((cache) => cache.latency.value),
      profile.memory.value,
      profile.memory.value * (remote?.latency ?? 1),
    ];
    this.served = new Float64Array(this.memory + 1);
    this.largestLeaf = nested ?? Infinity;
    this.linearLeaf = Math.min(profile.tlb.linearMap.leafSize, this.largestLeaf);
    this.keptFirst = Math.min(profile.caches[0]!.ways, this.tlb.firstWays(this.linearLeaf));
    this.walk = profile.tlb.walk.value * (nested === undefined ? 1 : nestedFactor(profile));
    this.coldTableLine = (throughput?.coldTableLine.value ?? 0) * (remote?.holdsTables === true ? remote.latency : 1);
    this.instruction = 1 / profile.issueWidth.value;
    const readEntry = WORK.readEntry.value * this.instruction;
    this.loadWait = Float64Array.from(latency, (cycles, level) =>
      throughput === undefined ? cycles : this.inRow(level, (served) => lineOf(profile, served)) + readEntry,
    );
    this.storeWait = Float64Array.from(latency, (cycles, level) =>
      throughput === undefined
        ? level === 0
          ? WORK.store.value
          : cycles
        : this.inRow(level, (served) => throughput.storeMiss[served]!.value),
    );
    this.callOfStep = throughput && Math.max(0, throughput.call.value - readEntry);
    const made = WORK.entry.value - (throughput === undefined ? 0 : WORK.readEntry.value);
    this.makeEntry = made * this.instruction;
    this.together = togetherFactor(profile, together ?? 1);
  }

  /** Cycles of a time. @param us µs */
  cyclesOf(us: number): number {
    return us * this.profile.clock.value * CYCLES_PER_US_AT_1_GHZ;
  }

  /** Time of cycles at the nominal clock, µs. */
  microseconds(cycles: number): number {
    return cycles / (this.profile.clock.value * CYCLES_PER_US_AT_1_GHZ);
  }

  /** A kernel function begins. */
  enter(name: string): void {
    if (!this.clock.running) return;
    this.calls.enter(name, this.clock.cycles);
  }

  /** The kernel function that is running ends. */
  leave(): void {
    if (!this.clock.running) return;
    this.calls.leave(this.clock.cycles);
  }

  /**
   * Cycles of a cause go by in the function that is running.
   * @param cause its number in causes.ts
   */
  charge(cause: number, cycles: number): void {
    const { clock } = this;
    if (!clock.running) return;
    const node = this.calls.add(cycles);
    clock.charge(cause, cycles);
    if (this.recording !== null) this.recording.add(cause, cycles, node, false);
  }

  /** Cycles of a cause go by in a function that calls no other. @param cause its number in causes.ts */
  chargeCall(cause: number, cycles: number, name: string): void {
    const { clock } = this;
    if (!clock.running) return;
    const node = this.calls.addLeaf(name, clock.cycles, cycles);
    clock.charge(cause, cycles);
    if (this.recording !== null) this.recording.add(cause, cycles, node, true);
  }

  /** Plays a turn of a loop and writes down what it is charged. */
  record(turn: () => void): Charges {
    const { bytesTouched } = this;
    const charges = new Charges();
    this.recording = charges;
    turn();
    this.recording = null;
    charges.bytes = this.bytesTouched - bytesTouched;
    return charges;
  }

  /** Plays a turn of a loop. @returns whether walks read lines of tables in it */
  readsTables(turn: () => void): boolean {
    const { tableLines } = this;
    turn();
    return tableLines !== this.tableLines;
  }

  /** Charges what was recorded so many times more. */
  repeat(charges: Charges, times: number): void {
    charges.again(this.clock, times);
    this.bytesTouched += charges.bytes * times;
  }

  /**
   * A loop whose turns access the same lines and pages, in the same order. Where a turn finds its pages in the first level of
   * the TLB, and the one before read no lines of tables for its own, all that follow find the same.
   * @returns what such a turn is charged, or null where there was none, or calls are kept and each turn has to be played
   */
  again(times: number, turn: () => void): Charges | null {
    if (this.calls.records) {
      for (let left = times; left > 0; left--) turn();
      return null;
    }
    let readTables = true;
    for (let left = times - 1; left >= 0; left--) {
      const { missedPages, tableLines } = this;
      const played = this.record(turn);
      if (!readTables && missedPages === this.missedPages) {
        this.repeat(played, left);
        return played;
      }
      readTables = tableLines !== this.tableLines;
    }
    return null;
  }

  /**
   * The level of cache that has a line: 0 for L1, the number of levels for memory, one more for memory of another node.
   * @param pa physical byte address
   */
  serverOf(pa: number): number {
    return this.byNode(this.caches.serverOf(pa), pa);
  }

  /** An access that is charged otherwise. */
  see(pa: number): void {
    this.caches.access(pa);
  }

  /** Whether so many lines and pages that are accessed again and again stay in L1 and in the first level of the TLB. */
  keepsFirst(count: number): boolean {
    return count <= this.keptFirst;
  }

  /** Instructions that touch no memory, at the width of the core. */
  work(cause: number, instructions: number): void {
    this.charge(cause, instructions * this.instruction);
  }

  /**
   * A helper is called for one level of the page table, and reads its entry. On a core that does not wait the instructions
   * around the load pass while the call does.
   * @param pa physical byte address of the entry
   */
  walkStep(pa: number, bytes: number): void {
    this.load(CAUSE.walk, pa, bytes);
    if (this.callOfStep !== undefined) this.charge(CAUSE.walk, this.callOfStep);
  }

  /**
   * A load through the linear map: as long as its line takes, or, on a core that does not wait, the instructions around
   * it and the line at the rate of a scan.
   * @param pa physical byte address
   */
  load(cause: number, pa: number, bytes: number): void {
    this.touch(bytes);
    const level = this.byNode(this.caches.access(pa), pa);
    this.charge(cause, this.translation(pa, this.linearLeaf) + this.loadWait[level]!);
  }

  /** A store through the linear map: hidden where its line is at hand, else as long as the line takes it. */
  store(cause: number, pa: number, bytes: number): void {
    this.touch(bytes);
    const level = this.byNode(this.caches.access(pa), pa);
    this.charge(cause, this.translation(pa, this.linearLeaf) + this.storeWait[level]!);
  }

  /** An entry that was read is written: its store, and the instructions that make its value and call its setter. */
  storeEntry(pa: number, bytes: number): void {
    this.store(CAUSE.entry, pa, bytes);
    this.charge(CAUSE.entry, this.makeEntry);
  }

  /**
   * A loop over a range, bounded by throughput: each line at the rate of the level that serves it.
   * @param pa physical byte address
   * @param address low 52 bits of the virtual address that the code uses, and the size of the leaf that maps it
   * @param goesOn the loop has begun in the leaf before; profiles of latencies let it begin in each
   */
  stream(
    cause: number,
    loop: StreamProfile,
    pa: number,
    bytes: number,
    address: number,
    leafSize: number,
    leaf: string,
    goesOn = false,
  ): void {
    this.touch(bytes);
    const cycles = this.lines(loop, pa, bytes) + this.translations(address, bytes, leafSize);
    const begins = !goesOn || this.profile.throughput === undefined;
    const cold = this.served[this.memory]! > 0 ? (loop.coldStart?.value ?? 0) * this.times('latency', pa) : 0;
    this.chargeCall(cause, (begins ? (loop.startup?.value ?? 0) + cold : 0) + cycles, leaf);
  }

  /**
   * Struct pages of a range initialised: the larger of the work and of what its stores take to leave the core, since
   * neither waits for the other. Without figures of a core that does not wait, the stores alone: see {@link work}.
   * @param bytes of the range; the parameters before and behind are those of {@link stream}
   * @param size sizeof(struct page), bytes
   * @param extra stores of a struct page beyond those of memory that is hot-added, and calls made for each
   */
  initialise(
    pa: number,
    bytes: number,
    address: number,
    leafSize: number,
    size: number,
    extra: { readonly stores: number; readonly calls: number } = PLAIN_MEMORY,
  ): void {
    const { throughput, fillLoop } = this.profile;
    const pages = bytes / size;
    if (throughput === undefined) {
      this.stream(CAUSE.initialise, fillLoop, pa, bytes, address, leafSize, '__init_single_page');
      return;
    }
    this.touch(bytes);
    const added = (size - this.profile.lineSize) / WORD_BYTES + extra.stores;
    const stores = WORK.initialiseStores.value + added;
    const { pairedStore, singleStore, pairsWithinLine, call } = throughput;
    const work = Math.max(
      (WORK.initialise.value + added) * this.instruction,
      stores * Math.sqrt(pairedStore.value * singleStore.value),
      extra.calls * call.value,
    );
    // A struct page that begins inside a line, or a return address stored between two of them, parts the pairs.
    const parted = pairsWithinLine.value && (size !== this.profile.lineSize || extra.calls > 0);
    const drain =
      this.lines(fillLoop, pa, bytes) + (parted ? pages * stores * (singleStore.value - pairedStore.value) : 0);
    const cycles = Math.max(pages * work, drain) * this.together + this.translations(address, bytes, leafSize);
    this.chargeCall(CAUSE.initialise, cycles, '__init_single_page');
  }

  /** {@link stream} through the linear map. */
  streamLinear(cause: number, loop: StreamProfile, pa: number, bytes: number, leaf: string): void {
    this.stream(cause, loop, pa, bytes, pa, this.linearLeaf, leaf);
  }

  /**
   * copy_page(), its loads and its stores one after the other.
   * @param to physical byte address
   * @param from physical byte address
   * @param bytes how much is copied
   */
  copyPage(to: number, from: number, bytes: number): void {
    const { throughput } = this.profile;
    if (throughput !== undefined) {
      this.streamLinear(CAUSE.initialise, throughput.copy, from, bytes, 'copy_page');
      this.caches.stream(to, bytes, this.served);
      return;
    }
    this.streamLinear(CAUSE.initialise, this.profile.scan, from, bytes, 'copy_page');
    this.streamLinear(CAUSE.initialise, this.profile.zero, to, bytes, 'copy_page');
  }

  /** alloc_pages(). @param order log2 of the base pages */
  allocate(order: number): void {
    this.chargeCall(CAUSE.allocate, this.allocateCycles[order]!, 'alloc_pages');
  }

  /** free_pages(). */
  free(order: number): void {
    this.chargeCall(CAUSE.allocate, this.freeCycles[order]!, 'free_pages');
  }

  /** A spinlock that nobody else wants is taken and given back. */
  lock(): void {
    this.charge(CAUSE.lock, this.profile.lockPair.value);
  }

  /** A flush that waits for every CPU. */
  flush({ base, perCpu, empties }: FlushProfile, leaf: string): void {
    const others = (perCpu?.value ?? 0) * (this.cpus - 1);
    this.chargeCall(CAUSE.flush, this.cyclesOf(base.value + others), leaf);
    if (empties) this.tlb.flush();
  }

  /** A call of the hypervisor, which this CPU has. */
  hypercall(cause: number, leaf: string): void {
    const cost = this.profile.hash?.hypercall[this.hypervisor];
    if (cost === undefined) throw new RangeError(`${this.profile.name} has no cost of a call of ${this.hypervisor}`);
    this.chargeCall(cause, this.cyclesOf(cost.value), leaf);
  }

  private touch(bytes: number): void {
    if (this.clock.running) this.bytesTouched += bytes;
  }

  /** Cycles of the lines of a range, each at the rate of the level that serves it; {@link served} tells how many. */
  private lines(loop: StreamProfile, pa: number, bytes: number): number {
    const { served, memory, lineSize } = this;
    const { rates } = loop;
    for (let level = 0; level <= memory; level++) served[level] = 0;
    this.caches.stream(pa, bytes, served);
    let cycles = 0;
    for (let level = 0; level < memory; level++) {
      const lines = served[level]!;
      if (lines > 0) cycles += (lines * lineSize) / rates[level]!.value;
    }
    const lines = served[memory]!;
    if (lines > 0) cycles += ((lines * lineSize) / rates[memory]!.value) * this.times('stream', pa);
    return cycles;
  }

  /** The level that serves a line where it lies on another node. */
  private byNode(level: number, pa: number): number {
    return level === this.memory && this.remote?.holds(pa) === true ? level + 1 : level;
  }

  /** How many times as long memory takes at an address as that of this CPU's node. */
  private times(what: 'latency' | 'stream', pa: number): number {
    return this.remote?.holds(pa) === true ? this.remote[what] : 1;
  }

  /** Cycles of a line by the level that serves it, among others that come as it does. */
  private inRow(level: number, cycles: (level: number) => number): number {
    return level <= this.memory ? cycles(level) : cycles(this.memory) * (this.remote?.stream ?? 1);
  }

  /** Cycles that translations add of a range in one leaf: one, or one for each page of the second stage where those are smaller. */
  private translations(address: number, bytes: number, leafSize: number): number {
    const { largestLeaf } = this;
    if (leafSize <= largestLeaf) return this.translation(address, leafSize);
    let cycles = 0;
    for (let page = alignDown(address, largestLeaf); page < address + bytes; page += largestLeaf) {
      cycles += this.translation(page, largestLeaf);
    }
    return cycles;
  }

  /** Cycles that a translation adds. */
  private translation(address: number, leafSize: number): number {
    return this.tlb.isNewest(address, leafSize) ? 0 : this.translate(address, leafSize);
  }

  private translate(address: number, leafSize: number): number {
    const found = this.tlb.find(address, leafSize);
    if (found === TLB_FIRST) return 0;
    this.missedPages++;
    const { secondHit } = this.profile.tlb;
    if (found === TLB_SECOND) return secondHit.value;
    return secondHit.value + this.walk + this.tableLine(address, leafSize);
  }

  /** What a walk for a base page takes longer where its entry comes from memory; tables of large leaves are few. */
  private tableLine(address: number, leafSize: number): number {
    if (this.profile.throughput === undefined || leafSize !== BASE_PAGE) return 0;
    this.tableLines++;
    const level = this.caches.access(PAGE_TABLES + Math.floor(address / BASE_PAGE) * WORD_BYTES);
    return level === this.memory ? this.coldTableLine : 0;
  }
}
