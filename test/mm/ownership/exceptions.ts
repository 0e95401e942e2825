// SPDX-License-Identifier: GPL-2.0-only

import { leavesOf, neighboursOf, newcomers, isWhole, pagesOf, SYSTEM, BOOT, type Added, type Model } from './model.js';
import { hasBug, type World } from './worlds.js';

/**
 * Where the kernel does not keep to the model. Each exception is a bug of the catalogue, and holds only on releases that
 * have it: the model says when it comes true, and the commands stay out of its way.
 */

/** Memory that is about to come or go. */
export interface Move {
  readonly op: 'add' | 'remove';
  readonly range: Added;
}

export interface Exception {
  /** Name of the entry in the catalogue. */
  readonly bug: string;
  /** Machines on which it can. */
  readonly where: (world: World) => boolean;
  /** Whether the bug comes true. */
  readonly comesTrue: (model: Model, move: Move) => boolean;
}

/** Leaves that are there already and describe something of a range. */
const sharedLeaves = (model: Model, { range }: Move): number[] =>
  leavesOf(model.world, range).filter((leaf) => model.leaves.has(leaf));

/** Base pages in what would be a leaf of the range. */
function sharesTable({ world, pages }: Model, { range }: Move): boolean {
  const perLeaf = world.leafSize / world.pageSize;
  const own = new Set(leavesOf(world, range));
  return [...pages.keys()].some((page) => own.has(Math.floor(page / perLeaf)));
}

/** A leaf is served by whoever came first, and is freed by the altmap of whoever leaves last. */
function meetsOtherOwner(model: Model, move: Move): boolean {
  if (move.op === 'remove') return false;
  const own = move.range.altmap?.name;
  return sharedLeaves(model, move).some((leaf) => {
    const owner = model.leaves.get(leaf)!;
    return own === undefined ? owner !== SYSTEM && owner !== BOOT : owner !== own;
  });
}

/** Adding that fails is taken back by removing the range. */
const takesDown = (model: Model, move: Move): boolean =>
  move.op === 'remove' || (model.memoryIsShort && needsMemory(model, move.range));

/** Whether something of a range would come from system memory, tables aside. */
export const needsMemory = (model: Model, range: Added): boolean => {
  const { leaves, pages } = newcomers(model, range);
  return [...leaves.values(), ...pages.values()].includes(SYSTEM);
};

/** Whether anything is larger than a page. */
const hasLeaves = ({ leafSize, pageSize }: World): boolean => leafSize > pageSize;

export const EXCEPTIONS: readonly Exception[] = [
  {
    bug: 'leaf-of-two-owners',
    where: ({ arch }) => arch === 'x86_64' || arch === 's390',
    comesTrue: (model, move) =>
      (model.world.arch === 's390' || isWhole(model.world, move.range)) && meetsOtherOwner(model, move),
  },
  {
    bug: 'altmap-page-to-buddy',
    where: ({ arch }) => arch === 'x86_64',
    comesTrue: (model, move) =>
      move.op === 'add' && move.range.altmap !== null && isWhole(model.world, move.range) && sharesTable(model, move),
  },
  {
    bug: 'leaf-taken-for-table',
    where: ({ arch }) => arch === 'x86_64',
    comesTrue: (model, move) =>
      move.op === 'add' && !isWhole(model.world, move.range) && sharedLeaves(model, move).length > 0,
  },
  {
    bug: 'leaf-taken-for-table-arm64',
    where: (world) => world.arch === 'arm64' && hasLeaves(world),
    comesTrue: (model, move) =>
      move.op === 'add' && !isWhole(model.world, move.range) && sharedLeaves(model, move).length > 0,
  },
  {
    bug: 'table-taken-for-leaf-subsection',
    where: (world) => world.arch === 'arm64' && hasLeaves(world),
    comesTrue: (model, move) => move.op === 'add' && isWhole(model.world, move.range) && sharesTable(model, move),
  },
  {
    bug: 'shared-leaf-ripped-out',
    where: (world) => world.arch === 'arm64' && hasLeaves(world),
    comesTrue: (model, move) =>
      takesDown(model, move) &&
      neighboursOf(model, move.range).some((other) => {
        const theirs = new Set(leavesOf(model.world, other));
        return sharedLeaves(model, move).some((leaf) => theirs.has(leaf));
      }),
  },
  {
    bug: 'shared-page-ripped-out',
    where: (world) => world.arch === 'arm64' && !hasLeaves(world),
    comesTrue: (model, move) =>
      takesDown(model, move) &&
      neighboursOf(model, move.range).some((other) => {
        const theirs = new Set(pagesOf(model.world, other));
        return pagesOf(model.world, move.range).some((page) => model.pages.has(page) && theirs.has(page));
      }),
  },
  {
    bug: 'pages-before-the-range',
    where: ({ arch }) => arch === 'ppc64',
    comesTrue: (model, move) =>
      move.op === 'add' &&
      move.range.altmap === null &&
      (move.range.pfn * model.world.structPageSize) % model.world.leafSize !== 0 &&
      sharesTable(model, move),
  },
  {
    bug: 'half-range-stays',
    // Elsewhere the first section of a range fails too, since nothing of it is mapped already.
    where: ({ arch }) => arch === 'ppc64',
    comesTrue: (model, move) =>
      move.op === 'add' &&
      model.memoryIsShort &&
      move.range.nrPages > model.world.piecePages / model.world.pieceSections,
  },
];

/** The entry that would come true, if one would. */
export function exceptionOf(model: Model, move: Move, lifted?: string): string | undefined {
  return EXCEPTIONS.find(
    ({ bug, where, comesTrue }) =>
      bug !== lifted && where(model.world) && hasBug(model.world, bug) && comesTrue(model, move),
  )?.bug;
}
