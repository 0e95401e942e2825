// SPDX-License-Identifier: GPL-2.0-only

import { BASE, BOOT_PIECE, hasBug, type Range, type World } from './worlds.js';

/** Who owns what, as plain sets: what a reader of the kernel's documentation would expect, without a page table. */

/** Whose a frame is: system memory, memory of the boot, or the altmap of a name. */
export type Owner = string;
export const SYSTEM = 'system';
export const BOOT = 'boot';

/** Memory that is there, and the altmap that its memmap was to come from. */
export interface Added extends Range {
  readonly altmap: Altmap | null;
}

export interface Altmap extends Range {
  readonly name: Owner;
}

export interface Model {
  readonly world: World;
  readonly added: Set<Added>;
  /** Owners of leaves by their number in the vmemmap. A leaf may reach beyond the memmap that it is there for. */
  readonly leaves: Map<number, Owner>;
  /** Owners of base pages by their number in the vmemmap. */
  readonly pages: Map<number, Owner>;
  /** Memory blocks, by their first frame. */
  readonly blocks: Map<number, { readonly range: Added; online: boolean }>;
  /** System memory has nothing to give. */
  memoryIsShort: boolean;
}

/** The model of a machine that has booted. */
export function bootedModel(world: World): Model {
  const model: Model = {
    world,
    added: new Set(),
    leaves: new Map(),
    pages: new Map(),
    blocks: new Map(),
    memoryIsShort: false,
  };
  if (!world.boots) return model;
  add(model, { ...pieceOf(world, BOOT_PIECE), altmap: null });
  for (const owners of [model.leaves, model.pages]) for (const number of owners.keys()) owners.set(number, BOOT);
  return model;
}

export const pieceOf = ({ piecePages }: World, piece: number): Range => ({
  pfn: BASE + piece * piecePages,
  nrPages: piecePages,
});

/** Numbers from one to another, the last excluded. */
export const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** Numbers of the pieces of vmemmap, of a size in bytes, that describe something of a range. */
export function piecesOf({ structPageSize }: World, { pfn, nrPages }: Range, size: number): number[] {
  const first = Math.floor((pfn * structPageSize) / size);
  return numbers(first, Math.ceil(((pfn + nrPages) * structPageSize) / size));
}

export const leavesOf = (world: World, range: Range): number[] => piecesOf(world, range, world.leafSize);
export const pagesOf = (world: World, range: Range): number[] => piecesOf(world, range, world.pageSize);

export const overlaps = (a: Range, b: Range): boolean => a.pfn < b.pfn + b.nrPages && b.pfn < a.pfn + a.nrPages;

/** Whether a range is made of whole sections. */
export const isWhole = (world: World, { pfn, nrPages }: Range): boolean => {
  const pagesPerSection = world.piecePages / world.pieceSections;
  return pfn % pagesPerSection === 0 && nrPages % pagesPerSection === 0;
};

/** Memory that is there and that a leaf, or what would be one, describes too. */
export function neighboursOf(model: Model, range: Range): Added[] {
  const { world } = model;
  const own = new Set(leavesOf(world, range));
  return [...model.added].filter((other) => other !== range && leavesOf(world, other).some((leaf) => own.has(leaf)));
}

/** Whether an empty piece of vmemmap gets a leaf for a range. */
function getsLeaf(world: World, range: Added, leaf: number): boolean {
  switch (world.arch) {
    case 'x86_64':
      return isWhole(world, range);
    case 'arm64':
      return world.leafSize > world.pageSize && isWhole(world, range);
    case 's390':
      return true;
    case 'ppc64': {
      const describes = {
        start: (leaf * world.leafSize) / world.structPageSize,
        pages: world.leafSize / world.structPageSize,
      };
      if (range.altmap !== null) {
        // A leaf of a device describes nothing outside it.
        return (
          describes.start >= range.altmap.pfn &&
          describes.start + describes.pages <= range.altmap.pfn + range.altmap.nrPages
        );
      }
      return takesWholeLeaf(world) || describes.start >= range.pfn;
    }
  }
}

/** Since 6.17 radix maps memmap in system memory with leaves also where a range begins inside one. */
const takesWholeLeaf = (world: World): boolean => hasBug(world, 'pages-before-the-range');

/** Whose a base page is that comes for a range. */
function pageOwner(world: World, { altmap, ...range }: Added, page: number): Owner {
  if (altmap === null) return SYSTEM;
  switch (world.arch) {
    case 'x86_64':
      // Less than a section never asks its altmap.
      return isWhole(world, range) ? altmap.name : SYSTEM;
    case 'ppc64': {
      const first = (page * world.pageSize) / world.structPageSize;
      const pages = world.pageSize / world.structPageSize;
      return first >= altmap.pfn && first + pages <= altmap.pfn + altmap.nrPages ? altmap.name : SYSTEM;
    }
    default:
      return altmap.name;
  }
}

/** What would come if a range were added. */
export function newcomers(model: Model, range: Added): { leaves: Map<number, Owner>; pages: Map<number, Owner> } {
  const { world } = model;
  const perLeaf = world.leafSize / world.pageSize;
  const leaves = new Map<number, Owner>();
  const pages = new Map<number, Owner>();
  const own = new Set(pagesOf(world, range));
  for (const leaf of leavesOf(world, range)) {
    if (model.leaves.has(leaf)) continue;
    const inside = numbers(leaf * perLeaf, (leaf + 1) * perLeaf);
    if (getsLeaf(world, range, leaf) && !inside.some((page) => model.pages.has(page))) {
      leaves.set(leaf, range.altmap?.name ?? SYSTEM);
      continue;
    }
    for (const page of inside) {
      if (own.has(page) && !model.pages.has(page)) pages.set(page, pageOwner(world, range, page));
    }
  }
  return { leaves, pages };
}

/** Memory comes: what is mapped already serves it too. */
export function add(model: Model, range: Added): void {
  const { leaves, pages } = newcomers(model, range);
  leaves.forEach((owner, leaf) => model.leaves.set(leaf, owner));
  pages.forEach((owner, page) => model.pages.set(page, owner));
  model.added.add(range);
}

/** Memory goes: what describes nothing any more goes back to its owner. */
export function remove(model: Model, range: Added): void {
  const { world } = model;
  model.added.delete(range);
  const stillLeaves = new Set([...model.added].flatMap((other) => leavesOf(world, other)));
  const stillPages = new Set([...model.added].flatMap((other) => pagesOf(world, other)));
  for (const leaf of leavesOf(world, range)) if (!stillLeaves.has(leaf)) model.leaves.delete(leaf);
  for (const page of pagesOf(world, range)) if (!stillPages.has(page)) model.pages.delete(page);
}

/** Owners by page of the vmemmap, leaves included. */
export function ownersOf({ world, leaves, pages }: Model): Map<number, Owner> {
  const perLeaf = world.leafSize / world.pageSize;
  const owners = new Map(pages);
  leaves.forEach((owner, leaf) => {
    for (const page of numbers(leaf * perLeaf, (leaf + 1) * perLeaf)) owners.set(page, owner);
  });
  return owners;
}

/** Frames that are there. */
export function presentSubsections({ world, added }: Model): Set<number> {
  const pages = SUBSECTION_SIZE / world.pageSize;
  return new Set([...added].flatMap(({ pfn, nrPages }) => numbers(pfn / pages, (pfn + nrPages) / pages)));
}

/** Bytes: the least that comes and goes. */
export const SUBSECTION_SIZE = 2 ** 21;
