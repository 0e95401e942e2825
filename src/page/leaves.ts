// SPDX-License-Identifier: GPL-2.0-only

import { LEVELS, PTE, type Leaf } from '../hardware/page-table.js';
import type { Kernel } from '../kernel/kernel.js';
import type { VmemAltmap } from '../kernel/memremap.js';
import { frameOwner, unusedBytes, type FrameOwner } from '../ptdump/backing.js';
import type { LeafRun } from './document.js';

/** Leaves for the page: thousands of base pages that go on evenly are one run. */

const ENTRY_DIGITS = 16;
const WORD = 64;

const entryOf = ({ lo, hi }: Leaf): bigint => (BigInt(hi) << 32n) | BigInt(lo);
const digits = (entry: bigint): string => BigInt.asUintN(WORD, entry).toString(16).padStart(ENTRY_DIGITS, '0');

/** A run in the making. */
interface Growing {
  readonly first: Leaf;
  last: Leaf;
  count: number;
  readonly owner: FrameOwner;
  readonly freed: boolean;
  readonly unused: [number, number][];
}

const sameOwner = (a: FrameOwner, b: FrameOwner): boolean =>
  a.from === b.from && (a.from !== 'altmap' || a.altmap === (b as typeof a).altmap);

/** Large leaves up to this number stand apart, so that each can be looked at. */
const LARGE_APART = 64;

/** Whether a leaf goes on where a run ends, as the run's leaves did so far. */
function goesOn({ first, last, count }: Growing, leaf: Leaf): boolean {
  if (last.start + last.size !== leaf.start || last.level !== leaf.level) return false;
  if (count === 1) return true;
  const steps = count - 1;
  return (
    leaf.pa - last.pa === (last.pa - first.pa) / steps &&
    (entryOf(leaf) - entryOf(last)) * BigInt(steps) === entryOf(last) - entryOf(first)
  );
}

/**
 * Runs of leaves, by ascending address.
 * @param leaves as {@link Kernel.arch} visits them
 * @param altmaps every altmap of the machine
 */
export function leafRuns(kernel: Kernel, leaves: readonly Leaf[], altmaps: readonly VmemAltmap[]): LeafRun[] {
  const { allocator, pageSize } = kernel;
  const runs: Growing[] = [];
  const joinsLarge = leaves.length > LARGE_APART;
  for (const leaf of leaves) {
    const pfn = Math.floor(leaf.pa / pageSize);
    const owner = frameOwner(kernel, altmaps, leaf.pa);
    const freed = allocator.owns(pfn) && !allocator.isAllocated(pfn);
    const unused = unusedBytes(kernel, leaf);
    const run = runs[runs.length - 1];
    const isAlike =
      run?.freed === freed && sameOwner(run.owner, owner) && run.unused.length === 0 && unused.length === 0;
    if (run !== undefined && isAlike && (joinsLarge || leaf.level === PTE) && goesOn(run, leaf)) {
      run.last = leaf;
      run.count++;
    } else {
      runs.push({ first: leaf, last: leaf, count: 1, owner, freed, unused });
    }
  }
  return runs.map(({ first, last, count, owner, freed, unused }) => {
    const steps = Math.max(1, count - 1);
    return {
      start: first.start,
      size: first.size,
      count,
      level: LEVELS[first.level],
      frame: first.pa / pageSize,
      frameStep: (last.pa - first.pa) / steps / pageSize,
      entry: digits(entryOf(first)),
      entryStep: digits((entryOf(last) - entryOf(first)) / BigInt(steps)),
      flags: `0x${kernel.platform.leafFlags(first).toString(16)}`,
      unused,
      ...(freed ? { freed } : {}),
      ...owner,
    };
  });
}
