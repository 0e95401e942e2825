// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import { LEVELS, type Leaf } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { frameOwner } from '../ptdump/backing.js';
import type { LeafRun } from './event.js';

/** Leaves as they are told: thousands of base pages that go on evenly are one run. */

const ENTRY_DIGITS = 16;
const WORD = 64;

const digits = (entry: bigint): string => BigInt.asUintN(WORD, entry).toString(16).padStart(ENTRY_DIGITS, '0');
const value = (entry: string): bigint => BigInt(`0x${entry}`);

/** Large leaves up to this number stand apart, so that each can be looked at. */
const LARGE_APART = 64;
const LEAF_TABLE = LEVELS[0];

/**
 * A leaf by itself.
 * @param altmaps every altmap of the machine
 */
export function leafRun(kernel: Kernel, altmaps: readonly VmemAltmap[], leaf: Leaf): LeafRun {
  const owner = frameOwner(kernel, altmaps, leaf.pa);
  return {
    start: leaf.start,
    size: leaf.size,
    count: 1,
    level: LEVELS[leaf.level],
    frame: leaf.pa / kernel.pageSize,
    frameStep: 0,
    entry: digits((BigInt(leaf.hi) << 32n) | BigInt(leaf.lo)),
    entryStep: digits(0n),
    flags: hex(kernel.platform.leafFlags(leaf)),
    ...(owner.from === 'altmap' ? { from: owner.from, altmap: owner.altmap } : { from: owner.from }),
  };
}

const lastFrame = ({ frame, frameStep, count }: LeafRun): number => frame + frameStep * (count - 1);
const lastEntry = ({ entry, entryStep, count }: LeafRun): bigint =>
  BigInt.asUintN(WORD, value(entry) + value(entryStep) * BigInt(count - 1));

const sameOwner = (a: LeafRun, b: LeafRun): boolean =>
  a.from === b.from && (a.from !== 'altmap' || a.altmap === (b as typeof a).altmap);

/** The run of both, if the second goes on as the first did. The second is a leaf, or a run with the same steps. */
function together(a: LeafRun, b: LeafRun): LeafRun | undefined {
  if (a.start + a.size * a.count !== b.start || a.size !== b.size || a.level !== b.level || !sameOwner(a, b)) return;
  if (a.flags !== b.flags) return;
  const frameStep = b.frame - lastFrame(a);
  const entryStep = digits(value(b.entry) - lastEntry(a));
  const fits = ({ count, frameStep: step, entryStep: entry }: LeafRun): boolean =>
    count === 1 || (step === frameStep && entry === entryStep);
  return fits(a) && fits(b) ? { ...a, count: a.count + b.count, frameStep, entryStep } : undefined;
}

/** Joins runs that go on evenly. @param runs by ascending address */
export function joinRuns(runs: readonly LeafRun[]): LeafRun[] {
  const joinsLarge = runs.length > LARGE_APART;
  const joined: LeafRun[] = [];
  for (const run of runs) {
    const last = joined[joined.length - 1];
    const both = last !== undefined && (joinsLarge || run.level === LEAF_TABLE) ? together(last, run) : undefined;
    if (both === undefined) joined.push(run);
    else joined[joined.length - 1] = both;
  }
  return joined;
}

/**
 * Runs of leaves, by ascending address.
 * @param leaves as {@link Kernel.platform} visits them
 * @param altmaps every altmap of the machine
 */
export const leafRuns = (kernel: Kernel, leaves: readonly Leaf[], altmaps: readonly VmemAltmap[]): LeafRun[] =>
  joinRuns(leaves.map((leaf) => leafRun(kernel, altmaps, leaf)));
