// SPDX-License-Identifier: GPL-2.0-only

import { isAligned } from '../hardware/align.js';
import type { StateReader, StateWriter } from '../hardware/saved-state.js';
import type { Kernel } from '../kernel/kernel.js';
import type { RangeMap } from './range-map.js';
import { pfnToSectionNr, subsectionMapIndex } from './sparse.js';

/**
 * Zones and nodes: the ranges of frames they span and the pages present in them (mm/memory_hotplug.c, mm/mm_init.c).
 */

/** struct zone. Frames and base pages. */
export interface Zone {
  readonly name: string;
  readonly nid: number;
  /** zone_start_pfn. */
  start: number;
  spanned: number;
  present: number;
}

/** struct pglist_data. */
export interface PgData {
  readonly nid: number;
  /** In the order of enum zone_type. */
  readonly zones: readonly Zone[];
  start: number;
  spanned: number;
  present: number;
  online: boolean;
}

/** What zones need to know of a machine. */
export interface ZonedMemory {
  readonly kernel: Kernel;
  readonly nodes: readonly PgData[];
  /** The zone that struct pages name, by frame (page_zone). Frames whose struct page nobody initialised have none. */
  readonly pageZones: RangeMap<Zone>;
  /** Whether a frame belongs to a mapped device (get_dev_pagemap). */
  isDevicePage(pfn: number): boolean;
}

/** MMOP_ONLINE_KERNEL, MMOP_ONLINE_MOVABLE, and what the kernel chooses by itself. */
export type OnlineType = 'kernel' | 'movable' | 'auto';

export const DEVICE = 'Device';
export const MOVABLE = 'Movable';
const NORMAL = 'Normal';

/** A node with empty zones. @param zoneNames in the order of enum zone_type */
export const createNode = (nid: number, zoneNames: readonly string[], online: boolean): PgData => ({
  nid,
  zones: zoneNames.map((name) => ({ name, nid, start: 0, spanned: 0, present: 0 })),
  start: 0,
  spanned: 0,
  present: 0,
  online,
});

export function zoneOf(node: PgData, name: string): Zone {
  const zone = node.zones.find((z) => z.name === name);
  if (zone === undefined) throw new RangeError(`node ${node.nid} has no zone ${name}`);
  return zone;
}

/** zone_end_pfn(). */
const zoneEnd = (zone: Zone): number => zone.start + zone.spanned;

/** zone_intersects(). */
export const zoneIntersects = (zone: Zone, pfn: number, nrPages: number): boolean =>
  zone.spanned !== 0 && pfn < zoneEnd(zone) && pfn + nrPages > zone.start;

/** default_kernel_zone_for_pfn(): a zone below Normal that reaches into the range, or else Normal. */
function defaultKernelZone(node: PgData, pfn: number, nrPages: number): Zone {
  const normal = zoneOf(node, NORMAL);
  const below = node.zones.slice(0, node.zones.indexOf(normal));
  return below.find((zone) => zoneIntersects(zone, pfn, nrPages)) ?? normal;
}

/** zone_for_pfn_range() with the policy contig-zones. */
export function zoneForPfnRange(node: PgData, type: OnlineType, pfn: number, nrPages: number): Zone {
  const kernelZone = defaultKernelZone(node, pfn, nrPages);
  if (type === 'kernel') return kernelZone;
  const movable = zoneOf(node, MOVABLE);
  if (type === 'movable') return movable;
  const inKernel = zoneIntersects(kernelZone, pfn, nrPages);
  const inMovable = zoneIntersects(movable, pfn, nrPages);
  return inMovable && !inKernel ? movable : kernelZone;
}

/** Makes a span reach over a range; resize_zone_range() and resize_pgdat_range() do the same. */
function resizeSpan(span: Zone | PgData, pfn: number, nrPages: number): void {
  const oldEnd = span.start + span.spanned;
  if (span.spanned === 0 || pfn < span.start) span.start = pfn;
  span.spanned = Math.max(pfn + nrPages, oldEnd) - span.start;
}

/**
 * move_pfn_range_to_zone(), without initialising the memmap.
 * @param initialised the frames whose struct pages are initialised with it
 */
