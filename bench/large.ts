// SPDX-License-Identifier: GPL-2.0-only

import { idleMachine } from './paths.js';

/** What it costs to add a lot of memory at once. */

const PAGES_PER_GIB = 2 ** 18;
const FIRST_PFN = 2 ** 20;

/** 1 GiB and 64 TiB. */
export const LARGE_GIB = [1, 2 ** 16];

/** Memory is what is left when garbage is gone. */
function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('start with `npm run bench`, or node --expose-gc');
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Adds memory to a machine, timed once: a round of minutes says no more than one of a second.
 * @returns nanoseconds, and bytes of this process that the added memory takes
 */
export function measureLarge(gib: number): { ns: number; bytes: number } {
  // Code is loaded and compiled before anything is measured.
  idleMachine({ arch: 'x86_64' }).kernel.memoryHotplug.addPages(0, FIRST_PFN, 64 * PAGES_PER_GIB, null);
  const { kernel } = idleMachine({ arch: 'x86_64', ramBasePfn: 2 ** 35 });
  const before = heapBytes();
  const start = process.hrtime.bigint();
  const err = kernel.memoryHotplug.addPages(0, FIRST_PFN, gib * PAGES_PER_GIB, null);
  const ns = Number(process.hrtime.bigint() - start);
  if (err !== 0) throw new Error(`adding ${gib} GiB returned ${err}`);
  const bytes = heapBytes() - before;
  if (kernel.sections.present === 0) throw new Error('nothing was added');
  return { ns, bytes };
}
