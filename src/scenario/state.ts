// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { LEVELS, P4D, PMD, PTE, PUD, type Leaf, type Level } from '../hardware/page-table.js';
import { MIXED } from '../hardware/ram.js';
import { countersRecord } from '../kernel/counters.js';
import type { Kernel, Vmstat } from '../kernel/kernel.js';
import { entryText, isMishap } from '../kernel/log.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import {
  activeMemmap,
  type AddressRange,
  AddressText,
  countTables,
  vmemmapWindow,
  walkVmemmap,
} from '../kernel/vmemmap-view.js';
import { PAGE_UNUSED } from '../kernel/frame-content.js';

/** What is left behind after a step, read from the tables and the memory, in the words of the vectors' format. */

/** The state after a step. Addresses are hex text; pages are base pages; counters count from the boot's end on. */
export interface State {
  /** Ranges of leaves of one level and owner. */
  leaves: string[];
  /** Bits of a leaf other than its frame, by level. */
  prot: Record<string, string>;
  /** Tables below the root, by the level of their entries. */
  tables: Record<string, number>;
  /** What each altmap has given out, and what it lost to alignment. */
  altmaps: Record<string, { alloc: number; align: number }>;
  /** System memory that leaves and tables have taken. */
  ram: { pages: number };
  /** Large leaves that are filled with PAGE_UNUSED in part: bytes from the start of the leaf. */
  partial: string[];
  /** Where an unused tail begins that is not filled yet; "0x0" if none is remembered. */
  unusedStart: string;
  /** Sections that have a memmap. */
  sections: { present: number };
  /** Leaves that describe nothing active. */
  leaks: string[];
  /** Memmap of active memory that nothing maps. */
  holes: string[];
  /** Frames freed that were not out, and warnings of the kernel. */
  violations: string[];
  /** What the kernel did since the boot, by kind. */
  counters: Record<string, number>;
  /** nr_memmap_pages and nr_memmap_boot_pages of /proc/vmstat, on releases that count. */
  vmstat?: Vmstat;
  /** Lines that the kernel logged, if it did. */
  log?: string[];
  /** Bolted entries of a hashed page table, on machines that have one. */
  hptes?: string[];
}

/** Leaves that cover nothing of `active`; neighbours of one level joined. */
export function leakedLeaves(
  leaves: readonly Leaf[],
  active: readonly AddressRange[],
): (AddressRange & { level: Level })[] {
  const leaks: (AddressRange & { level: Level })[] = [];
  let a = 0;
  for (const leaf of leaves) {
    const end = leaf.start + leaf.size;
    while (a < active.length && active[a]!.end <= leaf.start) a++;
    if (a < active.length && active[a]!.start < end) continue;
    const last = leaks[leaks.length - 1];
    if (last?.end === leaf.start && last.level === leaf.level) last.end = end;
    else leaks.push({ start: leaf.start, end, level: leaf.level });
  }
  return leaks;
}

/** Parts of `active` that no leaf maps; neighbours joined. */
export function memmapHoles(leaves: readonly Leaf[], active: readonly AddressRange[]): AddressRange[] {
  const holes: AddressRange[] = [];
  let l = 0;
  for (const range of active) {
    let at = range.start;
    while (at < range.end) {
      while (l < leaves.length && leaves[l]!.start + leaves[l]!.size <= at) l++;
      const leaf = leaves[l];
      const mappedFrom = leaf === undefined ? range.end : Math.min(Math.max(leaf.start, at), range.end);
      if (mappedFrom > at) holes.push({ start: at, end: mappedFrom });
      at = leaf === undefined ? range.end : Math.max(mappedFrom, Math.min(leaf.start + leaf.size, range.end));
    }
  }
  return holes;
}

/** Offsets of a leaf's bytes where used and unused bytes meet, or undefined if it has no PAGE_UNUSED byte. */
export function usedRuns(kernel: Kernel, leaf: Leaf): { used: boolean; from: number; to: number }[] | undefined {
  const runs: { used: boolean; from: number; to: number }[] = [];
  const push = (from: number, to: number, used: boolean): void => {
    const last = runs[runs.length - 1];
    if (last?.used === used) last.to = to;
    else runs.push({ used, from, to });
  };
  kernel.ram.forEachRun(leaf.pa, leaf.size, (offset, length, byte) => {
    if (byte !== MIXED) {
      push(offset, offset + length, byte !== PAGE_UNUSED);
      return;
    }
    const bytes = kernel.ram.readFrame((leaf.pa + offset) / kernel.pageSize);
    for (let from = 0; from < bytes.length;) {
      const used = bytes[from] !== PAGE_UNUSED;
      let to = from + 1;
      while (to < bytes.length && (bytes[to] !== PAGE_UNUSED) === used) to++;
      push(offset + from, offset + to, used);
      from = to;
    }
  });
  return runs.some((run) => !run.used) ? runs : undefined;
}

