// SPDX-License-Identifier: GPL-2.0-only

import type { Level } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import type { Run, StepReturn } from '../scenario/runner.js';
import type { SystemMemory } from '../mm/system-memory.js';
import { MEMORY_BOOKS } from '../check/memory-invariants.js';
import type { AddressRange } from '../kernel/vmemmap-view.js';
import type { Cell } from './cells.js';
import { Hash } from './hash.js';
import type { Scan } from './scan.js';
import { OWNER } from './columns.js';

/**
 * Asks of columns of numbers what the invariants ask of objects, and answers only "certainly nothing new" or "look at
 * it": nearly every step is of the first kind, and for the second the invariants themselves are asked.
 */

/** What is wrong with a state, as a number: zero if nothing is, and the same for states with the same damage. */
export interface Damage {
  readonly hi: number;
  readonly lo: number;
}

export const UNDAMAGED: Damage = { hi: 0, lo: 0 };
export const isUndamaged = ({ hi, lo }: Damage): boolean => hi === 0 && lo === 0;

/** What is damaged, before where. */
const KIND = {
  hole: 1,
  idleLeaf: 2,
  emptyTable: 3,
  lost: 4,
  freed: 5,
  altmap: 6,
  counter: 7,
  section: 8,
  departed: 9,
  memory: 10,
} as const;

