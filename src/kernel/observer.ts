// SPDX-License-Identifier: GPL-2.0-only

import type { AllocatorObserver } from '../hardware/page-allocator.js';
import type { Level } from '../hardware/page-table.js';
import type { Mishap } from './log.js';
import type { VmemAltmap } from './memremap.js';

/** What a TLB flush is for: everything, a range of kernel addresses, or the cached walks of a freed table. */
export type FlushKind = 'all' | 'range' | 'table';

/** How a test in a kernel function came out, and what follows from it for the leaves of a range. */
export interface Decision {
  /** What was found, in the kernel's terms. */
  readonly because: string;
  readonly so: string;
}

/** What any kernel tells, also a foreign one: what it does to memory, page tables and altmaps, and what it says. */
export interface MemoryEvents extends AllocatorObserver {
  /** Pages taken from an altmap. @param pfn the first of them, or NO_PAGE where there was no room */
  altmapAlloc(altmap: VmemAltmap, nrPages: number, pfn: number): void;
  /** Pages said to be the altmap's again. */
  altmapFree(altmap: VmemAltmap, nrPages: number): void;
  /**
   * An entry written with a present value.
   * @param address an address that the entry covers
   * @param word0 the entry's first 32 bits as they lie in RAM
   * @param word1 the rest of it
   */
  setEntry(level: Level, address: number, word0: number, word1: number): void;
  /** An entry cleared. @param address an address that the entry covers */
  clearEntry(level: Level, address: number): void;
  /** memset() of memmap bytes begins. */
  memset(address: number, byte: number, bytes: number): void;
  /** memchr_inv() of memmap bytes. @param filled whether all of them were `byte` */
  scan(address: number, byte: number, bytes: number, filled: boolean): void;
  /** A TLB flush of [start, end). */
  flush(kind: FlushKind, start: number, end: number): void;
  /** A warning or a bad free. */
  warn(mishap: Mishap): void;
}

/** What only the code of this emulator tells: why it does so, in which function, and every access that costs time. */
export interface CostEvents {
  /**
   * A kernel function settles with which leaves [start, end) is mapped.
   * @param by the function, by its own name
   */
  decide(by: string, decision: Decision, start: number, end: number): void;
  /** A kernel function begins, by its own name. Where the kernel stops, nobody leaves. */
  enter(name: string): void;
  /** The function that began last ends. */
  leave(): void;
  /** The kernel goes from the root down to the entry of a level that covers an address, and reads every entry on it. */
  walk(level: Level, address: number): void;
  /** One entry is read, by a function that has its table in hand. */
  readEntry(level: Level, address: number): void;
  /** A table is filled with empty entries. @param pa physical byte address */
  clearTable(pa: number, bytes: number): void;
  /** A table is read from some entry on, until one is found that is not empty. @param entries read */
  scanTable(pa: number, entries: number): void;
  /** A lock is taken and given back. */
  lock(): void;
  /** Subsections are asked whether they are valid. */
  checkSubsections(count: number): void;
  /** A node of vmemmap_list is read or written. @param pa physical byte address */
  listNode(pa: number): void;
  /** A group of the hashed page table is searched for an entry. @param pa physical byte address @param slots read */
  probeGroup(pa: number, slots: number): void;
  /** An entry is put into a group of the hashed page table. @param slots read before a free one was found */
  insertSlot(pa: number, slots: number): void;
  /** An entry of the hashed page table becomes invalid. */
  removeSlot(pa: number): void;
  /** Struct pages are initialised. @param bytes of memmap */
  initialise(address: number, bytes: number): void;
  /** The memmap of a HugeTLB page is folded or restored: what surrounds its entries and pages. */
  fold(restores: boolean): void;
  /** A page is copied, frame to frame. */
  copyPage(toPfn: number, fromPfn: number): void;
}

/** What a loop does to an entry of a PTE table, by the events that tell it; pages are base pages. */
export type EntryEvent =
  'allocPage' | 'freePage' | 'walk' | 'readEntry' | 'setEntry' | 'clearEntry' | 'lock' | 'flushRange';
/** The events of one turn of a loop over entries, in their order. */
export type EntryRow = readonly EntryEvent[];

/**
 * Listens to what a kernel does, as it does it. Nobody does by default, and then each call costs a comparison with null.
 * Addresses are the low 52 bits of a virtual address.
 */
export interface Observer extends MemoryEvents, CostEvents {
  /**
   * A loop over neighbouring entries of a PTE table, told at once before it begins or when it has ended, where frames and
   * contents of entries are of no concern. Who has no ear for it hears the events of each entry, one by one.
   * @param row events of each entry
   * @param address that the first entry covers
   * @param count of entries
   */
  entryRow?(row: EntryRow, address: number, count: number): void;
}

const ignore = (): void => undefined;

/** Hears everything and does nothing: what an observer builds on that listens for a few things. */
export const DEAF_OBSERVER: Omit<Observer, 'entryRow'> = {
  allocPages: ignore,
  freePages: ignore,
  getPage: ignore,
  altmapAlloc: ignore,
  altmapFree: ignore,
  setEntry: ignore,
  clearEntry: ignore,
  memset: ignore,
  scan: ignore,
  flush: ignore,
  warn: ignore,
  decide: ignore,
  enter: ignore,
  leave: ignore,
  walk: ignore,
  readEntry: ignore,
  clearTable: ignore,
  scanTable: ignore,
  lock: ignore,
  checkSubsections: ignore,
  listNode: ignore,
  probeGroup: ignore,
  insertSlot: ignore,
  removeSlot: ignore,
  initialise: ignore,
  fold: ignore,
  copyPage: ignore,
};

/**
 * An observer that tells another what it hears, and then hears it itself.
 * @param first who hears already, or null
 * @param second what the new one listens for
 */
export function alongside(first: Observer | null, second: Partial<Observer>): Observer {
  if (first === null) return { ...DEAF_OBSERVER, ...second };
  type Hear = (...told: readonly unknown[]) => void;
  const ears = (Object.keys(DEAF_OBSERVER) as (keyof typeof DEAF_OBSERVER)[]).map((event): [keyof Observer, Hear] => {
    const one = first[event].bind(first) as Hear;
    const other = second[event] as Hear | undefined;
    if (other === undefined) return [event, one];
    return [
      event,
      (...told) => {
        one(...told);
        other(...told);
      },
    ];
  });
  return Object.fromEntries(ears) as unknown as Observer;
}
