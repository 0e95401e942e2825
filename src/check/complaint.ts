// SPDX-License-Identifier: GPL-2.0-only

import { LEVELS, type Level } from '../hardware/page-table.js';
import type { AddressRange, AddressText } from '../kernel/vmemmap-view.js';
import type { BadFreeKind } from '../hardware/page-allocator.js';

/**
 * What a check complains of, as data: a kind, and the fields that the kind has. The sentences that people read are made
 * here and nowhere else, and nobody reads them back.
 */

/** What every kind may have. */
export interface Subject {
  /** The stretch of the vmemmap that it is about, low 52 bits. */
  readonly at?: AddressRange;
  /** Frames that it is about, whose history a reader wants. */
  readonly frames?: readonly number[];
}

interface LeafFacts extends Subject {
  readonly at: AddressRange;
  /** Level of the leaf. */
  readonly level: Level;
}

interface TableFacts extends Subject {
  /** Level of the table's entries. */
  readonly level: Level;
  /** First address that the table covers, low 52 bits. */
  readonly table: number;
}

interface AltmapFacts extends Subject {
  readonly altmap: string;
  /** Pages that it counts as handed out. */
  readonly alloc: number;
}

interface ZoneFacts extends Subject {
  readonly zone: string;
  readonly node: number;
  /** First frame and number of frames that the zone spans. */
  readonly start: number;
  readonly spanned: number;
}

interface CompoundFacts extends Subject {
  /** Compound pages. */
  readonly compounds: number;
  /** Pages of memmap that they take. */
  readonly pages: number;
}

/** Frames named in one complaint; more are counted. */
const NAMED_FRAMES = 4;

const hex = (value: number): string => value.toString(16);
const leafText = ({ at, level }: LeafFacts, text: AddressText): string => `${text.range(at)} ${LEVELS[level]}`;
const tableText = ({ table, level }: TableFacts, text: AddressText): string =>
  `the ${LEVELS[level]} table for ${text.of(table)}`;

const spanText = ({ zone, node, start, spanned }: ZoneFacts): string =>
  spanned === 0
    ? `zone ${zone} of node ${node} spans nothing`
    : `zone ${zone} of node ${node} spans frames ${start} to ${start + spanned - 1}`;

const BAD_FREE: Readonly<Record<BadFreeKind, string>> = {
  'free-not-allocated': 'given to the page allocator, which never handed it out',
  'double-free': 'given to the page allocator, which had it back already',
};

const badFree =
  (kind: BadFreeKind) =>
  ({ frames: [first], count }: Subject & { readonly frames: readonly [number]; readonly count: number }): string =>
    `${count === 1 ? `frame ${hex(first)}` : `frames ${hex(first)}-${hex(first + count - 1)}, each`} ${BAD_FREE[kind]}`;

