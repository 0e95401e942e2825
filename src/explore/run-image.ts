// SPDX-License-Identifier: GPL-2.0-only

import { StateReader, StateWriter, type SavedState } from '../hardware/saved-state.js';
import { KernelImage } from '../kernel/kernel-image.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import type { Run } from '../scenario/runner.js';
import { restoreAboveSections, saveAboveSections } from '../scenario/saved-run.js';

const writer = new StateWriter();

/** A run as it is between two steps, to go back to again and again: a {@link KernelImage}, and what the run has beside its kernel. */
export class RunImage {
  private readonly kernel = new KernelImage();
  private above: SavedState = new Int32Array(0);
  /** Whether that is anything but what boot makes. */
  private hasAbove = false;

  /** @param altmaps all altmaps that steps use */
  constructor(
    private readonly run: Run,
    private readonly altmaps: readonly VmemAltmap[],
  ) {}

  capture(): void {
    this.kernel.capture(this.run.kernel, this.altmaps);
    saveAboveSections(writer, this.run);
    this.above = writer.take();
    this.hasAbove = this.run.hasTouchedMemory || this.run.iommuTables !== undefined;
  }

  /** Makes the run what it was when it was captured. */
  load(): void {
    const { run } = this;
    this.kernel.load(run.kernel, this.altmaps);
    if (this.hasAbove || run.hasTouchedMemory) restoreAboveSections(new StateReader(this.above), run);
    run.stopped = undefined;
    run.stoppedBy = undefined;
  }
}
