// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../hardware/hex.js';
import type { Finding } from '../check/checked-run.js';
import { addressOf } from '../check/complaint.js';
import type { InvariantName } from '../check/invariants.js';
import type { Leaf } from '../hardware/page-table.js';
import type { AddressText } from '../kernel/vmemmap-view.js';
import type { Command } from './commands.js';

/** What shows a finding on a guest: what to read, what it says where the kernel is broken, and what where it is not. */

export interface Look extends Command {
  /** Before or after the commands of the step. */
  readonly when: 'before' | 'after';
  readonly broken: string;
  readonly fine: string;
}

/** What is known of the machine at a finding. */
export interface FindingView {
  readonly finding: Finding;
  readonly text: AddressText;
  readonly structPageSize: number;
  readonly pageSize: number;
  readonly vmemmapBase: bigint;
  /** The leaf that mapped a frame last, at this step or before it. */
  readonly lastLeafOf: (pfn: number) => Leaf | undefined;
  /** The first word that the step changes in the page of an address, low 52 bits. */
  readonly changedWord: (address: number) => number;
}

/** Bytes from the start of a struct page to page_type and _refcount (include/linux/mm_types.h, 64 bit). */
const PAGE_TYPE_OFFSET = 48;

const NOT_MAPPED = 'Cannot access memory';
const MAPPED = 'two words of a struct page';

/** The virtual address that a finding is about, as people read it. */
function addressText({ finding, text }: FindingView): string | undefined {
  const address = addressOf(finding);
  return address === undefined ? undefined : text.of(address);
}

const readAt = (address: string): string => `x /2gx 0x${address}`;
const afterwards = (line: string, broken: string, fine: string): Look => ({
  where: 'monitor',
  when: 'after',
  line,
  broken,
  fine,
});
const inGuest = (line: string, broken: string, fine: string): Look => ({
  where: 'guest',
  when: 'after',
  line,
  broken,
  fine,
});

/** The kernel's complaints in its log. */
const WARNINGS = 'dmesg | grep -E "WARNING:|BUG:|Bad page|Oops|not fully unmapped|failed to free all reserved pages"';

/** The struct page of the frame that an address is mapped to, as the monitor can compute it from what gva2gpa prints. */
const structPageOf = ({ vmemmapBase, pageSize, structPageSize }: FindingView): string =>
  `${hex(vmemmapBase + BigInt(PAGE_TYPE_OFFSET))}+GPA/${pageSize}*${structPageSize}`;

/** A frame of system memory whose fate shows in its struct page. */
function frameLooks(view: FindingView, broken: string, fine: string): Look[] {
  const [pfn] = view.finding.frames ?? [];
  const leaf = pfn === undefined ? undefined : view.lastLeafOf(pfn);
  if (leaf === undefined) return [];
  return [
    {
      where: 'monitor',
      when: 'before',
      line: `gva2gpa 0x${view.text.of(leaf.start)}`,
      broken: 'gpa: GPA, the frame that will be asked for',
      fine: 'the same',
    },
    afterwards(`x /2wx ${structPageOf(view)}`, broken, fine),
  ];
}

/** page_type and _refcount of a page that somebody holds. */
const HELD = 'the second word, _refcount, is 1: nobody gave the page back';
const GIVEN_BACK = 'the second word, _refcount, is 0: the page allocator has it';

/** The struct page of a frame that the scenario knows by its number. */
function knownFrameLook({ finding, vmemmapBase, structPageSize }: FindingView): Look[] {
  const [pfn] = finding.frames ?? [];
  if (pfn === undefined) return [];
  const page = (vmemmapBase + BigInt(pfn) * BigInt(structPageSize) + BigInt(PAGE_TYPE_OFFSET)).toString(16);
  const line = `x /2wx 0x${page}`;
  return [
    { where: 'monitor', when: 'before', line, broken: 'page_type and _refcount of the frame', fine: 'the same' },
    afterwards(
      line,
      '_refcount, the second word, is one less, if the kernel has survived to say so',
      'as before the step, or not mapped',
    ),
  ];
}

const untouched = (address: string): Look[] => [
  {
    where: 'monitor',
    when: 'before',
    line: `x /8gx 0x${address}`,
    broken: 'the bytes to compare with',
    fine: 'the same',
  },
  afterwards(`x /8gx 0x${address}`, `other bytes, or ${NOT_MAPPED}`, 'the same bytes'),
];

/** A page that should stay where it is. */
const unmoved = (address: string): Look[] => [
  {
    where: 'monitor',
    when: 'before',
    line: `gva2gpa 0x${address}`,
    broken: 'the frame to compare with',
    fine: 'the same',
  },
  afterwards(`gva2gpa 0x${address}`, 'another frame', 'the same frame'),
];

const warnings = (broken: string): Look[] => [inGuest(WARNINGS, broken, 'nothing new')];

type LooksOf = (view: FindingView) => Look[];

/** What a failed or finished step leaves behind, or takes along. */
const stays: LooksOf = (view) => {
  const address = addressText(view);
  const isGone = view.finding.kind === 'leaf-gone';
  if (address !== undefined) {
    return [isGone ? afterwards(readAt(address), NOT_MAPPED, MAPPED) : afterwards(readAt(address), MAPPED, NOT_MAPPED)];
  }
  return view.finding.frames === undefined ? [] : frameLooks(view, HELD, GIVEN_BACK);
};

/** What to read, by the invariant that breaks. */
const LOOKS: Readonly<Partial<Record<InvariantName, LooksOf>>> = {
  'no-crash': () => warnings('the kernel’s last words, if the console still answers'),
  'no-hole': (view) => {
    const address = addressText(view);
    return address === undefined ? [] : [afterwards(readAt(address), NOT_MAPPED, MAPPED)];
  },
  'no-leak': stays,
  'right-owner': (view) => {
    const isDevice = view.finding.kind === 'free-not-allocated';
    if (isDevice) return [...knownFrameLook(view), ...warnings('a page in a bad state')];
    return frameLooks(view, GIVEN_BACK, HELD);
  },
  'altmap-books': () => warnings('failed to free all reserved pages, once the device is gone'),
  'no-cross-talk': ({ finding, changedWord, text }) => {
    const address = addressOf(finding);
    if (address === undefined) return [];
    return finding.kind === 'remapped' ? unmoved(text.of(address)) : untouched(text.of(changedWord(address)));
  },
  'roll-back': stays,
  counters: ({ finding }) => [inGuest('grep nr_memmap /proc/vmstat', finding.text, 'what it was before the steps')],
  'zone-spans': ({ finding }) => [
    inGuest('grep -E "Node|spanned|present|start_pfn" /proc/zoneinfo', finding.text, 'every online block is spanned'),
  ],
  'pages-present': ({ finding }) => [
    inGuest('grep -E "Node|spanned|present|start_pfn" /proc/zoneinfo', finding.text, 'present is spanned at most'),
  ],
  'driver-regions': ({ finding }) => [inGuest('cat /proc/iomem', finding.text, 'the driver’s range is there')],
  'boot-resources': ({ finding }) => [inGuest('cat /proc/iomem', finding.text, 'the range is there')],
  'no-warning': ({ finding }) => warnings(finding.text),
};

/** What to read for a finding; nothing where a guest shows nothing of it. */
export const looksFor = (view: FindingView): Look[] => LOOKS[view.finding.invariant as InvariantName]?.(view) ?? [];
