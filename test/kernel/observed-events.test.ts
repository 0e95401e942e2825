// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import { ENTRY_BYTES, type Level } from '../../src/hardware/page-table.js';
import { observe, pfnToPage, type Kernel } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER, type Observer } from '../../src/kernel/observer.js';
import type { VmemAltmap } from '../../src/kernel/memremap.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { entryAt, idle, pageTableOf } from '../scenarios.js';

/** What a kernel tells an observer is what it does: every event is held against the tables and the memory at that moment. */

const MACHINES: [string, ScenarioInput['machine']][] = [
  ['x86_64', { arch: 'x86_64', structPageSize: 56 }],
  ['x86_64 without PSE', { arch: 'x86_64', hugeVmemmap: false }],
  ['x86_64, 5 levels', { arch: 'x86_64', pagingLevels: 5, structPageSize: 80 }],
  ['arm64 4K', { arch: 'arm64' }],
  ['arm64 64K', { arch: 'arm64', pageSize: 65536 }],
  ['s390', { arch: 's390', structPageSize: 56 }],
  ['s390 without EDAT1', { arch: 's390', hugeVmemmap: false }],
  ['radix 64K', { arch: 'ppc64', mmu: 'radix', pageSize: 65536 }],
  ['radix 4K', { arch: 'ppc64', mmu: 'radix', pageSize: 4096, structPageSize: 72 }],
  ['radix 5.10', { arch: 'ppc64', mmu: 'radix', pageSize: 65536, kernel: '5.10' }],
];

/** Where 4 GiB of pages begin, and where the memmap of whole pieces begins on a leaf. */
const BASE = 2 ** 26;
/** Words of RAM that an entry takes. */
const ENTRY_WORDS = ENTRY_BYTES / 4;

/** Listens to a kernel, and says what was not so. */
function witness(kernel: Kernel) {
  const table = pageTableOf(kernel);
  const { words } = kernel.ram;
  const wrong: string[] = [];
  const functions: string[] = [];
  const live = new Set<string>();
  let depth = 0;
  let given = { start: 0, end: 0 };

  const must = (holds: boolean, what: string): void => {
    if (!holds) wrong.push(what);
  };
  const at = (level: Level, address: number): string => `${level} ${Math.floor(address / table.span[level]!)}`;
  /** Whether an entry of a level that covers something of the step's range covers an address. */
  const isGiven = (level: Level, address: number): boolean => {
    const span = table.span[level]!;
    return address >= Math.floor(given.start / span) * span && address < Math.ceil(given.end / span) * span;
  };
  const observer: Observer = {
    ...DEAF_OBSERVER,
    allocPages: (_order, _nid, pfn) =>
      must(pfn === NO_PAGE || kernel.allocator.owns(pfn), `frame ${pfn} is handed out`),
    freePages: (pfn) => must(kernel.allocator.owns(pfn), `frame ${pfn} comes back`),
    altmapAlloc: ({ basePfn, reserve, free }, nrPages, pfn) => {
      if (pfn === NO_PAGE) return;
      const first = basePfn + reserve;
      must(pfn >= first && pfn + nrPages <= first + free, `the altmap gives frame ${pfn}`);
      must(pfn % (nrPages & -nrPages) === 0, `the altmap gives frame ${pfn} for ${nrPages} pages`);
    },
    altmapFree: (_altmap, nrPages) => must(nrPages > 0, 'the altmap gets nothing'),
    setEntry: (level, address, word0, word1) => {
      const entry = entryAt(kernel, level, address);
      must(words[entry] === word0 && words[entry + 1] === word1, `the entry ${at(level, address)} has other bits`);
      must(isGiven(level, address), `the entry ${at(level, address)} is set`);
      live.add(at(level, address));
    },
    clearEntry: (level, address) => {
      must(live.delete(at(level, address)), `the entry ${at(level, address)} is cleared and was not set`);
    },
    memset: (address, _byte, bytes) =>
      must(bytes > 0 && table.walk(address) !== undefined, 'memmap that is not mapped is filled'),
    scan: (address, _byte, bytes) =>
      must(address % bytes === 0 && address < given.end && address + bytes > given.start, 'another leaf is scanned'),
    flush: (_kind, start, end) =>
      must(start < end && start < given.end && end > given.start, `the TLB is flushed for ${start}-${end}`),
    warn: (mishap) => must(false, mishap.kind),
    enter: (name) => {
      functions.push(name);
      depth++;
    },
    leave: () => {
      depth--;
    },
    walk: (level, address) => must(isGiven(level, address), `the way to ${at(level, address)} is walked`),
    readEntry: (level, address) => must(isGiven(level, address), `the entry ${at(level, address)} is read`),
    clearTable: (pa, bytes) => {
      const pages = Math.ceil(bytes / kernel.pageSize);
      for (let page = 0; page < pages; page++) {
        must(kernel.allocator.isAllocated(pa / kernel.pageSize + page), 'a table lies in memory of nobody');
      }
      const first = table.entry(pa, 0);
      const count = Math.min(bytes, kernel.pageSize) / ENTRY_BYTES;
      const empties = new Set(Array.from({ length: count }, (_, i) => words[first + i * ENTRY_WORDS + 1]));
      must(empties.size === 1, 'a new table has entries that differ');
    },
    scanTable: (pa, entries) => {
      const first = table.entry(pa, 0);
      const reads = Array.from({ length: entries }, (_, i) => first + i * ENTRY_WORDS);
      const alike = (entry: number): boolean => words[entry] === words[first] && words[entry + 1] === words[first + 1];
      must(entries > 0 && reads.slice(0, -1).every(alike), `${entries} entries are read, and one before is in use`);
    },
    checkSubsections: (count) => must(count > 0, 'no subsection is asked'),
    listNode: (pa) =>
      must(kernel.allocator.isAllocated(Math.floor(pa / kernel.pageSize)), 'a node lies in memory of nobody'),
  };
  return {
    observer,
    wrong,
    functions,
    live,
    depth: () => depth,
    give: (pfn: number, nrPages: number) => {
      given = { start: pfnToPage(kernel, pfn), end: pfnToPage(kernel, pfn + nrPages) };
    },
  };
}