export class Screen {
  private readonly hash = new Hash();
  /** What is wrong so far, counted. */
  private notes = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly altmaps: readonly VmemAltmap[],
    private readonly cells: readonly Cell[],
  ) {}

  /**
   * What is wrong with a state, whatever led to it.
   * @param scan the kernel as it is
   * @param usedAltmaps by altmap: whether some range was added with it that is there
   * @param run what the kernel's books above sections say
   */
  damage(scan: Scan, usedAltmaps: Uint8Array, { memory, hasTouchedMemory }: Run): Damage {
    this.hash.start();
    this.notes = 0;
    this.readCells(scan);
    this.readFrames(scan);
    for (let a = 0; a < this.altmaps.length; a++) this.readAltmap(scan, this.altmaps[a]!, a, usedAltmaps[a] === 1);
    this.readBooks(scan);
    if (hasTouchedMemory) this.readMemory(scan, memory);
    return this.notes > 0 ? this.hash.end() : UNDAMAGED;
  }

  /**
   * Whether a step may have broken an invariant that its outcome alone does not show.
   * @param given memmap that the step was about
   */
  isSuspicious(before: Scan, after: Scan, ret: StepReturn, given: AddressRange): boolean {
    if (ret === 'BUG') return true;
    if (typeof ret === 'number' && ret < 0 && this.hasTraces(before, after)) return true;
    const { cells } = this;
    for (let c = 0; c < cells.length; c++) {
      if (before.isActive[c] === 0 || after.isActive[c] === 0) continue;
      const { start, end } = cells[c]!;
      if (start >= given.start && end <= given.end) continue;
      const isSame =
        before.sums[c * 2] === after.sums[c * 2] &&
        before.sums[c * 2 + 1] === after.sums[c * 2 + 1] &&
        before.mapped[c] === after.mapped[c];
      if (!isSame) return true;
    }
    return false;
  }

  /** Whether a step that failed left something. */
  private hasTraces(before: Scan, after: Scan): boolean {
    for (let c = 0; c < this.cells.length; c++) if (before.isActive[c]! < after.isActive[c]!) return true;
    const was = before.leaves;
    const is = after.leaves;
    if (was.length !== is.length) return true;
    for (let i = 0; i < is.length; i++) {
      if (was.start[i] !== is.start[i] || was.level[i] !== is.level[i] || was.pa[i] !== is.pa[i]) return true;
    }
    const had = before.tables;
    const has = after.tables;
    let h = 0;
    for (let t = 0; t < has.length; t++) {
      while (
        h < had.length &&
        (had.start[h]! < has.start[t]! || (had.start[h] === has.start[t] && had.level[h]! > has.level[t]!))
      ) {
        h++;
      }
      const isOld = h < had.length && had.start[h] === has.start[t] && had.level[h] === has.level[t];
      if (!isOld && !this.kernel.code.keepsEmptyTable(has.at(t))) return true;
    }
    return false;
  }

  private readCells({ isActive, mapped }: Scan): void {
    for (let c = 0; c < this.cells.length; c++) {
      if (isActive[c] === 0) continue;
      const { start, end } = this.cells[c]!;
      if (mapped[c]! < end - start) this.note(KIND.hole, start, mapped[c]!);
    }
  }

  private readFrames({ leaves, tables }: Scan): void {
    const { platform, code, pageSize, allocator } = this.kernel;
    let used = 0;
    for (let i = 0; i < leaves.length; i++) {
      const owner = leaves.owner[i]!;
      if (leaves.isUsed[i] === 0) this.note(KIND.idleLeaf, leaves.start[i]!, leaves.level[i]!);
      if (owner === OWNER.free) this.note(KIND.freed, leaves.start[i]!, leaves.level[i]!);
      if (owner === OWNER.allocated) used += Math.max(1, leaves.size[i]! / pageSize);
    }
    for (let t = 0; t < tables.length; t++) {
      const owner = tables.owner[t]!;
      if (tables.hasEntries[t] === 0 && !code.keepsEmptyTable(tables.at(t))) {
        this.note(KIND.emptyTable, tables.start[t]!, tables.level[t]!);
      }
      if (owner === OWNER.free) this.note(KIND.freed, tables.start[t]!, tables.level[t]! + 1);
      if (owner === OWNER.allocated) used += platform.tablePages?.(tables.level[t] as Level) ?? 1;
    }
    const booked = allocator.pagesOut - (code.bookPages?.() ?? 0);
    if (used !== booked) this.note(KIND.lost, Math.abs(booked - used), booked < used ? 1 : 0);
  }

  /** @param isUsed whether some memory that is there was added with it */
  private readAltmap(scan: Scan, altmap: VmemAltmap, index: number, isUsed: boolean): void {
    const { alloc, align, free } = altmap;
    if (alloc === 0 && !isUsed) return;
    const mapped = this.mappedOf(scan, altmap);
    if (alloc >= 0 && alloc + align <= free && alloc === mapped && (alloc === 0 || isUsed)) return;
    this.note(KIND.altmap, index, alloc);
    this.hash.wide(align);
    this.hash.wide(mapped);
    this.hash.word(isUsed ? 1 : 0);
  }

  /** Pages of an altmap's own window that leaves map. */
  private mappedOf({ leaves }: Scan, { basePfn, reserve, free }: VmemAltmap): number {
    const { pageSize } = this.kernel;
    const from = basePfn + reserve;
    let mapped = 0;
    for (let i = 0; i < leaves.length; i++) {
      if (leaves.owner[i] !== OWNER.foreign) continue;
      const first = leaves.pa[i]! / pageSize;
      const end = first + leaves.size[i]! / pageSize;
      if (first < from + free && end > from) mapped += Math.min(from + free, end) - Math.max(from, first);
    }
    return mapped;
  }

  /** Zones, memory blocks and the iomem tree have few parts: the invariants themselves are asked of them. */
  private readMemory(scan: Scan, memory: SystemMemory): void {
    const { kernel, hash } = this;
    const { leaves } = scan;
    for (const { id, altmap } of memory.blocks.values()) {
      if (altmap !== null) this.readAltmap(scan, altmap, this.altmaps.length + id, true);
    }
    for (let i = 0; i < leaves.length; i++) {
      if (leaves.isUsed[i] === 0 || leaves.owner[i] !== OWNER.foreign) continue;
      if (memory.departed.get(Math.floor(leaves.pa[i]! / kernel.pageSize)) === true) {
        this.note(KIND.departed, leaves.start[i]!, leaves.level[i]!);
      }
    }
    for (const { check } of MEMORY_BOOKS) {
      for (const complaint of check({ memory, kernel, mishaps: [] })) {
        this.note(KIND.memory, 0, 0);
        hash.text(JSON.stringify(complaint));
      }
    }
  }

  private readBooks({ isActive }: Scan): void {
    const { vmstat, sections } = this.kernel;
    const { nrMemmapPages } = vmstat;
    let isAnyActive = false;
    for (let c = 0; c < isActive.length; c++) isAnyActive ||= isActive[c] === 1;
    if (nrMemmapPages < 0 || (nrMemmapPages > 0 && !isAnyActive)) {
      this.note(KIND.counter, Math.abs(nrMemmapPages), nrMemmapPages < 0 ? 1 : 0);
    }
    for (const sectionNr of sections.stale()) this.note(KIND.section, sectionNr, 0);
  }

  private note(kind: number, where: number, more: number): void {
    this.notes++;
    this.hash.word(kind);
    this.hash.wide(where);
    this.hash.wide(more);
  }
}