/** The sentence of each kind, and by its parameter the fields that a complaint of the kind has. */
const SENTENCES = {
  // no-crash
  'page-fault': ({ fault }: Subject & { readonly fault: number }) => `the kernel stops: no mapping at 0x${hex(fault)}`,
  bug: ({ reason }: Subject & { readonly reason: string }) => `the kernel stops: ${reason}`,
  // no-hole
  'not-mapped': ({ at }: Subject & { readonly at: AddressRange }, text) => `${text.range(at)} is not mapped`,
  // no-leak
  'idle-leaf': (leaf: LeafFacts, text) => `${leafText(leaf, text)} describes nothing`,
  'empty-table': ({ level, pfn }: Subject & { readonly level: Level; readonly pfn: number }) =>
    `an empty ${LEVELS[level]} table at frame ${hex(pfn)} stays`,
  'lost-pages': ({ count, lost }: Subject & { readonly count: number; readonly lost: readonly number[] }) =>
    `${count} ${count === 1 ? 'page' : 'pages'} of system memory that nothing maps any more, from frame ${lost.slice(0, NAMED_FRAMES).map(hex).join(', ')}`,
  // right-owner
  'free-not-allocated': badFree('free-not-allocated'),
  'double-free': badFree('double-free'),
  'leaf-on-free-memory': (leaf: LeafFacts, text) => `${leafText(leaf, text)} maps memory that was freed`,
  'table-on-free-memory': (table: TableFacts, text) => `${tableText(table, text)} lies in memory that was freed`,
  // altmap-books
  'altmap-negative': ({ altmap, alloc }: AltmapFacts) => `altmap ${altmap} counts ${alloc} pages`,
  'altmap-overfull': ({
    altmap,
    alloc,
    align,
    free,
  }: AltmapFacts & { readonly align: number; readonly free: number }) =>
    `altmap ${altmap} counts ${alloc} + ${align} pages and has ${free}`,
  'altmap-miscounts': ({ altmap, alloc, mapped }: AltmapFacts & { readonly mapped: number }) =>
    `altmap ${altmap} counts ${alloc} pages, leaves map ${mapped} of it`,
  'altmap-outlives-users': ({ altmap, alloc }: AltmapFacts) =>
    `altmap ${altmap} counts ${alloc} pages after its last user is gone`,
  // no-cross-talk
  unmapped: ({ at }: Subject & { readonly at: AddressRange }, text) =>
    `${text.of(at.start)}, not the step’s, is mapped no more`,
  remapped: ({ at }: Subject & { readonly at: AddressRange }, text) =>
    `${text.of(at.start)}, not the step’s, is mapped to another frame`,
  rewritten: ({ at }: Subject & { readonly at: AddressRange }, text) =>
    `${text.of(at.start)}, not the step’s, has other bytes`,
  // roll-back
  'stays-active': ({ at }: Subject & { readonly at: AddressRange }, text) => `${text.range(at)} stays active`,
  'leaf-stays': (leaf: LeafFacts, text) => `${leafText(leaf, text)} stays`,
  'leaf-gone': (leaf: LeafFacts, text) => `${leafText(leaf, text)} is gone`,
  'table-stays': (table: TableFacts, text) => `${tableText(table, text)} stays`,
  // counters
  'counter-negative': ({ count }: Subject & { readonly count: number }) => `nr_memmap_pages is ${count}`,
  'counter-left': ({ count }: Subject & { readonly count: number }) =>
    `nr_memmap_pages is ${count} and no memory is left that was added`,
  // section-state
  'stale-section': ({ section }: Subject & { readonly section: number }) =>
    `section ${section} has no memmap and section_mem_map is not 0`,
  // zones, memory blocks, the iomem tree
  'block-outside-zone': (zone: ZoneFacts & { readonly block: number }) =>
    `${spanText(zone)}, and not memory block ${zone.block}`,
  'device-outside-zone': (zone: ZoneFacts & { readonly device: string }) =>
    `${spanText(zone)}, and not device ${zone.device}`,
  'present-beyond-span': (zone: ZoneFacts & { readonly present: number }) =>
    `${spanText(zone)} and has ${zone.present} pages present`,
  'memmap-in-removed-memory': ({ at, pfn }: Subject & { readonly at: AddressRange; readonly pfn: number }, text) =>
    `${text.range(at)} lies in frame ${hex(pfn)}, whose memory was removed`,
  'region-lost': ({ device }: Subject & { readonly device: string }) =>
    `the range of device ${device} left the iomem tree`,
  'resource-lost': ({
    name,
    start,
    end,
  }: Subject & { readonly name: string; readonly start: number; readonly end: number }) =>
    `${name}, ${hex(start)}-${hex(end)}, left the iomem tree`,
  'block-unreleased': ({ block }: Subject & { readonly block: number }) =>
    `a reference to the removed memory block ${block} is left`,
  'struct-page-uninitialised': ({ pfn }: Subject & { readonly pfn: number }) =>
    `the struct page of frame ${hex(pfn)} is read and was never initialised`,
  'tails-uninitialised': ({ head, device }: Subject & { readonly head: number; readonly device: string }) =>
    `tails of the compound page at frame ${hex(head)} of device ${device} are not initialised`,
  // no-warning
  warning: ({ warning }: Subject & { readonly warning: string }) => `warn:${warning}`,
  // expectations
  'offline-fails': ({ ret }: Subject & { readonly ret: number | 'BUG' | null }) =>
    `offline returns ${ret ?? 'nothing'}`,
  'add-fails': ({ op, ret }: Subject & { readonly op: string; readonly ret: number | 'BUG' | null }) =>
    `${op} returns ${ret ?? 'nothing'}`,
  'altmap-idle': ({ block }: Subject & { readonly block: number }) =>
    `block ${block} has pages set aside and none of its memmap in them`,
  'leaf-not-of-altmap': (leaf: LeafFacts & AltmapFacts, text) =>
    `${leafText(leaf, text)} is not of altmap ${leaf.altmap}, which has ${leaf.alloc} pages out`,
  'small-leaf': (leaf: LeafFacts, text) => `${leafText(leaf, text)} where a large leaf would fit`,
  'tails-not-shared': ({ compounds, pages }: CompoundFacts) =>
    `${compounds} compound pages take ${pages} pages of memmap`,
  'tails-shared-in-part': ({ compounds, pages }: CompoundFacts) =>
    `${compounds} compound pages share tails and take ${pages} pages of memmap`,
  'boot-memmap-lost': ({
    frames: [pfn],
    count,
  }: Subject & { readonly frames: readonly [number]; readonly count: number }) =>
    `${count} pages of the boot, from frame ${hex(pfn)}, are mapped no more and not free`,
  'counter-off': ({ count, pages }: Subject & { readonly count: number; readonly pages: number }) =>
    `nr_memmap_pages is ${count}, and ${pages} pages back the memmap`,
  'parameter-differs': ({ set, shown }: Subject & { readonly set: string; readonly shown: string }) =>
    `memmap_on_memory is ${set} and reads ${shown}`,
  'leaf-for-less': (leaf: LeafFacts & { readonly bytes: number; readonly of: number }, text) =>
    `${leafText(leaf, text)} is made for ${leaf.bytes} bytes of memmap of its ${leaf.of}`,
  'tables-uncounted': ({ count }: Subject & { readonly count: number }) =>
    `nr_page_table_pages is ${count} too low: tables of the vmemmap were not counted`,
  'freed-unflushed': ({ count, frames: [pfn] = [] }: Subject & { readonly count: number }) =>
    `${count} pages ${pfn === undefined ? 'of an altmap' : `from frame ${hex(pfn)}`} are given back before the flush that follows their unmapping`,
  'reused-unflushed': ({ count, frames: [pfn] = [] }: Subject & { readonly count: number }) =>
    `${count} pages from frame ${hex(pfn!)} are handed out again while a translation to them may still be held`,
  'freed-under-iommu': ({ count, frames: [pfn] = [] }: Subject & { readonly count: number }) =>
    `${count} page tables, the first at frame ${hex(pfn!)}, are given back and no IOMMU that shares them was told`,
  'hole-for-a-moment': ({ at }: Subject & { readonly at: AddressRange }, text) =>
    `${text.range(at)}, which the step does not take away, is mapped by nothing for a moment`,
  'other-bytes-for-a-moment': ({ at }: Subject & { readonly at: AddressRange }, text) =>
    `${text.range(at)}, which the step does not take away, reads as other bytes`,
  'rule-broken': ({ at, level, rule, by }: LeafFacts & { readonly rule: string; readonly by: string }, text) =>
    `${text.range(at)} ${LEVELS[level]} entry: ${rule} is not kept (${by})`,
  'rule-broken-by-free': ({
    frames: [pfn],
    rule,
    by,
  }: Subject & { readonly frames: readonly [number]; readonly rule: string; readonly by: string }) =>
    `frame ${hex(pfn)} is given back while it is held: ${rule} is not kept (${by})`,
} satisfies Record<string, (facts: never, text: AddressText) => string>;

