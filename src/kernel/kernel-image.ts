// SPDX-License-Identifier: GPL-2.0-only

import { PageAllocatorImage } from '../hardware/page-allocator.js';
import { RamImage } from '../hardware/ram.js';
import { StateReader, StateWriter, type SavedState } from '../hardware/saved-state.js';
import { SectionsImage } from './mem-sections.js';
import type { VmemAltmap } from './memremap.js';
import type { Kernel } from './kernel.js';

/**
 * A kernel as it lies in memory between two steps, to go back to again and again in a few copies. It is as large as what
 * the kernel has written; to keep many, see saved-kernel.ts. Counters are left out: nothing that a kernel does depends
 * on them.
 */
export class KernelImage {
  private readonly ram = new RamImage();
  private readonly allocator = new PageAllocatorImage();
  private readonly sections = new SectionsImage();
  private arch: SavedState = new Int32Array(0);
  private nrMemmapPages = 0;
  private nrMemmapBootPages = 0;
  private readonly altmaps: number[] = [];
  private onceGiven: readonly string[] = [];

  /** @param altmaps all altmaps that steps use, in an order that {@link load} gets too */
  capture(kernel: Kernel, altmaps: readonly VmemAltmap[]): void {
    kernel.ram.capture(this.ram);
    kernel.allocator.capture(this.allocator);
    kernel.sections.capture(this.sections);
    if (kernel.code.save !== undefined) {
      kernel.code.save(writer);
      this.arch = writer.take();
    }
    this.nrMemmapPages = kernel.vmstat.nrMemmapPages;
    this.nrMemmapBootPages = kernel.vmstat.nrMemmapBootPages;
    for (let a = 0; a < altmaps.length; a++) {
      this.altmaps[a * 2] = altmaps[a]!.alloc;
      this.altmaps[a * 2 + 1] = altmaps[a]!.align;
    }
    const { onceGiven } = kernel.log;
    this.onceGiven = onceGiven.size === 0 ? NO_WARNINGS : [...onceGiven];
  }

  /** Makes the kernel that was captured what it was then. */
  load(kernel: Kernel, altmaps: readonly VmemAltmap[]): void {
    kernel.ram.load(this.ram);
    kernel.allocator.load(this.allocator);
    kernel.sections.load(this.sections);
    kernel.code.restore?.(new StateReader(this.arch));
    kernel.vmstat.nrMemmapPages = this.nrMemmapPages;
    kernel.vmstat.nrMemmapBootPages = this.nrMemmapBootPages;
    for (let a = 0; a < altmaps.length; a++) {
      altmaps[a]!.alloc = this.altmaps[a * 2]!;
      altmaps[a]!.align = this.altmaps[a * 2 + 1]!;
    }
    kernel.log.restore(this.onceGiven);
  }
}

const writer = new StateWriter();
const NO_WARNINGS: readonly string[] = [];
