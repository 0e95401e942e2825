// SPDX-License-Identifier: GPL-2.0-only

import { StateReader, StateWriter, type SavedState } from '../hardware/saved-state.js';
import type { VmemAltmap } from './memremap.js';
import { Counters } from './counters.js';
import type { Kernel } from './kernel.js';

/** A kernel as it was between two steps, to go on from there again without the steps before. */
export interface SavedKernel {
  /** Memory, page allocator, sections, the architecture's books, altmaps, counters. */
  readonly state: SavedState;
  /** Warnings that were given once and will not be given again. */
  readonly onceGiven: readonly string[];
}

const writer = new StateWriter();
const NO_WARNINGS: readonly string[] = [];
const COUNTERS = Object.entries(new Counters()).flatMap(([name, value]) =>
  typeof value === 'number' ? [name as NumberCounter] : [],
);
type NumberCounter = Exclude<keyof Counters, 'set' | 'clear' | 'reset'>;

/**
 * Saves a kernel between two steps. Zones, memory blocks and the iomem tree are not its own (src/mm/system-memory.ts):
 * src/scenario/saved-run.ts saves them with it.
 * @param altmaps all altmaps that steps use, in an order that {@link restoreKernel} gets too
 * @param saveMore writes what is not the kernel's own
 */
export function saveKernel(
  kernel: Kernel,
  altmaps: Iterable<VmemAltmap>,
  saveMore?: (to: StateWriter) => void,
): SavedKernel {
  saveFields(writer, kernel, altmaps);
  writer.wide(kernel.allocator.calls);
  const { counters, log } = kernel;
  for (const count of counters.set) writer.wide(count);
  for (const count of counters.clear) writer.wide(count);
  for (const name of COUNTERS) writer.wide(counters[name]);
  saveMore?.(writer);
  return { state: writer.take(), onceGiven: log.onceGiven.size === 0 ? NO_WARNINGS : [...log.onceGiven] };
}

/**
 * Writes every field that can change what the kernel does next: all that {@link saveKernel} writes, except counters, warnings
 * given, and where code keeps its books.
 */
export function saveWhatActs(to: StateWriter, kernel: Kernel, altmaps: Iterable<VmemAltmap>): void {
  const { code } = kernel;
  saveFields(to, kernel, altmaps, (code.saveWhatActs ?? code.save)?.bind(code));
}

function saveFields(
  to: StateWriter,
  kernel: Kernel,
  altmaps: Iterable<VmemAltmap>,
  saveCode = kernel.code.save?.bind(kernel.code),
): void {
  kernel.allocator.save(to);
  kernel.sections.save(to);
  to.wide(kernel.vmstat.nrMemmapPages);
  to.wide(kernel.vmstat.nrMemmapBootPages);
  saveCode?.(to);
  for (const { alloc, align } of altmaps) {
    to.wide(alloc);
    to.wide(align);
  }
  kernel.ram.save(to);
}

/**
 * Makes a kernel what it was when it was saved. It must be the kernel that was saved, or one booted alike.
 * @param restoreMore reads what `saveMore` of {@link saveKernel} wrote
 */
export function restoreKernel(
  kernel: Kernel,
  altmaps: Iterable<VmemAltmap>,
  { state, onceGiven }: SavedKernel,
  restoreMore?: (from: StateReader) => void,
): void {
  const from = new StateReader(state);
  const { allocator, counters, vmstat } = kernel;
  allocator.restore(from);
  kernel.sections.restore(from);
  vmstat.nrMemmapPages = from.wide();
  vmstat.nrMemmapBootPages = from.wide();
  kernel.code.restore?.(from);
  for (const altmap of altmaps) {
    altmap.alloc = from.wide();
    altmap.align = from.wide();
  }
  kernel.ram.restore(from);
  allocator.calls = from.wide();
  for (let level = 0; level < counters.set.length; level++) counters.set[level] = from.wide();
  for (let level = 0; level < counters.clear.length; level++) counters.clear[level] = from.wide();
  for (const name of COUNTERS) counters[name] = from.wide();
  restoreMore?.(from);
  kernel.log.restore(onceGiven);
}
