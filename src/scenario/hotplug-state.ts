// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { SystemMemory } from '../mm/system-memory.js';
import type { PgData } from '../mm/zone.js';
import type { Kernel } from '../kernel/kernel.js';
import { iomemLines, type Resource } from '../mm/resource.js';

/** The books of memory hot-plug as text and lists: zones, nodes, sections, memory blocks, the iomem tree. */

/** Start pfn, spanned and present pages. */
export type Span = [start: number, spanned: number, present: number];

/** Zones by node and name; those without a page or a span are left out, and so are nodes without a zone. */
export function zonesOf(nodes: readonly PgData[]): Record<string, Record<string, Span>> {
  const zones = nodes.map((node): [string, Record<string, Span>] => [
    String(node.nid),
    Object.fromEntries(
      node.zones
        .filter((zone) => zone.start !== 0 || zone.spanned !== 0 || zone.present !== 0)
        .map((zone) => [zone.name, [zone.start, zone.spanned, zone.present]]),
    ),
  ]);
  return Object.fromEntries(zones.filter(([, inNode]) => Object.keys(inNode).length > 0));
}

/** Start pfn, spanned and present pages of a node, and whether it is online; an offline node of zeros is left out. */
export function nodesOf(nodes: readonly PgData[]): Record<string, [...Span, boolean]> {
  return Object.fromEntries(
    nodes
      .filter((node) => node.online || node.start !== 0 || node.spanned !== 0 || node.present !== 0)
      .map((node) => [String(node.nid), [node.start, node.spanned, node.present, node.online]]),
  );
}

/** Joins neighbours of equal state: "first-last state". */
function runs(items: readonly { nr: number; state: string }[]): string[] {
  const joined: { first: number; last: number; state: string }[] = [];
  for (const { nr, state } of items) {
    const previous = joined[joined.length - 1];
    if (previous?.state === state && previous.last + 1 === nr) previous.last = nr;
    else joined.push({ first: nr, last: nr, state });
  }
  return joined.map(({ first, last, state }) => `${first === last ? first : `${first}-${last}`} ${state}`);
}

/**
 * Sections in runs: m has a memmap, o online, e early, t tainted by a device that begins or ends inside; the mask of
 * active subsections where not all are.
 */
export function sectionRuns({ sections }: Kernel): string[] {
  const stateOf = (nr: number): string => {
    const flags = [
      sections.isValid(nr) ? 'm' : '',
      sections.isOnline(nr) ? 'o' : '',
      sections.isEarly(nr) ? 'e' : '',
      sections.isTainted(nr) ? 't' : '',
    ].join('');
    const isWhole = sections.areSet(nr, 0, sections.subsectionsPerSection);
    return isWhole ? flags : `${flags} sub=${sections.subsectionMask(nr).toString(16)}`;
  };
  return runs(sections.active().map((nr) => ({ nr, state: stateOf(nr) })));
}

/** Memory blocks in runs: state, node, zone, and whether the memmap lies in the block. */
export function blockRuns(memory: SystemMemory): string[] {
  const blocks = [...memory.blocks.values()].sort((a, b) => a.id - b.id);
  return runs(
    blocks.map(({ id, state, nid, zone, altmap, nrVmemmapPages }) => ({
      nr: id,
      state: `${state} ${nid} ${zone?.name ?? '-'}${altmap !== null || nrVmemmapPages > 0 ? ' altmap' : ''}`,
    })),
  );
}

/** A resource: start, end, name, flags, and children if there are some. */
export type TreeNode = [start: string, end: string, name: string, flags: string, children?: TreeNode[]];

/** The tree without its root. */
export const treeOf = (root: Resource): TreeNode[] =>
  root.children.map((child) => {
    const node: TreeNode = [hex(child.start), hex(child.end), child.name.text, hex(child.flags)];
    if (child.children.length > 0) node.push(treeOf(child));
    return node;
  });

/** The books of memory hot-plug after a step. */
export interface MemoryState {
  /** Start pfn, spanned and present pages, by node and zone. */
  zones: Record<string, Record<string, Span>>;
  /** Start pfn, spanned and present pages, and whether the node is online. */
  nodes: Record<string, [...Span, boolean]>;
  /** Sections in runs: "first-last flags". */
  sectionFlags: string[];
  /** Memory blocks in runs: "first-last state node zone[ altmap]". */
  blocks: string[];
  /** Lines of /proc/iomem. */
  iomem: string[];
  /** Removed memory blocks of which a reference is left. */
  unreleasedBlocks: number[];
}

export const captureMemory = (memory: SystemMemory): MemoryState => ({
  zones: zonesOf(memory.nodes),
  nodes: nodesOf(memory.nodes),
  sectionFlags: sectionRuns(memory.kernel),
  blocks: blockRuns(memory),
  iomem: iomemLines(memory.iomem),
  unreleasedBlocks: [...memory.unreleasedBlocks],
});
