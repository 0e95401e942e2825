// SPDX-License-Identifier: GPL-2.0-only

import { StateReader, StateWriter } from '../hardware/saved-state.js';
import { restoreKernel, saveKernel, type SavedKernel } from '../kernel/saved-kernel.js';
import { restoreMemory, restoreReferences, saveMemory, saveReferences } from '../mm/saved-memory.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { restoreDevices, saveDevices } from '../drivers/devices.js';
import { bootMemory } from './machine.js';
import type { Run } from './runner.js';

/** A run between two steps, to go on from there again without the steps before: the kernel and all its books. */

/** State of a run between two steps, for {@link restoreRun}: kernel, altmaps, and zones, blocks, iomem and devices once touched. */
export const saveRun = (run: Run): SavedKernel =>
  saveKernel(run.kernel, run.altmaps.values(), (to) => saveAboveSections(to, run));

/** Makes a run what it was when it was saved. It must be the run that was saved, or one of the same scenario. */
export function restoreRun(run: Run, saved: SavedKernel): void {
  restoreKernel(run.kernel, run.altmaps.values(), saved, (from) => restoreAboveSections(from, run));
  run.stopped = undefined;
}

/** Writes what a run has beside its kernel. Where nobody touched memory above sections that is one word. */
export function saveAboveSections(to: StateWriter, run: Run): void {
  saveWhatActsAboveSections(to, run);
  if (run.hasTouchedMemory) saveReferences(to, run.memory);
}

/** Takes back what {@link saveAboveSections} wrote, once the kernel is restored. */
export function restoreAboveSections(from: StateReader, run: Run): void {
  if (run.iommuTables !== undefined) restoreFrames(from, run.iommuTables);
  const wasTouched = from.word() === 1;
  if (wasTouched) {
    readMemory(from, run);
    restoreReferences(from, run.memory);
  } else if (run.hasTouchedMemory) restoreBootMemory(run);
  run.hasTouchedMemory = wasTouched;
}

/**
 * Writes zones, blocks, iomem and devices; the single word 0 if no step has touched them.
 */
export function saveWhatActsAboveSections(to: StateWriter, run: Run): void {
  if (run.iommuTables !== undefined) saveFrames(to, run.iommuTables);
  to.word(run.hasTouchedMemory ? 1 : 0);
  if (!run.hasTouchedMemory) return;
  const resources = saveMemory(to, run.memory, namedAltmaps(run));
  saveDevices(to, run.devices, resources);
}

function saveFrames(to: StateWriter, frames: ReadonlySet<number>): void {
  to.word(frames.size);
  for (const pfn of frames) to.wide(pfn);
}

function restoreFrames(from: StateReader, frames: Set<number>): void {
  frames.clear();
  for (let left = from.word(); left > 0; left--) frames.add(from.wide());
}

const namedAltmaps = ({ altmaps }: Run): VmemAltmap[] => [...altmaps.values()];

function readMemory(from: StateReader, run: Run): void {
  const resources = restoreMemory(from, run.memory, namedAltmaps(run));
  restoreDevices(from, run.devices, resources);
}

/** The books as boot makes them. */
function restoreBootMemory(run: Run): void {
  const writer = new StateWriter();
  const booted = bootMemory(run.kernel, run.scenario);
  saveMemory(writer, booted, []);
  restoreMemory(new StateReader(writer.take()), run.memory, []);
  run.memory.unreleasedBlocks.length = 0;
  run.devices.namespaces.clear();
  run.devices.virtioMem.clear();
}
