// SPDX-License-Identifier: GPL-2.0-only

import { PageFault } from '../hardware/mmu.js';
import type { BadFreeKind } from '../hardware/page-allocator.js';
import { PageTable, type Leaf, type Level, type Table } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Mishap } from '../kernel/log.js';
import type { AddressRange } from '../kernel/vmemmap-view.js';
import { MEMORY_INVARIANT_NAMES, MEMORY_INVARIANTS } from './memory-invariants.js';
import { outside } from '../hardware/ranges.js';
import { common, forEachTranslation, type Piece } from './snapshot.js';
import type { Complaint } from './complaint.js';
import type { Check, StepView } from './step-view.js';

/**
 * What must hold after every step, whatever the kernel. Each is one sentence and one check, which looks at tables, memory
 * and books from outside and shares nothing with the code that it judges. A release that breaks one is a finding.
 */

/** Names of the invariants, in the order in which they are asked. */
export const INVARIANT_NAMES = [
  'no-crash',
  'no-hole',
  'no-leak',
  'right-owner',
  'altmap-books',
  'no-cross-talk',
  'roll-back',
  'counters',
  'section-state',
  ...MEMORY_INVARIANT_NAMES,
  'no-warning',
] as const;
/** The names of the invariants, as findings and `vmemmap bisect --expect` have them. */
export type InvariantName = (typeof INVARIANT_NAMES)[number];

/** A statement that must hold after every step, whatever the kernel. */
export type Invariant = Check<InvariantName>;

/** Lost frames that a complaint lists; more are counted. */
const LISTED_FRAMES = 4;

export const leafRange = ({ start, size }: Leaf): AddressRange => ({ start, end: start + size });

/** Ranges that no walk of the hardware can reach. */
function unmapped(kernel: Kernel, active: readonly AddressRange[]): AddressRange[] {
  const holes: AddressRange[] = [];
  forEachTranslation(kernel, active, (start, end, leaf) => {
    if (leaf !== undefined) return;
    const last = holes[holes.length - 1];
    if (last?.end === start) last.end = end;
    else holes.push({ start, end });
  });
  return holes;
}

/** The leaf as complaints have it. */
export const leafFacts = (leaf: Leaf): { at: AddressRange; level: Level } => ({
  at: leafRange(leaf),
  level: leaf.level,
});

/** Leaves that describe nothing active; neighbours of one level are one. */
function idleLeaves({ after }: StepView): Leaf[] {
  const idle: Leaf[] = [];
  let a = 0;
  for (const leaf of after.leaves) {
    const end = leaf.start + leaf.size;
    while (a < after.active.length && after.active[a]!.end <= leaf.start) a++;
    if (a < after.active.length && after.active[a]!.start < end) continue;
    const last = idle[idle.length - 1];
    if (last !== undefined && last.start + last.size === leaf.start && last.level === leaf.level)
      last.size += leaf.size;
    else idle.push({ ...leaf });
  }
  return idle;
}

/** Tables without any entry below them that this kernel would have freed. */
function emptyTables({ kernel, after }: StepView): Table[] {
  const { mmu } = kernel.platform;
  if (!(mmu instanceof PageTable)) return [];
  const parents = new Set<number>();
  const spanOf = new Map<number, number>(mmu.levels.map(({ level, span, mask }) => [level, span * (mask + 1)]));
  const isIn = (address: number, level: number, start: number): boolean =>
    address >= start && address < start + spanOf.get(level)!;
  after.tables.forEach((table, i) => {
    const below = after.tables[i + 1];
    if (below !== undefined && below.level < table.level && isIn(below.start, table.level, table.start)) parents.add(i);
  });
  let l = 0;
  return after.tables.flatMap((table, i) => {
    while (l < after.leaves.length && after.leaves[l]!.start < table.start) l++;
    const first = after.leaves[l];
    const hasLeaf = first !== undefined && isIn(first.start, table.level, table.start);
    if (parents.has(i) || hasLeaf || kernel.code.keepsEmptyTable(table)) return [];
    return [table];
  });
}

