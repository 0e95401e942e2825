// SPDX-License-Identifier: GPL-2.0-only

import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import { EBUSY, EEXIST, EINVAL } from '../kernel/errno.js';

/**
 * kernel/resource.c: the tree of physical address ranges, which /proc/iomem prints. Addresses are bytes, an end is
 * inclusive. Functions have the kernel's names.
 */

/** Flags of include/linux/ioport.h. */
export const IORESOURCE_MEM = 0x200;
export const IORESOURCE_SYSRAM = 0x1000000;
export const IORESOURCE_SYSRAM_DRIVER_MANAGED = 0x2000000;
export const IORESOURCE_SYSRAM_MERGEABLE = 0x4000000;
export const IORESOURCE_BUSY = 0x80000000;
export const IORESOURCE_SYSTEM_RAM = IORESOURCE_MEM | IORESOURCE_SYSRAM;
/** Bits that tell resource types apart, and those that tell kinds of a type apart. */
const IORESOURCE_TYPE_BITS = 0x1f00;
const IORESOURCE_EXT_TYPE_BITS = 0x1000000;

/** A name is a pointer to the kernel: equal texts at two places are two names. */
export interface ResourceName {
  readonly text: string;
}

/** The text that the kernel itself names memory by. */
export const SYSTEM_RAM: ResourceName = { text: 'System RAM' };
/** The texts that drivers have for the memory that they hand over: kmem, virtio-mem. */
export const KMEM: ResourceName = { text: 'System RAM (kmem)' };
export const VIRTIO_MEM: ResourceName = { text: 'System RAM (virtio_mem)' };

/** Names that live as long as the kernel. */
const LASTING_NAMES: readonly ResourceName[] = [SYSTEM_RAM, KMEM, VIRTIO_MEM];

/** struct resource. */
export interface Resource {
  start: number;
  /** Inclusive. */
  end: number;
  name: ResourceName;
  /** Unsigned 32 bits. */
  flags: number;
  parent: Resource | null;
  /** Ascending; the kernel has them as a list of siblings. */
  children: Resource[];
}

/** A range of System RAM with a name of its own, such as "Kernel code". Bytes. */
export interface BootResource {
  readonly start: number;
  readonly size: number;
  readonly name: string;
}

/** What is reported while the tree changes. */
export interface ResourceLog {
  warnOnce(text: string): void;
  print(text: string): void;
}

/** "%pa" of the kernel's printk(): an address with all of its digits. */
export const pa = (address: number): string => `0x${address.toString(16).padStart(16, '0')}`;

const has = (flags: number, bits: number): boolean => (flags & bits) >>> 0 === bits >>> 0;

export const createResource = (start: number, end: number, name: ResourceName, flags: number): Resource => ({
  start,
  end,
  name,
  flags: flags >>> 0,
  parent: null,
  children: [],
});

/** iomem_resource. @param end last address, inclusive */
export const createIomem = (end = 2 ** 52 - 1): Resource => createResource(0, end, { text: 'PCI mem' }, IORESOURCE_MEM);

/** __request_resource(): the resource in the way, or null when the new one took its place. */
function requestResourceConflict(root: Resource, resource: Resource): Resource | null {
  if (resource.end < resource.start || resource.start < root.start || resource.end > root.end) return root;
  const at = root.children.findIndex((child) => child.end >= resource.start);
  const next = at < 0 ? undefined : root.children[at];
  if (next !== undefined && next.start <= resource.end) return next;
  root.children.splice(at < 0 ? root.children.length : at, 0, resource);
  resource.parent = root;
  return null;
}

/** request_resource(). Returns 0 or -EBUSY. */
export const requestResource = (root: Resource, resource: Resource): number =>
  requestResourceConflict(root, resource) === null ? 0 : -EBUSY;

/** release_resource(), with the children. */
export function releaseResource(resource: Resource): number {
  const { parent } = resource;
  if (parent === null) return -EINVAL;
  parent.children.splice(parent.children.indexOf(resource), 1);
  resource.parent = null;
  return 0;
}

/** remove_resource(): the children move up. */
export function removeResource(resource: Resource): number {
  const { parent } = resource;
  if (parent === null) return -EINVAL;
  for (const child of resource.children) child.parent = parent;
  parent.children.splice(parent.children.indexOf(resource), 1, ...resource.children);
  resource.parent = null;
  return 0;
}

