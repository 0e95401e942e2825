// SPDX-License-Identifier: GPL-2.0-only

import { alignDown, alignUp } from '../hardware/align.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import type { BlockChooser, MemoryNode } from '../hardware/page-allocator.js';
import type { Platform } from '../kernel/platform.js';
import type { VmemmapCode } from '../kernel/vmemmap-code.js';
import { BASE_PAGE, type ByteRange, type RecordedLeaf } from './recorded-kernel.js';

/**
 * Frames of system memory that a booted kernel's page allocator chose for the large leaves of the vmemmap. That allocator had
 * a life before the recording, so its choice cannot be worked out; the recording names the frame of every leaf, and a replay
 * takes it from there. What an old frame still holds then shows under the same leaf as in the kernel.
 */

/** What a replay needs to know of a leaf that was recorded. */
type Backing = Pick<RecordedLeaf, 'level' | 'pa'>;

/** Leaves as they were after a step, by address, low 52 bits. */
export type RecordedLeaves = ReadonlyMap<number, Backing>;

/** What a replay took from the recording in place of working it out. */
export interface ChosenFrames {
  /** Large leaves whose frame it was. */
  leaves: number;
  /** Large leaves that were asked for and not to be had. */
  refused: number;
}

/** The choices of a recorded page allocator. */
export class RecordedFrames implements BlockChooser {
  readonly taken: ChosenFrames = { leaves: 0, refused: 0 };
  /** Frame addresses of leaves that were chosen here, by the leaf's address. */
  private readonly chosen = new Map<number, number>();
  /** Leaves after the step under way. */
  private recorded: RecordedLeaves = new Map();
  /** Whether base pages in a leaf's place say that there was no memory for one; at boot there always is. */
  private canRefuse = false;
  /** Where populating is, and where it ends. */
  private at = 0;
  private end = 0;
  private platform: Platform | null = null;

  /**
   * @param ram memory that the page allocator has
   * @param pageSize bytes
   */
  constructor(
    private readonly ram: readonly MemoryNode[],
    private readonly pageSize: number,
  ) {}

  /** A step begins. @param recorded the leaves that it left in the kernel */
  startStep(recorded: RecordedLeaves, isBoot: boolean): void {
    this.recorded = recorded;
    this.canRefuse = !isBoot;
  }

  /** Follows what an architecture's code populates. Returns that code. @param platform what it writes to */
  follow<C extends VmemmapCode>(code: C, platform: Platform): C {
    this.platform = platform;
    const populate = code.vmemmapPopulate.bind(code);
    return Object.assign(code, {
      vmemmapPopulate: (...[start, end, nid, altmap]: Parameters<VmemmapCode['vmemmapPopulate']>): number => {
        this.at = start;
        this.end = end;
        const err = populate(start, end, nid, altmap);
        this.end = 0;
        return err;
      },
    });
  }

  /** The frame that was chosen for a leaf, as a physical byte address. @param address low 52 bits */
  of(address: number): number | undefined {
    return this.chosen.get(address);
  }

  choose(order: number): number | undefined {
    const size = this.pageSize * 2 ** order;
    const address = order === 0 ? undefined : this.nextLeaf(size);
    if (address === undefined) return undefined;
    this.at = address + size;
    this.chosen.delete(address);
    const leaf = this.recorded.get(address);
    if (leaf === undefined) return undefined;
    if (leaf.level === BASE_PAGE) {
      if (!this.canRefuse) return undefined;
      this.taken.refused++;
      return NO_PAGE;
    }
    const pfn = leaf.pa / this.pageSize;
    // Memory that is no whole block of the largest order, at an end of a range, the allocator has not.
    const isThere = this.ram.some(({ basePfn, nrPages }) => pfn >= basePfn && pfn + 2 ** order <= basePfn + nrPages);
    if (!isThere) return undefined;
    this.taken.leaves++;
    this.chosen.set(address, leaf.pa);
    return pfn;
  }

  /** The leaf of a size that populating asks for next: leaves come one after the other, where nothing is mapped yet. */
  private nextLeaf(size: number): number | undefined {
    const { platform } = this;
    if (platform?.leafSizes.some((leaf) => leaf.size === size) !== true) return undefined;
    for (let address = alignDown(this.at, size); address < this.end; address += size) {
      if (!isMapped(platform, address, address + size)) return address;
    }
    return undefined;
  }
}

function isMapped(platform: Platform, start: number, end: number): boolean {
  let found = false;
  platform.visit(
    start,
    end,
    () => (found = true),
    () => undefined,
  );
  return found;
}

/** System memory as the page allocator gets it: the first range for what the replay chooses itself, then all others. */
export interface ReplayMemory {
  readonly own: MemoryNode;
  readonly others: readonly MemoryNode[];
}

/**
 * Parts a guest's memory such that the frames that a recording names stay free for the leaves that it names.
 * @param ram system memory at boot, bytes
 * @param named physical memory that the recording names as that of large leaves
 * @param blockBytes largest block of the page allocator
 * @param pageSize bytes
 */
export function partMemory(
  ram: readonly ByteRange[],
  named: readonly ByteRange[],
  blockBytes: number,
  pageSize: number,
): ReplayMemory {
  const whole = ram
    .map(({ start, end }) => ({ start: alignUp(start, blockBytes), end: alignDown(end, blockBytes) }))
    .filter(({ start, end }) => end > start);
  const taken = named
    .map(({ start, end }) => ({ start: alignDown(start, blockBytes), end: alignUp(end, blockBytes) }))
    .sort((a, b) => a.start - b.start);
  let own: ByteRange = { start: 0, end: 0 };
  const offer = (start: number, end: number): void => {
    if (end - start > own.end - own.start) own = { start, end };
  };
  for (const range of whole) {
    let from = range.start;
    for (const { start, end } of taken) {
      offer(from, Math.min(start, range.end));
      from = Math.max(from, end);
    }
    offer(from, range.end);
  }
  const others = whole.flatMap(({ start, end }) =>
    own.start < start || own.end > end
      ? [{ start, end }]
      : [
          { start, end: own.start },
          { start: own.end, end },
        ].filter((rest) => rest.end > rest.start),
  );
  const node = ({ start, end }: ByteRange): MemoryNode => ({
    basePfn: start / pageSize,
    nrPages: (end - start) / pageSize,
  });
  return { own: node(own), others: others.map(node) };
}
