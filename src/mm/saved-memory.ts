// SPDX-License-Identifier: GPL-2.0-only

import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { restoreBlocks, saveBlocks } from './memory-block.js';
import { ResourceReader, ResourceWriter } from './resource.js';
import type { SystemMemory } from './system-memory.js';
import { restoreAltmap, saveAltmap } from './vmem-altmap.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { restoreZones, saveZones } from './zone.js';

/**
 * Saving and restoring of what lies above sections: zones, memory blocks with their altmaps, the iomem tree, devices.
 */

/**
 * Writes the books. What was decided at boot, the size of a block for one, is not in them, and neither is
 * {@link SystemMemory.unreleasedBlocks}, which nothing acts upon: see {@link saveReferences}.
 * @param named altmaps that are kept elsewhere, in an order that {@link restoreMemory} gets too
 * @returns what numbers the resources, for others that point to some
 */
export function saveMemory(to: StateWriter, memory: SystemMemory, named: readonly VmemAltmap[]): ResourceWriter {
  const resources = new ResourceWriter(to);
  resources.children(memory.iomem);
  saveZones(to, memory);
  saveBlocks(to, memory, named);
  memory.devices.save(to, named);
  to.word(memory.driverRegions.size);
  for (const [id, region] of memory.driverRegions) {
    to.text(id);
    resources.pointer(region);
  }
  to.word(memory.addedRanges.length);
  for (const { pfn, nrPages, altmap } of memory.addedRanges) {
    to.wide(pfn);
    to.wide(nrPages);
    saveAltmap(to, altmap, named);
  }
  memory.inaccessible.save(to, Number);
  memory.departed.save(to, Number);
  for (const map of [memory.hugetlbPages, memory.vmemmapTails]) {
    to.word(map.size);
    for (const [key, value] of map) {
      to.wide(key);
      to.wide(value);
    }
  }
  return resources;
}

/** Takes back what {@link saveMemory} wrote of a machine that was booted alike. */
export function restoreMemory(from: StateReader, memory: SystemMemory, named: readonly VmemAltmap[]): ResourceReader {
  const { driverRegions, addedRanges } = memory;
  const resources = new ResourceReader(from);
  resources.children(memory.iomem);
  restoreZones(from, memory);
  restoreBlocks(from, memory, named);
  memory.devices.restore(from, named);
  driverRegions.clear();
  for (let left = from.word(); left > 0; left--) driverRegions.set(from.text(), resources.pointer());
  addedRanges.length = 0;
  for (let left = from.word(); left > 0; left--) {
    addedRanges.push({ pfn: from.wide(), nrPages: from.wide(), altmap: restoreAltmap(from, named)! });
  }
  memory.inaccessible.restore(from, () => true);
  memory.departed.restore(from, () => true);
  for (const map of [memory.hugetlbPages, memory.vmemmapTails]) {
    map.clear();
    for (let left = from.word(); left > 0; left--) map.set(from.wide(), from.wide());
  }
  return resources;
}

/** Writes of which removed memory blocks a reference is left. */
export function saveReferences(to: StateWriter, { unreleasedBlocks }: SystemMemory): void {
  to.word(unreleasedBlocks.length);
  for (const id of unreleasedBlocks) to.wide(id);
}

export function restoreReferences(from: StateReader, { unreleasedBlocks }: SystemMemory): void {
  unreleasedBlocks.length = 0;
  for (let left = from.word(); left > 0; left--) unreleasedBlocks.push(from.wide());
}