/** insert_resource(): goes below or above what is there. Returns 0 or -EBUSY on partial overlap. */
export function insertResource(root: Resource, resource: Resource): number {
  let parent = root;
  let first: Resource;
  for (;;) {
    const conflict = requestResourceConflict(parent, resource);
    if (conflict === null) return 0;
    if (conflict === parent) return -EBUSY;
    first = conflict;
    if (first.start > resource.start || first.end < resource.end) break;
    if (first.start === resource.start && first.end === resource.end) break;
    parent = first;
  }
  const from = parent.children.indexOf(first);
  let to = from;
  while (to < parent.children.length && parent.children[to]!.start <= resource.end) {
    const next = parent.children[to]!;
    if (next.start < resource.start || next.end > resource.end) return -EBUSY;
    to++;
  }
  resource.children = parent.children.splice(from, to - from, resource);
  for (const child of resource.children) child.parent = resource;
  resource.parent = parent;
  return 0;
}

/**
 * __request_region(): a busy resource, below what is there and not busy.
 * @param size bytes
 * @param flags besides those of the parent's type
 * @returns the resource, or null where something busy is in the way
 */
export function requestRegion(
  root: Resource,
  start: number,
  size: number,
  name: ResourceName,
  flags = 0,
): Resource | null {
  const resource = createResource(start, start + size - 1, name, 0);
  let parent = root;
  for (;;) {
    const type = parent.flags & (IORESOURCE_TYPE_BITS | IORESOURCE_EXT_TYPE_BITS);
    resource.flags = (type | IORESOURCE_BUSY | flags) >>> 0;
    const conflict = requestResourceConflict(parent, resource);
    if (conflict === null) return resource;
    if (conflict === parent || has(conflict.flags, IORESOURCE_BUSY)) return null;
    parent = conflict;
  }
}

/** __release_region(): gives a busy region back that has just this range. @param size bytes */
export function releaseRegion(root: Resource, start: number, size: number, log: ResourceLog): void {
  const end = start + size - 1;
  const resource = descend(root, (r) => r.start <= start && r.end >= end);
  if (resource?.start === start && resource.end === end) {
    releaseResource(resource);
    return;
  }
  log.print(`Trying to free nonexistent resource <${pa(start)}-${pa(end)}>`);
}

/** The first busy resource that contains a range, below those that contain it and are not busy. */
function descend(root: Resource, contains: (resource: Resource) => boolean): Resource | undefined {
  let { children } = root;
  for (;;) {
    const found = children.find(contains);
    if (found === undefined || has(found.flags, IORESOURCE_BUSY)) return found;
    // What lies behind a resource that is not busy is not looked at any more.
    children = found.children;
  }
}

/** __adjust_resource() to a part of the range, which has room among its neighbours: around its children. */
function adjustResource(resource: Resource, start: number, size: number): boolean {
  const end = start + size - 1;
  if (resource.children.some((child) => child.start < start || child.end > end)) return false;
  resource.start = start;
  resource.end = end;
  return true;
}

/**
 * release_mem_region_adjustable(): takes a range out of a busy resource, which is trimmed or split. Children never lie in
 * what is taken out; if one does, a warning is all that happens, but for children that had moved by then.
 * @param size bytes
 * @param splitMovesChildren whether children above the range go to the upper part of a split, which is done before it is
 *   known whether the resource may be split at all: refused, they are in no tree any more. Otherwise all stay with the lower
 *   part, and a split with children above the range is refused
 */
export function releaseMemRegionAdjustable(
  root: Resource,
  start: number,
  size: number,
  log: ResourceLog,
  splitMovesChildren: boolean,
): void {
  const end = start + size - 1;
  if (start < root.start || end > root.end) {
    log.warnOnce('release_mem_region_adjustable: range outside the root');
    return;
  }
  const resource = adjustable(root, start, end);
  if (resource === undefined) return;
  const { parent } = resource;
  const startsHere = resource.start === start;
  const endsHere = resource.end === end;
  if (startsHere && endsHere) {
    releaseResource(resource);
  } else if (startsHere) {
    if (!adjustResource(resource, end + 1, resource.end - end)) {
      log.warnOnce('release_mem_region_adjustable: start');
    }
  } else {
    const upper = createResource(end + 1, resource.end, resource.name, resource.flags);
    if (splitMovesChildren && !endsHere) moveChildrenAbove(resource, upper, end);
    if (!adjustResource(resource, resource.start, start - resource.start)) {
      log.warnOnce('release_mem_region_adjustable: end');
      return;
    }
    if (endsHere || parent === null) return;
    upper.parent = parent;
    parent.children.splice(parent.children.indexOf(resource) + 1, 0, upper);
  }
}

