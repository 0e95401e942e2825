// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';

/** Where the page allocator's memory lies when nobody says it: in none of the frames that a scenario names. */

/** Frames [first, end). */
export interface Frames {
  readonly first: number;
  readonly end: number;
}

/** System memory of a machine that does not say how much it has, bytes: more than any scenario can take. */
export const DEFAULT_RAM_BYTES = 2 ** 42;
/** Physical addresses end here on every architecture. */
const PHYSICAL_END = 2 ** 52;

/**
 * Above all frames that are named, or in the widest gap between them where there is no room above.
 * @param named frames that a scenario adds, or that an altmap or boot memory has
 * @param pageSize bytes
 * @param blockPages base pages of the allocator's largest block, to which its memory is aligned
 */
export function placeSystemMemory(
  named: readonly Frames[],
  pageSize: number,
  blockPages: number,
): { ramBasePfn: number; ramPages?: number } {
  const wanted = DEFAULT_RAM_BYTES / pageSize;
  const limit = PHYSICAL_END / pageSize;
  const above = Math.max(0, ...named.map(({ end }) => end));
  if (alignUp(above, blockPages) + wanted <= limit) return { ramBasePfn: above };
  let widest: Frames = { first: above, end: limit };
  let end = 0;
  for (const range of [...named].sort((a, b) => a.first - b.first)) {
    if (range.first - end > widest.end - widest.first) widest = { first: end, end: range.first };
    end = Math.max(end, range.end);
  }
  const ramBasePfn = alignUp(widest.first, blockPages);
  return { ramBasePfn, ramPages: Math.min(wanted, alignDown(widest.end, blockPages) - ramBasePfn) };
}
