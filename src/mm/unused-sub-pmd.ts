// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, isAligned } from '../hardware/align.js';
import { isFilled, memset, type Mmu } from '../hardware/mmu.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { PAGE_UNUSED } from '../kernel/frame-content.js';
import type { Kernel } from '../kernel/kernel.js';

/**
 * Which parts of a large leaf describe memory, told by the leaf's own bytes: what describes none is filled with
 * PAGE_UNUSED, and a leaf that is full of it goes. s390 (arch/s390/mm/vmem.c) and x86_64 (arch/x86/mm/init_64.c) do the
 * same, each with functions of its own; the names here are those of x86_64.
 */

export interface UnusedSubPmdOptions {
  /** The unused tail of a new leaf is remembered, not written. */
  readonly defersTail: boolean;
  /** PAGE_UNUSED fills [leaf, start) of a new leaf; before v5.18 as many bytes from start on. */
  readonly paintsCorrectHead: boolean;
}

export class UnusedSubPmd {
  /**
   * unused_pmd_start: from here to the end of its leaf nothing is used, and that is not written yet; 0 for none. A
   * section that is added just there consumes it without a write.
   */
  start = 0;

  /**
   * @param mmu what the CPU translates with while it writes
   * @param pmdSize bytes of a large leaf
   */
  constructor(
    private readonly kernel: Kernel,
    private readonly mmu: Mmu,
    private readonly pmdSize: number,
    private readonly options: UnusedSubPmdOptions = { defersTail: true, paintsCorrectHead: true },
  ) {}

  /** vmemmap_use_sub_pmd(): a part of an existing leaf comes into use. */
  use(start: number, end: number): void {
    if (this.start === start) {
      this.start = isAligned(end, this.pmdSize) ? 0 : end;
      return;
    }
    this.flush();
    this.markUsed(start);
  }

  /** vmemmap_use_new_sub_pmd(): a part of a new leaf comes into use. */
  useNew(start: number, end: number): void {
    this.flush();
    this.markUsed(start);
    const leaf = alignDown(start, this.pmdSize);
    if (start !== leaf) {
      if (this.options.paintsCorrectHead) this.markUnused(leaf, start);
      else this.markUnused(start, start + (start - leaf));
    }
    if (isAligned(end, this.pmdSize)) return;
    if (this.options.defersTail) this.start = end;
    else this.markUnused(end, leaf + this.pmdSize);
  }

  /** vmemmap_pmd_is_unused(): a part of a leaf goes out of use. Returns whether all of the leaf is unused now. */
  unuse(start: number, end: number): boolean {
    this.flush();
    this.markUnused(start, end);
    const { kernel, pmdSize } = this;
    const leaf = alignDown(start, pmdSize);
    const filled = isFilled(this.mmu, kernel.ram, leaf, PAGE_UNUSED, pmdSize);
    if (kernel.observer !== null) kernel.observer.scan(leaf, PAGE_UNUSED, pmdSize, filled);
    return filled;
  }

  save(to: StateWriter): void {
    to.wide(this.start);
  }

  restore(from: StateReader): void {
    this.start = from.wide();
  }

  /** vmemmap_flush_unused_pmd(): writes what is remembered. */
  private flush(): void {
    const { start } = this;
    if (start === 0) return;
    this.markUnused(start, alignDown(start, this.pmdSize) + this.pmdSize);
    this.start = 0;
  }

  private markUnused(start: number, end: number): void {
    this.fill(start, PAGE_UNUSED, end - start);
    this.kernel.counters.unusedBytes += end - start;
  }

  /** __vmemmap_use_sub_pmd(): one struct page that is not PAGE_UNUSED keeps the leaf from being freed. */
  private markUsed(start: number): void {
    const { structPageSize } = this.kernel;
    this.fill(start, 0, structPageSize);
    this.kernel.counters.useMarkBytes += structPageSize;
  }

  private fill(address: number, byte: number, bytes: number): void {
    const { kernel } = this;
    // Told before: where it runs into memory that nothing maps, the kernel stops in the middle of it.
    if (kernel.observer !== null) kernel.observer.memset(address, byte, bytes);
    memset(this.mmu, kernel.ram, address, byte, bytes);
  }
}