export function movePfnRangeToZone(
  memory: ZonedMemory,
  zone: Zone,
  pfn: number,
  nrPages: number,
  initialised: { pfn: number; end: number } = { pfn, end: pfn + nrPages },
): void {
  const { kernel } = memory;
  resizeSpan(zone, pfn, nrPages);
  resizeSpan(memory.nodes[zone.nid]!, pfn, nrPages);
  if (zone.name === DEVICE && kernel.traits.sectionTaint) {
    for (const border of [pfn, pfn + nrPages]) {
      if (!isAligned(border, kernel.pagesPerSection)) kernel.sections.taint(pfnToSectionNr(kernel, border));
    }
  }
  memory.pageZones.set(initialised.pfn, initialised.end, zone);
}

/** pfn_to_online_page(): whether a frame has an initialised struct page that the page allocator owns. */
export function isOnlinePage(memory: ZonedMemory, pfn: number): boolean {
  const { kernel } = memory;
  const { sections, traits, kconfig } = kernel;
  const sectionNr = pfnToSectionNr(kernel, pfn);
  if (!sections.isOnline(sectionNr) || !sections.isValid(sectionNr)) return false;
  if (!traits.onlinePageBySubsection && !kconfig.holesInZone) return true;
  if (!sections.isSet(sectionNr, subsectionMapIndex(kernel, pfn))) return false;
  return !sections.isTainted(sectionNr) || !memory.isDevicePage(pfn);
}

/** Whether the search for the end of a span stops at a frame: older kernels take any frame that has a struct page. */
function isSpanPage(memory: ZonedMemory, zone: Zone, pfn: number): boolean {
  const { kernel, pageZones } = memory;
  if (pageZones.get(pfn) !== zone) return false;
  if (kernel.traits.spanSearchUsesOnlinePages) return isOnlinePage(memory, pfn);
  const sectionNr = pfnToSectionNr(kernel, pfn);
  return kernel.sections.isValid(sectionNr) && kernel.sections.isSet(sectionNr, subsectionMapIndex(kernel, pfn));
}

/** The next frame in steps of a subsection for the search: sections without a memmap are left in one go. */
function nextCandidate(kernel: Kernel, pfn: number, step: 1 | -1): number {
  const { pagesPerSection, pagesPerSubsection, sections } = kernel;
  const sectionNr = pfnToSectionNr(kernel, pfn);
  if (sections.isValid(sectionNr)) return pfn + step * pagesPerSubsection;
  const left = step > 0 ? (sectionNr + 1) * pagesPerSection - pfn : pfn - sectionNr * pagesPerSection + 1;
  return pfn + step * Math.ceil(left / pagesPerSubsection) * pagesPerSubsection;
}

const NOT_FOUND = 0;

/** find_smallest_section_pfn(). Frame 0 says that there is none, as in the kernel. */
function findSmallestSectionPfn(memory: ZonedMemory, zone: Zone, from: number, end: number): number {
  for (let pfn = from; pfn < end; pfn = nextCandidate(memory.kernel, pfn, 1)) {
    if (isSpanPage(memory, zone, pfn)) return pfn;
  }
  return NOT_FOUND;
}

/** find_biggest_section_pfn(). */
function findBiggestSectionPfn(memory: ZonedMemory, zone: Zone, start: number, end: number): number {
  for (let pfn = end - 1; pfn >= start; pfn = nextCandidate(memory.kernel, pfn, -1)) {
    if (isSpanPage(memory, zone, pfn)) return pfn;
  }
  return NOT_FOUND;
}

/** shrink_zone_span(): a range at an end of the zone goes; a hole inside does not change the span. */
export function shrinkZoneSpan(memory: ZonedMemory, zone: Zone, pfn: number, end: number): void {
  const zoneEndPfn = zoneEnd(zone);
  if (zone.start === pfn) {
    const first = findSmallestSectionPfn(memory, zone, end, zoneEndPfn);
    zone.spanned = first === NOT_FOUND ? 0 : zoneEndPfn - first;
    zone.start = first;
  } else if (zoneEndPfn === end) {
    const last = findBiggestSectionPfn(memory, zone, zone.start, pfn);
    zone.spanned = last === NOT_FOUND ? 0 : last - zone.start + 1;
    if (last === NOT_FOUND) zone.start = 0;
  }
}

