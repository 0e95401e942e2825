// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../hardware/align.js';
import { ENTRY_BYTES, HPTE, PTE, tableIndex, type Leaf, type Level } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import { DEAF_OBSERVER, type FlushKind, type Observer } from '../kernel/observer.js';
import type { Traits } from '../history/traits/index.js';
import { HASHED_TABLE } from './causes.js';
import { Processor, type ProcessorOptions } from './processor.js';
import type { CpuProfile, StreamProfile } from './profile.js';
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

/** A model of a kernel on a CPU; it hears nothing until it is given to observe(). */
export function cycleModel(kernel: Kernel, options: ProcessorOptions): CycleModel {
  const processor = new Processor(options);
  const { profile } = processor;
  const fill = fillLoopOf(profile, kernel.traits);
  const { platform, ram } = kernel;
  const pageTable = platform.table ?? kernel.code.paging?.table;
  let tables = 0;

  /** Physical address of the entry of a level, by the way that the tables lead now; every entry above it is told. */
  function locate(level: Level, address: number, onEntry: ((pa: number) => void) | null): number {
    if (pageTable === undefined) throw new TypeError('this architecture has no page table to read an entry of');
    let tablePa = pageTable.root;
    for (const here of pageTable.levels) {
      const pa = tablePa + tableIndex(here, address) * ENTRY_BYTES;
      if (onEntry !== null) onEntry(pa);
      if (here.level === level) return pa;
      const entry = pageTable.entry(pa, 0);
      tablePa = pageTable.format.address(here.level, pageTable.lo(entry), pageTable.hi(entry));
    }
    throw new RangeError(`this page table has no level ${level}`);
  }

  const readEntryAt = (pa: number): void => processor.load('walk', pa, ENTRY_BYTES);
  const walkStepAt = (pa: number): void => processor.walkStep(pa, ENTRY_BYTES);

  function isLeaf(level: Level, pa: number): boolean {
    if (level === PTE || pageTable === undefined) return true;
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

  const observer: Observer = {
    ...DEAF_OBSERVER,
    enter: (name) => processor.enter(name),
    leave: () => processor.leave(),
    allocPages: (order) => processor.allocate(order),
    freePages: (_pfn, order) => processor.free(order),
    lock: () => processor.lock(),
    walk: (level, address) => void locate(level, address, walkStepAt),
    readEntry: (level, address) => readEntryAt(locate(level, address, null)),
    setEntry(level, address) {
      if (level === HPTE) return;
      const pa = locate(level, address, null);
      processor.storeEntry(pa, ENTRY_BYTES);
      const barrier = isLeaf(level, pa) ? profile.barrier.leaf : profile.barrier.table;
      if (barrier.value > 0) processor.charge('barrier', barrier.value);
    },
    clearEntry(level, address) {
      if (level === HPTE) return;
      processor.storeEntry(locate(level, address, null), ENTRY_BYTES);
    },
    clearTable(pa, bytes) {
      if (processor.clock.running) tables++;
      processor.streamLinear('zero', profile.zero, pa, bytes, 'clear_page');
    },
    scanTable: (pa, entries) => processor.streamLinear('scan', profile.scan, pa, entries * ENTRY_BYTES, 'pXd_none'),
    memset: (address, _byte, bytes) =>
      forEachLeaf(address, bytes, (leaf, pa, part) => {
        processor.stream('mark', fill, pa, part, address, leaf.size, 'memset', leaf.start > address);
      }),
    scan(address, byte, bytes, filled) {
      let differs = false;
      forEachLeaf(address, bytes, (leaf, pa, part) => {
        if (differs) return;
        const looked = filled ? part : scanned(pa, byte, part);
        differs = !filled && !ram.isFilled(pa, byte, part);
        processor.stream('scan', profile.scan, pa, looked, address, leaf.size, 'memchr_inv', leaf.start > address);
      });
    },
    flush(kind) {
      const cost = profile.flush[kind];
      if (cost === undefined) throw new RangeError(`${profile.name} has no cost of ${FLUSH_FUNCTION[kind]}()`);
      processor.flush(cost, FLUSH_FUNCTION[kind]);
    },
    checkSubsections: (count) => processor.work('walk', count * WORK.checkSubsection.value),
    listNode: (pa) => processor.load('list', pa, LIST_NODE_BYTES),
    probeGroup(pa, slots) {
      if (processor.hypervisor === 'none') processor.load(HASHED_TABLE, pa, slots * HPTE_BYTES);
      else for (let read = 0; read < slots; read += HPTES_PER_READ) processor.hypercall(HASHED_TABLE, 'H_READ');
    },
    insertSlot(pa, slots) {
      if (processor.hypervisor !== 'none') {
        processor.hypercall(HASHED_TABLE, 'H_ENTER');
        return;
      }
      processor.load(HASHED_TABLE, pa, slots * HPTE_BYTES);
      processor.store(HASHED_TABLE, pa, HPTE_BYTES);
      processor.charge(HASHED_TABLE, profile.hash?.insert.value ?? 0);
    },
    removeSlot(pa) {
      if (processor.hypervisor !== 'none') {
        processor.hypercall(HASHED_TABLE, 'H_REMOVE');
        return;
      }
      processor.store(HASHED_TABLE, pa, HPTE_BYTES);
      if (profile.hash !== undefined) {
        processor.charge('flush', processor.cyclesOf(profile.hash.tlbie.value), 'tlbie');
      }
    },
    initialise(address, bytes) {
      forEachLeaf(address, bytes, (leaf, pa, part) => {
        // Profiles of latencies translate a range once, whatever leaves it lies in.
        const at = profile.throughput === undefined ? address : Math.max(address, leaf.start);
        processor.initialise(pa, part, at, leaf.size, kernel.structPageSize);
      });
      if (profile.throughput === undefined) {
        processor.work('initialise', (bytes / kernel.structPageSize) * WORK.structPage.value);
      }
    },
    fold: (restores) => processor.work('walk', (restores ? WORK.unfoldHugepage : WORK.foldHugepage).value),
    copyPage: (toPfn, fromPfn) =>
      processor.copyPage(toPfn * kernel.pageSize, fromPfn * kernel.pageSize, kernel.pageSize),
  };
  return { processor, observer, tables: () => tables };
}