/** The kinds of complaints, each with fields and a sentence of its own. */
export type ComplaintKind = keyof typeof SENTENCES;

/** What is wrong. */
export type Complaint = {
  [Kind in ComplaintKind]: { readonly kind: Kind } & Parameters<(typeof SENTENCES)[Kind]>[0];
}[ComplaintKind];

/** A complaint in words. @param text renders addresses */
export const sentenceOf = (complaint: Complaint, text: AddressText): string =>
  (SENTENCES[complaint.kind] as (facts: Complaint, text: AddressText) => string)(complaint, text);

/** The address that a complaint is about, low 52 bits: where its range begins, or what its table covers. */
export const addressOf = (complaint: Complaint): number | undefined =>
  complaint.at?.start ?? ('table' in complaint ? complaint.table : undefined);

/** What a finding has beside the facts of its complaint. */
const NO_FACTS: ReadonlySet<string> = new Set(['kind', 'step', 'invariant', 'text']);

/** Numbers in what the kernel says. */
const NUMBERS = /\b[0-9a-f]*[0-9][0-9a-f]*\b/g;

/**
 * What a complaint has in common with others of its sort, whatever their addresses, frames and counts: one or several,
 * at which level, of which altmap or device, and what the kernel says without its numbers.
 */
export function sortOf(complaint: Complaint): string {
  const parts: (string | number)[] = [complaint.kind];
  for (const [field, value] of Object.entries(complaint) as [string, unknown][]) {
    if (NO_FACTS.has(field)) continue;
    if (field === 'level') parts.push(LEVELS[value as Level]);
    else if (field === 'count') parts.push(value === 1 ? 'one' : 'several');
    else if (field === 'lost') parts.push((value as readonly number[]).length);
    else if (typeof value === 'string') parts.push(value.replace(NUMBERS, '#'));
  }
  return parts.join(' ');
}