/** reparent_children_after_split(). @param address last one that is not above the cut */
function moveChildrenAbove(from: Resource, to: Resource, address: number): void {
  to.children = from.children.filter((child) => child.start > address);
  from.children = from.children.filter((child) => child.start <= address);
  for (const child of to.children) child.parent = to;
}

/** The busy memory resource that release_mem_region_adjustable() works on. */
function adjustable(root: Resource, start: number, end: number): Resource | undefined {
  let { children } = root;
  for (let at = 0; at < children.length;) {
    const resource = children[at]!;
    if (resource.start >= end) return undefined;
    if (resource.start > start || resource.end < end) {
      at++;
      continue;
    }
    if (!has(resource.flags, IORESOURCE_MEM)) return undefined;
    if (has(resource.flags, IORESOURCE_BUSY)) return resource;
    children = resource.children;
    at = 0;
  }
  return undefined;
}

const areMergeable = (a: Resource, b: Resource): boolean =>
  a.flags === b.flags &&
  a.end + 1 === b.start &&
  a.name === b.name &&
  a.children.length === 0 &&
  b.children.length === 0;

/** merge_system_ram_resource(): marks a resource mergeable and joins it with its neighbours. */
export function mergeSystemRamResource(resource: Resource, log: ResourceLog): void {
  if (!has(resource.flags, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY)) {
    log.warnOnce('merge_system_ram_resource');
    return;
  }
  resource.flags = (resource.flags | IORESOURCE_SYSRAM_MERGEABLE) >>> 0;
  const siblings = resource.parent?.children ?? [];
  const next = siblings[siblings.indexOf(resource) + 1];
  if (next !== undefined && areMergeable(resource, next)) {
    resource.end = next.end;
    releaseResource(next);
  }
  const previous = siblings[siblings.indexOf(resource) - 1];
  if (previous !== undefined && areMergeable(previous, resource)) {
    previous.end = resource.end;
    releaseResource(resource);
  }
}

/** next_resource(): in the order of the tree; past the end of a subtree it goes on with what follows. */
function nextResource(resource: Resource, skipChildren: boolean): Resource | null {
  if (!skipChildren && resource.children.length > 0) return resource.children[0]!;
  for (let at: Resource = resource; at.parent !== null; at = at.parent) {
    const siblings = at.parent.children;
    const next = siblings[siblings.indexOf(at) + 1];
    if (next !== undefined) return next;
  }
  return null;
}

/** A piece of memory in bytes; `end` is inclusive. */
export interface ResourceRange {
  start: number;
  end: number;
}

/** find_next_iomem_res(): the first resource with these flags in a range, clipped to it. */
function findNextIomemRes(root: Resource, start: number, end: number, flags: number): ResourceRange | null {
  let skipChildren = true;
  for (let p = root.children[0] ?? null; p !== null; p = nextResource(p, skipChildren)) {
    if (p.start > end) return null;
    if (p.end < start) continue;
    skipChildren = false;
    if (has(p.flags, flags)) return { start: Math.max(start, p.start), end: Math.min(end, p.end) };
  }
  return null;
}

/**
 * walk_system_ram_res(): calls `visit` for all busy System RAM in a range.
 * @returns what the last visit returned, -EINVAL if there was none
 */
export function walkSystemRamRes(
  root: Resource,
  start: number,
  end: number,
  visit: (range: ResourceRange) => number,
): number {
  let ret = -EINVAL;
  while (start < end) {
    const found = findNextIomemRes(root, start, end, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY);
    if (found === null) break;
    ret = visit(found);
    if (ret !== 0) break;
    start = found.end + 1;
  }
  return ret;
}

/**
 * walk_system_ram_range(): busy System RAM in whole pages.
 * @param visit is given the first pfn and the number of pages
 * @returns what the last visit returned, -EINVAL if there was none
 */
export function walkSystemRamRange(
  root: Resource,
  pfn: number,
  nrPages: number,
  pageSize: number,
  visit: (pfn: number, nrPages: number) => number,
): number {
  let start = pfn * pageSize;
  const end = (pfn + nrPages) * pageSize - 1;
  let ret = -EINVAL;
  while (start < end) {
    const found = findNextIomemRes(root, start, end, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY);
    if (found === null) break;
    const from = Math.ceil(found.start / pageSize);
    const to = Math.floor((found.end + 1) / pageSize);
    if (to > from) ret = visit(from, to - from);
    if (ret !== 0) break;
    start = found.end + 1;
  }
  return ret;
}

export type RegionIntersects = 'disjoint' | 'intersects' | 'mixed';

/**
 * region_intersects(): how a range meets resources with all of these flags.
 * @param size bytes
 */