/** Blocks of system memory that a leaf or a table of the state stands on; those of the boot are in no books. */
function forEachBlockInUse({ kernel, after }: StepView, onBlock: (pfn: number, nrPages: number) => void): void {
  const { allocator, pageSize, platform } = kernel;
  const tell = (pa: number, nrPages: number): void => {
    const pfn = Math.floor(pa / pageSize);
    if (allocator.owns(pfn) && !allocator.isReserved(pfn)) onBlock(pfn, nrPages);
  };
  for (const leaf of after.leaves) tell(leaf.pa, Math.max(1, leaf.size / pageSize));
  for (const table of after.tables) tell(table.pa, platform.tablePages?.(table.level) ?? 1);
}

/** Their frames, each once. */
function framesInUse(view: StepView): Set<number> {
  const frames = new Set<number>();
  forEachBlockInUse(view, (first, nrPages) => {
    for (let pfn = first; pfn < first + nrPages; pfn++) frames.add(pfn);
  });
  return frames;
}

/** How many frames that is, without naming them: enough where nothing is shared and nothing is wrong. */
function countFramesInUse(view: StepView): number {
  let pages = 0;
  forEachBlockInUse(view, (_pfn, nrPages) => (pages += nrPages));
  return pages;
}

function lostFrames(view: StepView): Complaint[] {
  const { kernel, after } = view;
  const booked = after.pagesOut - (kernel.code.bookPages?.() ?? 0);
  if (countFramesInUse(view) === booked) return [];
  const used = framesInUse(view);
  if (used.size >= booked) return [];
  const lost: number[] = [];
  for (const pfn of kernel.allocator.allocatedFrames()) {
    if (!used.has(pfn)) lost.push(pfn);
    if (lost.length === LISTED_FRAMES) break;
  }
  return [{ kind: 'lost-pages', count: booked - used.size, lost, frames: lost.slice(0, 1) }];
}

/** What the hardware finds for memmap that is active, where the kernel's own books may say otherwise. */
function hardwareLeaves(kernel: Kernel, active: readonly AddressRange[]): Leaf[] {
  const leaves: Leaf[] = [];
  forEachTranslation(kernel, active, (_start, _end, leaf) => {
    if (leaf !== undefined) leaves.push(leaf);
  });
  return leaves;
}

/** Leaves and tables on system memory that is not handed out. */
function standsOnFreeMemory(view: StepView): Complaint[] {
  const { kernel, after } = view;
  const { allocator, platform, pageSize } = kernel;
  const isFree = (pa: number): boolean => {
    const pfn = Math.floor(pa / pageSize);
    return allocator.owns(pfn) && !allocator.isAllocated(pfn);
  };
  const leaves =
    platform.table !== undefined ? after.leaves : [...after.leaves, ...hardwareLeaves(kernel, after.active)];
  const leaf = leaves.find(({ pa, size }) => isFree(pa) || isFree(pa + size - pageSize));
  const table = after.tables.find(({ pa }) => isFree(pa));
  const frameOf = ({ pa }: { pa: number }): number[] => [Math.floor(pa / pageSize)];
  const complaints: Complaint[] = [];
  if (leaf !== undefined) complaints.push({ kind: 'leaf-on-free-memory', ...leafFacts(leaf), frames: frameOf(leaf) });
  if (table !== undefined) {
    const { level, start } = table;
    complaints.push({ kind: 'table-on-free-memory', level, table: start, frames: frameOf(table) });
  }
  return complaints;
}

/** Pages of each altmap's own window that leaves map. */
function mappedOfAltmaps({ kernel, after }: StepView): Map<string, number> {
  const mapped = new Map(after.altmaps.map(({ name }) => [name, new Set<number>()]));
  const { pageSize } = kernel;
  for (const leaf of after.leaves) {
    const first = leaf.pa / pageSize;
    for (const { name, basePfn, reserve, free } of after.altmaps) {
      const from = basePfn + reserve;
      if (first >= from + free || first + leaf.size / pageSize <= from) continue;
      const last = Math.min(from + free, first + leaf.size / pageSize);
      for (let pfn = Math.max(from, first); pfn < last; pfn++) mapped.get(name)!.add(pfn);
    }
  }
  return new Map([...mapped].map(([name, pfns]) => [name, pfns.size]));
}

