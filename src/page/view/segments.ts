// SPDX-License-Identifier: GPL-2.0-only

import type { RunReport, Stretch } from '../document.js';
import { endOf } from './format.js';

/** The parts of the address space that a run ever has to do with, so that they stand still while the scrubber moves. */

/** Parts nearer to each other than so many of the largest leaf or section are one. */
const NEAR = 2;

const alignOut = ([start, end]: Stretch, unit: number, base: number): Stretch => [
  base + Math.floor((start - base) / unit) * unit,
  base + Math.ceil((end - base) / unit) * unit,
];

export function segmentsOf(run: RunReport): Stretch[] {
  const { vmemmap, sectionBytes } = run;
  const states = [run.boot, ...run.steps];
  const memmap = states
    .flatMap(({ active, given }) => (given === null ? active : [...active, given]))
    .map((stretch) => alignOut(stretch, sectionBytes, vmemmap));
  const leaves = run.leaves.map((leaf): Stretch => [leaf.start, endOf(leaf)]);
  const holes = states.flatMap((state) => state.holes);
  const near = NEAR * Math.max(sectionBytes, ...run.leaves.map((leaf) => leaf.size));
  const segments: Stretch[] = [];
  for (const [start, end] of [...memmap, ...leaves, ...holes].sort(([a], [b]) => a - b)) {
    const last = segments[segments.length - 1];
    if (last !== undefined && start - last[1] <= near) last[1] = Math.max(last[1], end);
    else segments.push([start, end]);
  }
  return segments;
}
