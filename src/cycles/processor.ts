// SPDX-License-Identifier: GPL-2.0-only

import { CacheHierarchy } from './cache.js';
import { Clock } from './clock.js';
import { DataTlb, TLB_FIRST, TLB_SECOND } from './tlb.js';
import { CallTree } from './call-tree.js';
import { CAUSE, CAUSES, type Cause } from './causes.js';
import type { CpuProfile, FlushProfile, Hypervisor, StreamProfile } from './profile.js';
import { WORK } from './work.js';

/** One CPU that executes: every operation that a kernel's path is made of charges its cycles here. */

export interface ProcessorOptions {
  readonly profile: CpuProfile;
  /** CPUs of the machine; those of the profile if not given. */
  readonly cpus?: number | undefined;
  readonly hypervisor?: Hypervisor | undefined;
  /** Whether each call of a function is kept. */
  readonly recordsCalls?: boolean;
}

const CYCLES_PER_US_AT_1_GHZ = 1000;

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
  /** Cycles by the level that serves, memory last. */
  private readonly latency: readonly number[];
  private readonly served: Float64Array;
  private readonly linearLeaf: number;
  private readonly instruction: number;

  constructor({ profile, cpus, hypervisor, recordsCalls }: ProcessorOptions) {
    this.profile = profile;
    this.cpus = cpus ?? profile.cpus.value;
    this.hypervisor = hypervisor ?? 'none';
    this.calls = new CallTree(recordsCalls ?? false);
    this.caches = new CacheHierarchy(profile.caches, profile.lineSize);
    this.tlb = new DataTlb(profile.tlb.first, profile.tlb.second);
    this.latency = [...profile.caches.map(({ latency }) => latency.value), profile.memory.value];
    this.served = new Float64Array(this.latency.length);
    this.linearLeaf = profile.tlb.linearMap.leafSize;
    this.instruction = 1 / profile.issueWidth.value;
  }

  /** Cycles of a time. @param us µs */
  cyclesOf(us: number): number {
    return us * this.profile.clock.value * CYCLES_PER_US_AT_1_GHZ;
  }

  /** Time of cycles at the nominal clock, µs. */
  microseconds(cycles: number): number {
    return cycles / (this.profile.clock.value * CYCLES_PER_US_AT_1_GHZ);
  }

  enter(name: string): void {
    if (!this.clock.running) return;
    this.calls.enter(name, this.clock.cycles);
  }

  leave(): void {
    if (!this.clock.running) return;
    this.calls.leave(this.clock.cycles);
  }

  /** @param leaf function that the cycles belong to, where it is not the one that is running */
  charge(cause: Cause, cycles: number, leaf?: string): void {
    if (!this.clock.running) return;
    if (leaf === undefined) this.calls.add(cycles);
    else this.calls.addLeaf(leaf, this.clock.cycles, cycles);
    this.clock.charge(CAUSE[cause], cycles);
  }

  /** Instructions that touch no memory, at the width of the core. */
  work(cause: Cause, instructions: number): void {
    this.charge(cause, instructions * this.instruction);
  }

  /** A load through the linear map whose value the code waits for. @param pa physical byte address */
  load(cause: Cause, pa: number, bytes: number): void {
    this.touch(bytes);
    this.charge(cause, this.translation(pa, this.linearLeaf) + this.latency[this.caches.access(pa)]!);
  }

  /** A store through the linear map: hidden where its line is at hand, else as long as the line takes. */
  store(cause: Cause, pa: number, bytes: number): void {
    this.touch(bytes);
    const level = this.caches.access(pa);
    const wait = level === 0 ? WORK.store.value : this.latency[level]!;
    this.charge(cause, this.translation(pa, this.linearLeaf) + wait);
  }

  /**
   * A loop over a range, bounded by throughput: each line at the rate of the level that serves it.
   * @param pa physical byte address
   * @param address low 52 bits of the virtual address that the code uses, and the size of the leaf that maps it
   */
  stream(
    cause: Cause,
    loop: StreamProfile,
    pa: number,
    bytes: number,
    address: number,
    leafSize: number,
    leaf: string,
  ): void {
    this.touch(bytes);
    let cycles = (loop.startup?.value ?? 0) + this.translation(address, leafSize);
    this.served.fill(0);
    this.caches.stream(pa, bytes, this.served);
    const { lineSize } = this.profile;
    for (const [level, lines] of this.served.entries()) cycles += (lines * lineSize) / loop.rates[level]!.value;
    this.charge(cause, cycles, leaf);
  }

  /** {@link stream} through the linear map. */
  streamLinear(cause: Cause, loop: StreamProfile, pa: number, bytes: number, leaf: string): void {
    this.stream(cause, loop, pa, bytes, pa, this.linearLeaf, leaf);
  }

  /** copy_page(), its loads and its stores one after the other. @param to, from physical byte addresses */
  copyPage(to: number, from: number, bytes: number): void {
    this.streamLinear('initialise', this.profile.scan, from, bytes, 'copy_page');
    this.streamLinear('initialise', this.profile.zero, to, bytes, 'copy_page');
  }

  /** alloc_pages(). @param order log2 of the base pages */
  allocate(order: number): void {
    this.charge('allocate', this.profile.allocate[order]!.value, 'alloc_pages');
  }

  /** free_pages(). */
  free(order: number): void {
    this.charge('allocate', this.profile.free[order]!.value, 'free_pages');
  }

  lock(): void {
    this.charge('lock', this.profile.lockPair.value);
  }

  /** A flush that waits for every CPU. */
  flush({ base, perCpu, empties }: FlushProfile, leaf: string): void {
    const others = (perCpu?.value ?? 0) * (this.cpus - 1);
    this.charge('flush', this.cyclesOf(base.value + others), leaf);
    if (empties) this.tlb.flush();
  }

  /** A call of the hypervisor, which this CPU has. */
  hypercall(cause: Cause, leaf: string): void {
    const cost = this.profile.hash?.hypercall[this.hypervisor];
    if (cost === undefined) throw new RangeError(`${this.profile.name} has no cost of a call of ${this.hypervisor}`);
    this.charge(cause, this.cyclesOf(cost.value), leaf);
  }

  private touch(bytes: number): void {
    if (this.clock.running) this.bytesTouched += bytes;
  }

  /** Cycles that a translation adds. */
  private translation(address: number, leafSize: number): number {
    const found = this.tlb.lookup(address, leafSize);
    if (found === TLB_FIRST) return 0;
    const { secondHit, walk } = this.profile.tlb;
    return found === TLB_SECOND ? secondHit.value : secondHit.value + walk.value;
  }
}
