// SPDX-License-Identifier: GPL-2.0-only

import { alignDown } from '../hardware/align.js';
import {
  PageTable,
  PGD,
  PTE,
  tableIndex,
  type EntryFormat,
  type Leaf,
  type Level,
  type WalkLevel,
} from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Ptdump } from '../kernel/ptdump.js';

/** The walk of mm/ptdump.c: every entry that maps something, and every hole by the level of the entry that is empty. */

/** An entry as the walk meets it: a leaf, or nothing. */
export interface WalkedEntry {
  /** First address that it covers, low 52 bits. */
  readonly start: number;
  /** Bytes that it covers. */
  readonly size: number;
  readonly level: Level;
  readonly isEmpty: boolean;
  readonly lo: number;
  readonly hi: number;
}

/** A table that the emulator does not have: its entries are empty, but for those that lead on. */
const ELSEWHERE = -1;

/** The page table of init_mm; undefined on a machine whose kernel keeps none for the vmemmap. */
export function kernelPageTable({ platform, code }: Kernel): PageTable | undefined {
  return platform.table ?? code.paging?.table;
}

/**
 * ptdump_walk_pgd() over the root entries that serve the vmemmap.
 * @param onEntry gets entries by ascending address; what lies before the vmemmap is not told
 * @returns the address at which the walk ended, low 52 bits: that of the first entry behind the vmemmap
 */
export function walkPageTable(table: PageTable, ptdump: Ptdump, onEntry: (entry: WalkedEntry) => void): number {
  const [root] = table.levels;
  const reach = root!.span * (root!.mask + 1);
  const top = alignDown(ptdump.start, reach) + reach;
  return walkTable(
    { table, format: table.format, ptdump, onEntry },
    table.root,
    0,
    alignDown(ptdump.start, root!.span),
    top,
  );
}

interface Walk {
  readonly table: PageTable;
  readonly format: EntryFormat;
  readonly ptdump: Ptdump;
  readonly onEntry: (entry: WalkedEntry) => void;
}

/** Walks the entries of [start, top) in one table. Returns where it stopped. */
function walkTable(walk: Walk, tablePa: number, depth: number, start: number, top: number): number {
  const { table, format, ptdump } = walk;
  const level = table.levels[depth]!;
  let address = start;
  for (; address < top; address += level.span) {
    const entry = tablePa === ELSEWHERE ? undefined : table.entry(tablePa, tableIndex(level, address));
    const lo = entry === undefined ? 0 : table.lo(entry);
    const hi = entry === undefined ? 0 : table.hi(entry);
    const isPresent = entry !== undefined && format.isPresent(level.level, lo, hi);
    const below = nextTable(walk, level, address, isPresent, lo, hi);
    if (below !== undefined) {
      const stopped = walkTable(walk, below, depth + 1, address, address + level.span);
      if (stopped < address + level.span) return stopped;
      continue;
    }
    if (address >= ptdump.end) return address;
    if (address < ptdump.start) continue;
    const holeLevel = depth === 0 && ptdump.foldsIntoPgd ? PGD : level.level;
    walk.onEntry({
      start: address,
      size: level.span,
      level: isPresent ? level.level : holeLevel,
      isEmpty: !isPresent,
      lo,
      hi,
    });
  }
  return address;
}

/** Physical address of the table that an entry leads to, or undefined where the walk goes no deeper. */
function nextTable(
  { format, ptdump }: Walk,
  { level, span }: WalkLevel,
  address: number,
  isPresent: boolean,
  lo: number,
  hi: number,
): number | undefined {
  if (level === PTE) return undefined;
  if (isPresent) return format.isLeaf(level, lo, hi) ? undefined : format.address(level, lo, hi);
  const leadsOn = ptdump.mappedElsewhere.some((mapped) => mapped >= address && mapped < address + span);
  return leadsOn ? ELSEWHERE : undefined;
}

/** Neighbours of one level whose compared bits agree: a line. */
export interface Run {
  /** Low 52 bits of the addresses. */
  readonly start: number;
  end: number;
  readonly level: Level;
  readonly isEmpty: boolean;
  /** The first entry. */
  readonly lo: number;
  readonly hi: number;
  /** Physical byte address of the first leaf; 0 for a hole. */
  readonly pa: number;
}

const BITS_31_0 = 2n ** 32n;

/**
 * note_page(): the lines of the vmemmap.
 * @param splits whether a line ends between two neighbouring leaves that the kernel would have joined
 */
export function ptdumpRuns(
  kernel: Kernel,
  ptdump: Ptdump,
  splits: (before: Leaf, leaf: Leaf) => boolean = () => false,
): Run[] {
  const runs: Run[] = [];
  const table = kernelPageTable(kernel);
  if (table === undefined) return runs;
  const maskLo = Number(ptdump.compared % BITS_31_0);
  const maskHi = Number(ptdump.compared / BITS_31_0);
  let open: Run | undefined;
  let previous: Leaf | undefined;
  const end = walkPageTable(table, ptdump, (entry) => {
    const { start, level, isEmpty, lo, hi } = entry;
    const leaf = isEmpty ? undefined : { ...entry, pa: table.format.address(level, lo, hi) };
    const joins =
      open?.level === level &&
      open.isEmpty === isEmpty &&
      (isEmpty || (((open.lo ^ lo) & maskLo) === 0 && ((open.hi ^ hi) & maskHi) === 0)) &&
      !(previous !== undefined && leaf !== undefined && splits(previous, leaf));
    if (!joins) {
      if (open !== undefined) open.end = start;
      open = { start, end: start, level, isEmpty, lo, hi, pa: leaf?.pa ?? 0 };
      runs.push(open);
    }
    previous = leaf;
  });
  if (open !== undefined) open.end = end;
  return runs;
}
