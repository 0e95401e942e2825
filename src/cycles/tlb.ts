// SPDX-License-Identifier: GPL-2.0-only

import { LruSets } from './lru-sets.js';

/** The translations of data accesses that a CPU remembers: a first level by page size, and a second one behind it. */

export interface TlbGeometry {
  readonly entries: number;
  /** The number of entries where any page may lie anywhere. */
  readonly ways: number;
  /** Sizes of the pages that it holds, bytes. */
  readonly pageSizes: readonly number[];
}

/** What serves a translation. */
export const TLB_FIRST = 0;
export const TLB_SECOND = 1;
/** No level knows it: the tables are walked. */
export const TLB_WALK = 2;

/** More page sizes than a CPU has; tells pages of different sizes apart in a level that holds several. */
const PAGE_SIZE_KINDS = 8;

interface Level {
  sets: LruSets;
  pageSizes: readonly number[];
}

const level = ({ entries, ways, pageSizes }: TlbGeometry): Level => ({
  sets: new LruSets(entries / ways, ways),
  pageSizes,
});

export class DataTlb {
  private readonly first: readonly Level[];
  private readonly second: readonly Level[];

  constructor(first: readonly TlbGeometry[], second: readonly TlbGeometry[]) {
    this.first = first.map(level);
    this.second = second.map(level);
  }

  /**
   * One translation.
   * @param address low 52 bits of a virtual address
   * @param leafSize bytes that the leaf maps
   * @returns TLB_FIRST, TLB_SECOND or TLB_WALK
   */
  lookup(address: number, leafSize: number): number {
    if (touch(this.first, address, leafSize)) return TLB_FIRST;
    return touch(this.second, address, leafSize) ? TLB_SECOND : TLB_WALK;
  }

  /** Forgets everything. */
  flush(): void {
    for (const { sets } of [...this.first, ...this.second]) sets.clear();
  }
}

/** A leaf larger than the pages that a level holds is split by the hardware: the largest of them serves. */
function touch(levels: readonly Level[], address: number, leafSize: number): boolean {
  let best = 0;
  let kind = 0;
  let sets: LruSets | undefined;
  for (const level of levels) {
    for (const [i, size] of level.pageSizes.entries()) {
      if (size > leafSize || size <= best) continue;
      best = size;
      kind = i;
      sets = level.sets;
    }
  }
  if (sets === undefined) return false;
  const page = Math.floor(address / best);
  return sets.touch(page, page * PAGE_SIZE_KINDS + kind);
}