/** Bad frees among the kernel's mishaps; neighbours of one kind are one. */
function badFrees(mishaps: readonly Mishap[]): Complaint[] {
  const runs: { kind: BadFreeKind; frames: readonly [number]; count: number }[] = [];
  for (const mishap of mishaps) {
    if (mishap.kind !== 'free-not-allocated' && mishap.kind !== 'double-free') continue;
    const { kind, pfn } = mishap;
    const run = runs[runs.length - 1];
    if (run?.kind === kind && run.frames[0] + run.count === pfn) run.count++;
    else runs.push({ kind, frames: [pfn], count: 1 });
  }
  return runs;
}

/** The first place where two readings of the same memmap differ. */
function firstDifference(
  before: readonly Piece[],
  after: readonly Piece[],
): { kind: 'unmapped' | 'remapped' | 'rewritten'; at: AddressRange } | undefined {
  let b = 0;
  let a = 0;
  while (b < before.length && a < after.length) {
    const was = before[b]!;
    const is = after[a]!;
    const start = Math.max(was.start, is.start);
    const end = Math.min(was.end, is.end);
    const wasPa = was.pa + (start - was.start);
    const isPa = is.pa + (start - is.start);
    if (Number.isNaN(was.pa) !== Number.isNaN(is.pa) || (!Number.isNaN(was.pa) && wasPa !== isPa)) {
      return { kind: Number.isNaN(is.pa) ? 'unmapped' : 'remapped', at: { start, end } };
    }
    if (was.content !== is.content) return { kind: 'rewritten', at: { start, end } };
    if (was.end === end) b++;
    if (is.end === end) a++;
  }
  return undefined;
}

const hasFailed = ({ ret }: StepView): boolean => typeof ret === 'number' && ret < 0;

const sameMapping = (a: Leaf, b: Leaf | undefined): boolean =>
  b?.start === a.start && b.size === a.size && b.level === a.level && b.pa === a.pa;

/** The first leaf of a list that another list has not. */
function firstMissing(leaves: readonly Leaf[], others: readonly Leaf[]): Leaf | undefined {
  const at = leaves.findIndex((leaf, i) => !sameMapping(leaf, others[i]));
  if (at < 0) return undefined;
  const byStart = new Map(others.slice(at).map((leaf) => [leaf.start, leaf]));
  return leaves.slice(at).find((leaf) => !sameMapping(leaf, byStart.get(leaf.start)));
}

/** Where two lists of leaves part. */
function mappingDifference({ before, after }: StepView): Complaint | undefined {
  const more = firstMissing(after.leaves, before.leaves);
  if (more !== undefined) return { kind: 'leaf-stays', ...leafFacts(more) };
  const less = firstMissing(before.leaves, after.leaves);
  return less === undefined ? undefined : { kind: 'leaf-gone', ...leafFacts(less) };
}

