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
  readonly sets: LruSets;
  readonly pageSizes: readonly number[];
}

/** Where a level keeps the translations of a leaf. */
interface Home {
  readonly sets: LruSets;
  /** Bytes of its pages there. */
  readonly size: number;
  /** 1 / {@link size}: dividing by a power of two is exact either way, and multiplying is faster. */
  readonly perByte: number;
  /** Tells its pages from those of other sizes. */
  readonly kind: number;
}

/** Where the levels keep the translations of leaves of one size; a level may hold none. */
interface Homes {
  readonly leafSize: number;
  readonly first: Home | undefined;
  readonly second: Home | undefined;
}

const level = ({ entries, ways, pageSizes }: TlbGeometry): Level => ({
  sets: new LruSets(entries / ways, ways),
  pageSizes,
});

export class DataTlb {
  private readonly first: readonly Level[];
  private readonly second: readonly Level[];
  private readonly homes = new Map<number, Homes>();
  /** Those of the last access. */
  private last: Homes = { leafSize: 0, first: undefined, second: undefined };
  /** Where the page of the last access begins and ends: it is the most recent of its set in the first level. */
  private newestStart = 0;
  private newestEnd = 0;

  constructor(first: readonly TlbGeometry[], second: readonly TlbGeometry[]) {
    this.first = first.map(level);
    this.second = second.map(level);
  }

  /** Whether an address lies in the page of the last access, as far as the first level holds it in one. */
  isNewest(address: number, leafSize: number): boolean {
    return this.last.leafSize === leafSize && address < this.newestEnd && address >= this.newestStart;
  }

  /**
   * One translation.
   * @param address low 52 bits of a virtual address
   * @param leafSize bytes that the leaf maps
   * @returns TLB_FIRST, TLB_SECOND or TLB_WALK
   */
  lookup(address: number, leafSize: number): number {
    return this.isNewest(address, leafSize) ? TLB_FIRST : this.find(address, leafSize);
  }

  /** {@link lookup} of an address that does not lie in the page of the last access. */
  find(address: number, leafSize: number): number {
    const { first, second } = this.last.leafSize === leafSize ? this.last : this.homesOf(leafSize);
    if (first !== undefined) {
      this.newestStart = Math.floor(address * first.perByte) * first.size;
      this.newestEnd = this.newestStart + first.size;
      if (touch(first, address)) return TLB_FIRST;
    }
    return touch(second, address) ? TLB_SECOND : TLB_WALK;
  }

  /** Pages of leaves of a size that the first level holds wherever they lie. */
  firstWays(leafSize: number): number {
    return this.homesOf(leafSize).first?.sets.ways ?? 0;
  }

  /** Forgets everything. */
  flush(): void {
    this.newestEnd = 0;
    for (const { sets } of this.first) sets.clear();
    for (const { sets } of this.second) sets.clear();
  }

  private homesOf(leafSize: number): Homes {
    let homes = this.homes.get(leafSize);
    if (homes === undefined) {
      homes = { leafSize, first: homeIn(this.first, leafSize), second: homeIn(this.second, leafSize) };
      this.homes.set(leafSize, homes);
    }
    this.last = homes;
    this.newestEnd = 0;
    return homes;
  }
}

/** A leaf larger than the pages that a level holds is split by the hardware: the largest of them serves. */
function homeIn(levels: readonly Level[], leafSize: number): Home | undefined {
  let best = 0;
  let home: Home | undefined;
  for (const { sets, pageSizes } of levels) {
    for (const [kind, size] of pageSizes.entries()) {
      if (size > leafSize || size <= best) continue;
      best = size;
      home = { sets, size, perByte: 1 / size, kind };
    }
  }
  return home;
}

function touch(home: Home | undefined, address: number): boolean {
  if (home === undefined) return false;
  const page = Math.floor(address * home.perByte);
  return home.sets.touch(page, page * PAGE_SIZE_KINDS + home.kind);
}