/** update_pgdat_span(): a node spans what its zones span. */
export function updatePgdatSpan(node: PgData): void {
  const spanning = node.zones.filter((zone) => zone.spanned !== 0);
  node.start = spanning.length === 0 ? 0 : Math.min(...spanning.map((zone) => zone.start));
  node.spanned = spanning.length === 0 ? 0 : Math.max(...spanning.map(zoneEnd)) - node.start;
}

/** remove_pfn_range_from_zone(). Spans of devices stay as they were, in all but the oldest releases. */
export function removePfnRangeFromZone(memory: ZonedMemory, zone: Zone, pfn: number, nrPages: number): void {
  const { shrinkSpanAtOffline, deviceSpansKept } = memory.kernel.traits;
  if (zone.name === DEVICE ? deviceSpansKept : !shrinkSpanAtOffline) return;
  shrinkZoneSpan(memory, zone, pfn, pfn + nrPages);
  updatePgdatSpan(memory.nodes[zone.nid]!);
}

/** adjust_present_page_count(). @param nrPages may be negative */
export function adjustPresentPageCount(memory: ZonedMemory, pfn: number, nrPages: number): void {
  const zone = memory.pageZones.get(pfn);
  if (zone === undefined) throw new RangeError(`the struct page of frame ${pfn} names no zone`);
  zone.present += nrPages;
  memory.nodes[zone.nid]!.present += nrPages;
}

/** online_mem_sections() and offline_mem_sections(). @param end frame behind the range */
export function setSectionsOnline(kernel: Kernel, pfn: number, end: number, online: boolean): void {
  for (let at = pfn; at < end; at += kernel.pagesPerSection) {
    const sectionNr = pfnToSectionNr(kernel, at);
    if (kernel.sections.isValid(sectionNr)) kernel.sections.setOnline(sectionNr, online);
    else kernel.log.warn(online ? 'online_mem_sections' : 'offline_mem_sections');
  }
}

/** free_area_init_core_hotplug(): a node that comes online has no page present; what it spanned stays. */
export function resetNode(node: PgData): void {
  node.start = 0;
  node.present = 0;
  for (const zone of node.zones) zone.present = 0;
}

/** rollback_node_hotadd(): the next add finds a node without zones. What struct pages say of it stays as it was. */
export function freeNodeData(node: PgData): void {
  for (const span of [node, ...node.zones]) {
    span.start = 0;
    span.spanned = 0;
    span.present = 0;
  }
}

/** Writes the spans of nodes and zones, and the zone that each struct page names. */
export function saveZones(to: StateWriter, { nodes, pageZones }: ZonedMemory): void {
  for (const node of nodes) {
    to.word(node.online ? 1 : 0);
    for (const span of [node, ...node.zones]) {
      to.wide(span.start);
      to.wide(span.spanned);
      to.wide(span.present);
    }
  }
  pageZones.save(to, (zone) => zoneNumber(nodes, zone));
}

/** Takes back what {@link saveZones} wrote of a machine with the same nodes. */
export function restoreZones(from: StateReader, { nodes, pageZones }: ZonedMemory): void {
  for (const node of nodes) {
    node.online = from.word() === 1;
    for (const span of [node, ...node.zones]) {
      span.start = from.wide();
      span.spanned = from.wide();
      span.present = from.wide();
    }
  }
  pageZones.restore(from, (number) => zoneOfNumber(nodes, number)!);
}

const NO_ZONE = -1;

/** A number for a zone among those of all nodes, which have as many each. */
export function zoneNumber(nodes: readonly PgData[], zone: Zone | null): number {
  if (zone === null) return NO_ZONE;
  const { zones } = nodes[zone.nid]!;
  return zone.nid * zones.length + zones.indexOf(zone);
}

/** The zone of a number that {@link zoneNumber} gave. */
export function zoneOfNumber(nodes: readonly PgData[], number: number): Zone | null {
  if (number === NO_ZONE) return null;
  const perNode = nodes[0]!.zones.length;
  return nodes[Math.floor(number / perNode)]!.zones[number % perNode]!;
}