/** Every invariant, what matters most first. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'no-crash',
    sentence: 'The kernel survives the step.',
    check({ stoppedBy }): Complaint[] {
      if (stoppedBy === undefined) return [];
      if (stoppedBy instanceof PageFault) return [{ kind: 'page-fault', fault: stoppedBy.address }];
      return [{ kind: 'bug', reason: stoppedBy.message }];
    },
  },
  {
    name: 'no-hole',
    sentence: 'Every memmap byte of an active subsection is mapped.',
    check: ({ kernel, after }) => unmapped(kernel, after.active).map((at): Complaint => ({ kind: 'not-mapped', at })),
  },
  {
    name: 'no-leak',
    sentence:
      'No leaf stays that describes nothing active, no empty table that the kernel frees elsewhere, no lost page.',
    check: (view) => [
      ...idleLeaves(view).map((leaf): Complaint => ({
        kind: 'idle-leaf',
        ...leafFacts(leaf),
        frames: [Math.floor(leaf.pa / view.kernel.pageSize)],
      })),
      ...emptyTables(view).map(({ level, pa }): Complaint => ({
        kind: 'empty-table',
        level,
        pfn: pa / view.kernel.pageSize,
      })),
      ...lostFrames(view),
    ],
  },
  {
    name: 'right-owner',
    sentence: 'A frame goes back to where it came from, once, and nothing stands on a frame that went back.',
    check: (view) => [...badFrees(view.mishaps), ...standsOnFreeMemory(view)],
  },
  {
    name: 'altmap-books',
    sentence:
      'What an altmap counts as allocated is what leaves map of it, never more than it has, and nothing in the end.',
    check(view) {
      const mapped = mappedOfAltmaps(view);
      return view.after.altmaps.flatMap(({ name: altmap, alloc, align, free }): Complaint[] => {
        const maps = mapped.get(altmap)!;
        if (alloc < 0) return [{ kind: 'altmap-negative', altmap, alloc }];
        if (alloc + align > free) return [{ kind: 'altmap-overfull', altmap, alloc, align, free }];
        if (alloc !== maps) return [{ kind: 'altmap-miscounts', altmap, alloc, mapped: maps }];
        if (alloc > 0 && !view.altmapsInUse.has(altmap)) return [{ kind: 'altmap-outlives-users', altmap, alloc }];
        return [];
      });
    },
  },
  {
    name: 'no-cross-talk',
    sentence: 'A step changes no mapping and no byte of active memmap that it was not given.',
    check({ bystanders }) {
      const difference = firstDifference(bystanders.before, bystanders.after);
      return difference === undefined ? [] : [difference];
    },
  },
  {
    name: 'roll-back',
    sentence: 'A step that fails leaves the state as it was, but for tables that stay by design.',
    check(view) {
      if (!hasFailed(view)) return [];
      const { kernel, before, after } = view;
      const keyOf = ({ level, start }: Table): string => `${level} ${start}`;
      const had = new Set(before.tables.map(keyOf));
      const extra = after.tables.find((table) => !had.has(keyOf(table)) && !kernel.code.keepsEmptyTable(table));
      const more = outsideAll(after.active, before.active);
      const mapping = mappingDifference(view);
      return [
        ...more.map((at): Complaint => ({ kind: 'stays-active', at })),
        ...(mapping === undefined ? [] : [mapping]),
        ...(extra === undefined ? [] : [{ kind: 'table-stays' as const, level: extra.level, table: extra.start }]),
      ];
    },
  },
  {
    name: 'counters',
    sentence: 'nr_memmap_pages is never negative, and zero when nothing that was added is left.',
    check({ kernel, after }) {
      const { nrMemmapPages } = kernel.vmstat;
      const hasAdded = kernel.sections.active().some((sectionNr) => !kernel.sections.isEarly(sectionNr));
      if (nrMemmapPages < 0) return [{ kind: 'counter-negative', count: nrMemmapPages }];
      if (nrMemmapPages > 0 && !hasAdded && after.active.length === 0) {
        return [{ kind: 'counter-left', count: nrMemmapPages }];
      }
      return [];
    },
  },
  {
    name: 'section-state',
    sentence: 'A section without subsections has section_mem_map 0.',
    check: ({ kernel }) => kernel.sections.stale().map((section): Complaint => ({ kind: 'stale-section', section })),
  },
  ...MEMORY_INVARIANTS,
  {
    name: 'no-warning',
    sentence: 'The kernel warns of nothing.',
    check: ({ mishaps }) =>
      mishaps.flatMap((mishap): Complaint[] =>
        mishap.kind === 'warn' ? [{ kind: 'warning', warning: mishap.text }] : [],
      ),
  },
];

/** Parts of `ranges` that lie in none of `others`. */
const outsideAll = (ranges: readonly AddressRange[], others: readonly AddressRange[]): AddressRange[] =>
  others.reduce<AddressRange[]>((left, other) => outside(left, other), [...ranges]);

/** Memmap that stays active through a step and was not given to it. */
export const bystanderRanges = (
  before: readonly AddressRange[],
  after: readonly AddressRange[],
  given: AddressRange | undefined,
): AddressRange[] => {
  const both = common(before, after);
  return given === undefined ? both : outside(both, given);
};
