// SPDX-License-Identifier: GPL-2.0-only

import type { LeafRun, RunReport, StepReport, Stretch } from '../document.js';

/** Numbers as kernel people write them. */

const LOW_DIGITS = 13;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** An address of a run's vmemmap. @param low its low 52 bits */
export const address = ({ top }: RunReport, low: number): string =>
  (top + low.toString(16).padStart(LOW_DIGITS, '0')).replace(/^0+(?=.)/, '');

export const range = (run: RunReport, [start, end]: Stretch): string => `${address(run, start)}–${address(run, end)}`;

export const hex = (value: number): string => value.toString(16);

/** Bytes with the largest unit of 1024 that keeps them short. */
export function size(bytes: number): string {
  let at = 0;
  while (at < UNITS.length - 1 && bytes >= 1024) {
    bytes /= 1024;
    at++;
  }
  return `${Number(bytes.toFixed(2))} ${UNITS[at]!}`;
}

/** A whole number in groups of three. */
export const grouped = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');

export const pages = (count: number): string => `${grouped(count)} ${count === 1 ? 'page' : 'pages'}`;

/** The state at a place of the scrubber: 0 is the boot, 1 the first step. A run that stopped stays where it is. */
export const stateAt = (run: RunReport, position: number): StepReport =>
  position === 0 ? run.boot : (run.steps[Math.min(position, run.steps.length) - 1] ?? run.boot);

export const endOf = ({ start, size: bytes, count }: LeafRun): number => start + bytes * count;

export const overlaps = ([start, end]: Stretch, [from, to]: Stretch): boolean => start < to && end > from;

/** The leaves of a state. */
export const leavesAt = (run: RunReport, position: number): LeafRun[] =>
  stateAt(run, position).leaves.map((at) => run.leaves[at]!);

/** Whether leaves describe nothing active. */
export const isLeak = (leaf: LeafRun, { active }: StepReport): boolean =>
  !active.some((stretch) => overlaps([leaf.start, endOf(leaf)], stretch));

/** Whose memory is behind a leaf, in words. */
export function backing(leaf: LeafRun): string {
  if (leaf.freed === true) return 'freed memory';
  const words = { buddy: 'page allocator', boot: 'boot memory', unknown: 'nobody the kernel knows' };
  return leaf.from === 'altmap' ? `altmap ${leaf.altmap}` : words[leaf.from];
}

/** What a step returned. */
export const returned = ({ ret }: StepReport): string => (ret === 'BUG' ? 'stops' : ret === null ? '' : `→ ${ret}`);
