// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../hardware/align.js';
import { ENTRY_BYTES, HPTE, PTE, type Leaf, type Level } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import { DEAF_OBSERVER, type EntryEvent, type EntryRow, type FlushKind, type Observer } from '../kernel/observer.js';
import type { Traits } from '../history/traits/index.js';
import { CAUSE } from './causes.js';
import type { CallNode } from './call-tree.js';
import { EntryLoop } from './entry-loop.js';
import { EntryPath } from './entry-path.js';
import { Processor, type ProcessorOptions } from './processor.js';
import type { CpuProfile, RemoteNode, StreamProfile } from './profile.js';
import { remoteMemory } from './remote-memory.js';
import { WORK } from './work.js';

/** Listens to a kernel and charges a processor for what it does. */

/** Bytes of a node of vmemmap_list. */
const LIST_NODE_BYTES = 24;
/** Bytes of an entry of the hashed page table, and entries that one H_READ returns. */
const HPTE_BYTES = 16;
const HPTES_PER_READ = 4;

/** Kernel functions that flush, by what they flush. */
const FLUSH_FUNCTION: Readonly<Record<FlushKind, string>> = {
  all: 'flush_tlb_all',
  range: 'flush_tlb_kernel_range',
  table: '__flush_tlb_kernel_pgtable',
};

/** A CPU, and the listener by which a kernel charges it. */
export interface CycleModel {
  readonly processor: Processor;
  readonly observer: Observer;
  /** Tables that were made. */
  tables(): number;
}

/** How a kernel fills memory on a CPU: as a string instruction where it asks for the flag that the CPU has. */
export function fillLoopOf(profile: CpuProfile, traits: Traits): StreamProfile {
  const wanted = traits.x86MemsetNeedsFsrs ? 'fsrs' : 'erms';
  return profile.fillString !== undefined && profile.flags.includes(wanted) ? profile.fillString : profile.fillLoop;
}

/** The CPU that a kernel runs on, and where the memory is that it adds. */
export interface CycleModelOptions extends Omit<ProcessorOptions, 'remote'> {
  /** The node that memory is added to, where it is not this CPU's. */
  readonly node?: RemoteNode | undefined;
}

/**
 * A model of a kernel on a CPU; it hears nothing until it is given to observe().
 * @throws RangeError for nested paging where the profile has no figure of its walks
 */