function altmapOf(altmaps: readonly VmemAltmap[], pfn: number): VmemAltmap | undefined {
  return altmaps.find((altmap) => pfn >= altmap.basePfn && pfn <= altmap.endPfn);
}

/** Leaves as "start-end level backing", neighbours of one kind joined. */
function leafRuns(
  kernel: Kernel,
  leaves: readonly Leaf[],
  altmaps: readonly VmemAltmap[],
  text: AddressText,
): string[] {
  const runs: { start: number; end: number; level: Level; altmapPfn: number; nextPfn: number }[] = [];
  for (const leaf of leaves) {
    const pfn = leaf.pa / kernel.pageSize;
    const inAltmap = altmapOf(altmaps, pfn) !== undefined;
    const last = runs[runs.length - 1];
    const joins =
      last?.end === leaf.start &&
      last.level === leaf.level &&
      (inAltmap ? last.altmapPfn >= 0 && last.nextPfn === pfn : last.altmapPfn < 0);
    const nextPfn = pfn + leaf.size / kernel.pageSize;
    if (joins) {
      last.end = leaf.start + leaf.size;
      last.nextPfn = nextPfn;
    } else {
      runs.push({
        start: leaf.start,
        end: leaf.start + leaf.size,
        level: leaf.level,
        altmapPfn: inAltmap ? pfn : -1,
        nextPfn,
      });
    }
  }
  return runs.map((run) => {
    const backing = run.altmapPfn < 0 ? 'ram' : `altmap:${run.altmapPfn.toString(16)}`;
    return `${text.range(run)} ${LEVELS[run.level]} ${backing}`;
  });
}

/**
 * Reads the state after a step. Takes the step's violations out of the log.
 * @param altmaps all altmaps of the scenario
 */
export function captureState(kernel: Kernel, altmaps: readonly VmemAltmap[], vmemmapBase: bigint): State {
  const text = new AddressText(vmemmapBase);
  const { leaves, tables } = walkVmemmap(kernel, vmemmapWindow(kernel));
  const counts = countTables(tables);
  const active = activeMemmap(kernel);
  const prot: Record<string, string> = {};
  const partial: string[] = [];
  for (const leaf of leaves) {
    prot[LEVELS[leaf.level]] ??= hex(kernel.platform.leafFlags(leaf));
    if (leaf.level === PTE) continue;
    const runs = usedRuns(kernel, leaf);
    if (runs === undefined) continue;
    partial.push(
      `${text.of(leaf.start)} ${runs.map((r) => `${r.used ? 'used' : 'unused'} ${r.from}-${r.to}`).join(' ')}`,
    );
  }
  const said = kernel.log.take();
  const lines = said.flatMap((entry) => (entry.kind === 'log' ? entry.text : []));
  return {
    leaves: leafRuns(kernel, leaves, altmaps, text),
    prot,
    tables: Object.fromEntries(
      (kernel.platform.table !== undefined ? [P4D, PUD, PMD, PTE] : []).map((level): [string, number] => [
        LEVELS[level]!,
        counts[level]!,
      ]),
    ),
    altmaps: Object.fromEntries(altmaps.map(({ name, alloc, align }) => [name, { alloc, align }])),
    ram: { pages: kernel.allocator.pagesOut },
    partial,
    unusedStart: text.pointer(kernel.code.unusedStart()),
    sections: { present: kernel.sections.present },
    leaks: leakedLeaves(leaves, active).map((leak) => `${text.range(leak)} ${LEVELS[leak.level]}`),
    holes: memmapHoles(leaves, active).map((hole) => text.range(hole)),
    violations: said.filter(isMishap).map(entryText),
    ...(lines.length > 0 && { log: lines }),
    counters: countersRecord(kernel.counters),
    ...(kernel.traits.countNrMemmap ? { vmstat: { ...kernel.vmstat } } : {}),
    ...kernel.code.describe?.((address) => text.of(address)),
  };
}