/** Entries that lead to memmap, by level and number, as a walk of the tables finds them. */
function found(kernel: Kernel): Set<string> {
  const table = pageTableOf(kernel);
  const entries = new Set<string>();
  table.visit(
    kernel.vmemmap,
    kernel.vmemmap + 2 ** 46,
    ({ level, start }) => entries.add(`${level} ${Math.floor(start / table.span[level]!)}`),
    ({ level, start }) => entries.add(`${level + 1} ${Math.floor(start / table.span[level + 1]!)}`),
  );
  return entries;
}

describe('what an observer hears is so', () => {
  test.each(MACHINES)('%s', (_name, machine) => {
    const { kernel } = idle(machine);
    const { observer, wrong, functions, live, depth, give } = witness(kernel);
    observe(kernel, observer);
    const { pagesPerSection, pagesPerSubsection } = kernel;
    const nrPages = pagesPerSection * 4;
    const altmap: VmemAltmap = {
      name: 'a',
      basePfn: BASE,
      endPfn: BASE + nrPages - 1,
      reserve: 2,
      free: nrPages / 2,
      align: 0,
      alloc: 0,
    };
    const move = (op: 'add' | 'remove', pfn: number, count: number, own: VmemAltmap | null): void => {
      give(pfn, count);
      if (op === 'add') kernel.memoryHotplug.addPages(0, pfn, count, own);
      else kernel.memoryHotplug.removePages(pfn, count, own);
      expect(wrong).toEqual([]);
      expect(depth()).toBe(0);
      expect([...live].sort()).toEqual([...found(kernel)].sort());
    };
    // Without PSE x86_64 takes no altmap.
    const own = machine.hugeVmemmap === false && machine.arch === 'x86_64' ? null : altmap;
    move('add', BASE, nrPages, own);
    move('add', BASE + 2 * nrPages, pagesPerSection, null);
    move('add', BASE + 3 * nrPages, pagesPerSubsection, null);
    move('remove', BASE + 2 * nrPages, pagesPerSection, null);
    move('remove', BASE, nrPages, own);
    move('remove', BASE + 3 * nrPages, pagesPerSubsection, null);
    for (const name of functions) expect(name).toMatch(/^[a-z0-9_]{5,}$/);
  });
});