export function cycleModel(kernel: Kernel, { node, ...options }: CycleModelOptions): CycleModel {
  const processor = new Processor({ ...options, remote: node && remoteMemory(kernel, node) });
  const { profile } = processor;
  const fill = fillLoopOf(profile, kernel.traits);
  const { platform, ram } = kernel;
  const pageTable = platform.table ?? kernel.code.paging?.table;
  const pathInTable = pageTable && new EntryPath(pageTable);
  const leafBarrier = profile.barrier.leaf.value;
  const tableBarrier = profile.barrier.table.value;
  let tables = 0;

  function pathNow(): EntryPath {
    if (pathInTable === undefined) throw new TypeError('this architecture has no page table to read an entry of');
    return pathInTable;
  }

  /** Physical address of the entry of a level, by the way that the tables lead now. */
  function locate(level: Level, address: number): number {
    return pathNow().locate(level, address);
  }

  /** The steps of a walk down to an entry at a physical address, on the way that was located last. */
  function walkTo(level: Level, pa: number): void {
    const { entries, depthOf } = pathNow();
    for (let step = 0; step < depthOf[level]!; step++) processor.walkStep(entries[step]!, ENTRY_BYTES);
    processor.walkStep(pa, ENTRY_BYTES);
  }

  function setEntryAt(pa: number, leaf: boolean): void {
    processor.storeEntry(pa, ENTRY_BYTES);
    const barrier = leaf ? leafBarrier : tableBarrier;
    if (barrier > 0) processor.charge(CAUSE.barrier, barrier);
  }

  function flush(kind: FlushKind): void {
    const cost = profile.flush[kind];
    if (cost === undefined) throw new RangeError(`${profile.name} has no cost of ${FLUSH_FUNCTION[kind]}()`);
    processor.flush(cost, FLUSH_FUNCTION[kind]);
  }

  /** Whether an entry that was written is a leaf, where that makes a difference to what follows it. */
  function isLeaf(level: Level, pa: number): boolean {
    if (level === PTE || pageTable === undefined || leafBarrier === tableBarrier) return true;
    const entry = pageTable.entry(pa, 0);
    return pageTable.format.isLeaf(level, pageTable.lo(entry), pageTable.hi(entry));
  }

  /** The pieces of a virtual range, a leaf each. */
  function forEachLeaf(address: number, bytes: number, visit: (leaf: Leaf, pa: number, part: number) => void): void {
    const end = address + bytes;
    while (address < end) {
      const leaf = platform.mmu.walk(address);
      if (leaf === undefined) return;
      const part = Math.min(end, leaf.start + leaf.size) - address;
      visit(leaf, leaf.pa + (address - leaf.start), part);
      address += part;
    }
  }

  /** Bytes that a scan looks at until the first that differs, in whole lines. */
  function scanned(pa: number, byte: number, bytes: number): number {
    const { lineSize } = profile;
    let filled = 0;
    let mixed = bytes;
    while (mixed - filled > lineSize) {
      const middle = filled + Math.max(lineSize, alignDown((mixed - filled) / 2, lineSize));
      if (ram.isFilled(pa + filled, byte, middle - filled)) filled = middle;
      else mixed = middle;
    }
    return mixed;
  }

  /** What an entry of the leaf table at a physical address takes, by what is done to it. */
  const pageTableEntry: Readonly<Record<EntryEvent, (pa: number) => void>> = {
    allocPage: () => processor.allocate(0),
    freePage: () => processor.free(0),
    walk: (pa) => walkTo(PTE, pa),
    readEntry: (pa) => processor.load(CAUSE.walk, pa, ENTRY_BYTES),
    setEntry: (pa) => setEntryAt(pa, true),
    clearEntry: (pa) => processor.storeEntry(pa, ENTRY_BYTES),
    lock: () => processor.lock(),
    flushRange: () => flush('range'),
  };

  /** A loop that there was. */
  interface KnownLoop {
    readonly row: EntryRow;
    /** The function that it was in; null while the clock stood still. */
    readonly caller: CallNode | null;
    /** Entries above that each turn reads. */
    readonly depth: number;
    readonly loop: EntryLoop;
  }
  /** So few that going through them is faster than a map. */
  const loops: KnownLoop[] = [];

  function loopOf(row: EntryRow): KnownLoop {
    const caller = processor.clock.running ? processor.calls.running : null;
    for (let i = 0; i < loops.length; i++) {
      const known = loops[i]!;
      if (known.row === row && known.caller === caller) return known;
    }
    const events = row.map((event) => pageTableEntry[event]);
    const loop = new EntryLoop(processor, (pa) => {
      for (let i = 0; i < events.length; i++) events[i]!(pa);
    });
    const depth = row.includes('walk') ? pathNow().depthOf[PTE]! : 0;
    const known = { row, caller, depth, loop };
    loops.push(known);
    return known;
  }

  function entryRow(row: EntryRow, address: number, count: number): void {
    const first = locate(PTE, address);
    const { loop, depth } = loopOf(row);
    loop.play(first, count, pathNow().entries, depth);
  }

  const observer: Observer = {
    ...DEAF_OBSERVER,
    enter: (name) => processor.enter(name),
    leave: () => processor.leave(),
    allocPages: (order) => processor.allocate(order),
    freePages: (_pfn, order) => processor.free(order),
    lock: () => processor.lock(),
    walk: (level, address) => walkTo(level, locate(level, address)),
    readEntry: (level, address) => processor.load(CAUSE.walk, locate(level, address), ENTRY_BYTES),
    setEntry(level, address) {
      if (level === HPTE) return;
      const pa = locate(level, address);
      setEntryAt(pa, isLeaf(level, pa));
    },
    clearEntry(level, address) {
      if (level === HPTE) return;
      processor.storeEntry(locate(level, address), ENTRY_BYTES);
    },
    clearTable(pa, bytes) {
      if (processor.clock.running) tables++;
      processor.streamLinear(CAUSE.zero, profile.zero, pa, bytes, 'clear_page');
    },
    scanTable: (pa, entries) => processor.streamLinear(CAUSE.scan, profile.scan, pa, entries * ENTRY_BYTES, 'pXd_none'),
    memset: (address, _byte, bytes) =>
      forEachLeaf(address, bytes, (leaf, pa, part) => {
        processor.stream(CAUSE.mark, fill, pa, part, address, leaf.size, 'memset', leaf.start > address);
      }),
    scan(address, byte, bytes, filled) {
      let differs = false;
      forEachLeaf(address, bytes, (leaf, pa, part) => {
        if (differs) return;
        const looked = filled ? part : scanned(pa, byte, part);
        differs = !filled && !ram.isFilled(pa, byte, part);
        processor.stream(CAUSE.scan, profile.scan, pa, looked, address, leaf.size, 'memchr_inv', leaf.start > address);
      });
    },
    flush,
    entryRow,
    checkSubsections: (count) => processor.work(CAUSE.walk, count * WORK.checkSubsection.value),
    listNode: (pa) => processor.load(CAUSE.list, pa, LIST_NODE_BYTES),
    probeGroup(pa, slots) {
      if (processor.hypervisor === 'none') processor.load(CAUSE.hash, pa, slots * HPTE_BYTES);
      else for (let read = 0; read < slots; read += HPTES_PER_READ) processor.hypercall(CAUSE.hash, 'H_READ');
    },
    insertSlot(pa, slots) {
      if (processor.hypervisor !== 'none') {
        processor.hypercall(CAUSE.hash, 'H_ENTER');
        return;
      }
      processor.load(CAUSE.hash, pa, slots * HPTE_BYTES);
      processor.store(CAUSE.hash, pa, HPTE_BYTES);
      processor.charge(CAUSE.hash, profile.hash?.insert.value ?? 0);
    },
    removeSlot(pa) {
      if (processor.hypervisor !== 'none') {
        processor.hypercall(CAUSE.hash, 'H_REMOVE');
        return;
      }
      processor.store(CAUSE.hash, pa, HPTE_BYTES);
      if (profile.hash !== undefined) {
        processor.chargeCall(CAUSE.flush, processor.cyclesOf(profile.hash.tlbie.value), 'tlbie');
      }
    },
    initialise(address, bytes) {
      forEachLeaf(address, bytes, (leaf, pa, part) => {
        // Profiles of latencies translate a range once, whatever leaves it lies in.
        const at = profile.throughput === undefined ? address : Math.max(address, leaf.start);
        processor.initialise(pa, part, at, leaf.size, kernel.structPageSize);
      });
      if (profile.throughput === undefined) {
        processor.work(CAUSE.initialise, (bytes / kernel.structPageSize) * WORK.structPage.value);
      }
    },
    fold: (restores) => processor.work(CAUSE.walk, (restores ? WORK.unfoldHugepage : WORK.foldHugepage).value),
    copyPage: (toPfn, fromPfn) =>
      processor.copyPage(toPfn * kernel.pageSize, fromPfn * kernel.pageSize, kernel.pageSize),
  };
  return { processor, observer, tables: () => tables };
}