export function regionIntersects(root: Resource, start: number, size: number, flags: number): RegionIntersects {
  const range = { start, end: start + size - 1 };
  const overlaps = (r: ResourceRange): boolean => r.start <= range.end && r.end >= range.start;
  let matching = 0;
  let other = 0;
  for (const p of root.children) {
    if (!overlaps(p)) continue;
    if (has(p.flags, flags)) {
      matching++;
      continue;
    }
    const open = { start: Math.max(p.start, range.start), end: Math.min(p.end, range.end) };
    let covered = false;
    for (let below = p.children[0] ?? null; below !== null; below = nextResource(below, false)) {
      if (!overlaps(below) || !has(below.flags, flags)) continue;
      matching++;
      if (below.start > open.start) break;
      if (below.end >= open.end) {
        covered = true;
        break;
      }
      open.start = Math.max(open.start, below.end + 1);
    }
    if (!covered) other++;
  }
  if (matching === 0) return 'disjoint';
  return other === 0 ? 'intersects' : 'mixed';
}

/**
 * register_memory_resource(): the claim that adding memory makes.
 * @param size bytes
 * @returns the resource, or -EEXIST where something is in the way
 */
export function registerMemoryResource(
  root: Resource,
  start: number,
  size: number,
  name: ResourceName,
): Resource | number {
  const driverManaged = name.text === SYSTEM_RAM.text ? 0 : IORESOURCE_SYSRAM_DRIVER_MANAGED;
  const flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY | driverManaged;
  return requestRegion(root, start, size, name, flags) ?? -EEXIST;
}

/** Lines as /proc/iomem prints them: two blanks of indent a level, at least eight digits. */
export function iomemLines(root: Resource): string[] {
  const hex = (address: number): string => address.toString(16).padStart(8, '0');
  const lines: string[] = [];
  const print = (resource: Resource, depth: number): void => {
    lines.push(`${'  '.repeat(depth)}${hex(resource.start)}-${hex(resource.end)} : ${resource.name.text}`);
    for (const child of resource.children) print(child, depth + 1);
  };
  for (const child of root.children) print(child, 0);
  return lines;
}

/** In a saved state, for a resource that is in no tree and was not met yet. */
const NEW_RESOURCE = -1;

const LASTING_NUMBERS: readonly (readonly [ResourceName, number])[] = LASTING_NAMES.map((name, i) => [name, i]);

/** Writes resources, each once: whoever points to one that was written gets its number. */
export class ResourceWriter {
  private readonly names = new Map(LASTING_NUMBERS);
  private readonly numbers = new Map<Resource, number>();

  constructor(private readonly to: StateWriter) {}

  /** What lies below a root. */
  children({ children }: Resource): void {
    this.to.word(children.length);
    for (const child of children) this.resource(child);
  }

  /** A pointer to a resource, in the tree or out of it. */
  pointer(resource: Resource): void {
    const number = this.numbers.get(resource);
    this.to.word(number ?? NEW_RESOURCE);
    if (number === undefined) this.resource(resource);
  }

  private resource(resource: Resource): void {
    const { to } = this;
    this.numbers.set(resource, this.numbers.size);
    to.wide(resource.start);
    to.wide(resource.end);
    to.word(resource.flags);
    this.name(resource.name);
    this.children(resource);
  }

  /** Equal texts at two places stay two names. */
  private name(name: ResourceName): void {
    const number = this.names.get(name);
    this.to.word(number ?? this.names.size);
    if (number !== undefined) return;
    this.names.set(name, this.names.size);
    this.to.text(name.text);
  }
}

/** Reads what a {@link ResourceWriter} wrote, call for call. */
export class ResourceReader {
  private readonly names = [...LASTING_NAMES];
  private readonly resources: Resource[] = [];

  constructor(private readonly from: StateReader) {}

  children(root: Resource): void {
    root.children = [];
    for (let left = this.from.word(); left > 0; left--) root.children.push(this.resource(root));
  }

  pointer(): Resource {
    const number = this.from.word();
    return number === NEW_RESOURCE ? this.resource(null) : this.resources[number]!;
  }

  private resource(parent: Resource | null): Resource {
    const { from } = this;
    const start = from.wide();
    const end = from.wide();
    const flags = from.word();
    const resource = createResource(start, end, this.name(), flags);
    this.resources.push(resource);
    resource.parent = parent;
    this.children(resource);
    return resource;
  }

  private name(): ResourceName {
    const { names } = this;
    const number = this.from.word();
    if (number === names.length) names.push({ text: this.from.text() });
    return names[number]!;
  }
}
