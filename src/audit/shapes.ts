// SPDX-License-Identifier: GPL-2.0-only

import type { ScenarioInput } from '../scenario/schema.js';

/** The shapes of altmap that an architecture's support is audited with: how a device carries its own memmap. */

/** A machine as shapes see it. All counts are base pages. */
export interface ShapeMachine {
  /** PAGE_SIZE and sizeof(struct page), bytes. */
  pageSize: number;
  structPageSize: number;
  pagesPerSection: number;
  pagesPerSubsection: number;
  /** Bytes of the largest leaf that maps the vmemmap. */
  leafSize: number;
}

type Steps = ScenarioInput['steps'];
/** Altmaps of a scenario as its file writes them. */
export type Altmaps = NonNullable<ScenarioInput['altmaps']>;

/** What is done to the machine, and with which altmaps. */
export interface Shaped {
  altmaps: Altmaps;
  steps: Steps;
}

/** A way in which an altmap can lie, as the scenario that tries it on a machine. */
export interface Shape {
  readonly name: string;
  /** What it asks of an architecture, in one sentence. */
  readonly sentence: string;
  /** The altmaps and steps of it on a machine. */
  build(machine: ShapeMachine): Shaped;
}

/** First frame of the memory that is audited, and explored: the memmap of this frame begins on a leaf, whatever the sizes. */
export const BASE = 2 ** 26;
/** Pages that a driver keeps for itself at the start of a device: the info block of a namespace. */
export const INFO_BLOCK = 2;

/** Memory as RAM is added, and parts of a range that was added so. */
const add = (pfn: number, nrPages: number, altmap?: string): Steps[number] => ({
  op: 'add-pages',
  pfn,
  nrPages,
  altmap,
});
const remove = (pfn: number, nrPages: number, altmap?: string): Steps[number] => ({
  op: 'remove-pages',
  pfn,
  nrPages,
  altmap,
});
/** A device, as its driver adds it with the altmap of the same name. */
const map = (device: string, pfn: number, nrPages: number): Steps[number] => ({
  op: 'memremap-pages',
  device,
  pfn,
  nrPages,
  altmap: device,
});
const unmap = (device: string): Steps[number] => ({ op: 'memunmap-pages', device });
const use = (pfn: number, nrPages: number): Steps[number] => ({ op: 'use', pfn, nrPages });

/** Base pages that the memmap of so many pages needs. */
const memmapPages = ({ structPageSize, pageSize }: ShapeMachine, nrPages: number): number =>
  Math.ceil((nrPages * structPageSize) / pageSize);

/** Pages of whole sections whose memmap fills at least one of the largest leaves. */
function unitOf({ leafSize, structPageSize, pagesPerSection }: ShapeMachine): number {
  return Math.ceil(leafSize / structPageSize / pagesPerSection) * pagesPerSection;
}

const leafPages = ({ leafSize, pageSize }: ShapeMachine): number => leafSize / pageSize;

/** An altmap over a device. */
const over = (pfn: number, nrPages: number, free: number, reserve = 0): Altmaps[string] => ({
  basePfn: pfn,
  endPfn: pfn + nrPages - 1,
  reserve,
  free,
});

/** A device that is added, used and removed as a whole. */
const wholeDevice = (pfn: number, nrPages: number, altmap: Altmaps[string]): Shaped => ({
  altmaps: { dev: altmap },
  steps: [map('dev', pfn, nrPages), use(pfn, nrPages), unmap('dev')],
});

/** Ways in which an altmap can lie in or beside the memory that it serves. */
export const SHAPES: readonly Shape[] = [
  {
    name: 'exact',
    sentence: 'The altmap has just the pages that the memmap needs.',
    build(machine) {
      const nrPages = 2 * unitOf(machine);
      return wholeDevice(BASE, nrPages, over(BASE, nrPages, memmapPages(machine, nrPages)));
    },
  },
  {
    name: 'reserve',
    sentence: 'The driver keeps the first pages, and the altmap has room to align its blocks.',
    build(machine) {
      const nrPages = 2 * unitOf(machine);
      const free = memmapPages(machine, nrPages) + 2 * leafPages(machine);
      return wholeDevice(BASE, nrPages, over(BASE, nrPages, free, INFO_BLOCK));
    },
  },
  {
    name: 'misaligned',
    sentence: 'The device begins a subsection behind a border of sections.',
    build(machine) {
      const pfn = BASE + machine.pagesPerSubsection;
      const nrPages = 2 * unitOf(machine) - machine.pagesPerSubsection;
      const free = memmapPages(machine, nrPages) + 2 * leafPages(machine);
      return wholeDevice(pfn, nrPages, over(pfn, nrPages, free));
    },
  },
  {
    name: 'too-small',
    sentence: 'The altmap lacks one page; so the add must fail and leave nothing, or take the rest elsewhere.',
    build(machine) {
      // One section: of several, __add_pages() keeps those before the one that fails.
      const nrPages = machine.pagesPerSection;
      return wholeDevice(BASE, nrPages, over(BASE, nrPages, Math.max(1, memmapPages(machine, nrPages)) - 1));
    },
  },
  {
    name: 'shared',
    sentence: 'One altmap serves several sections, which go one after the other.',
    build(machine) {
      const unit = unitOf(machine);
      const { pagesPerSection } = machine;
      const nrPages = 2 * unit;
      const free = memmapPages(machine, nrPages) + leafPages(machine);
      return {
        altmaps: { dev: over(BASE, nrPages, free) },
        steps: [
          add(BASE, nrPages, 'dev'),
          use(BASE, nrPages),
          remove(BASE, pagesPerSection, 'dev'),
          remove(BASE + pagesPerSection, nrPages - pagesPerSection, 'dev'),
        ],
      };
    },
  },
  {
    name: 'crossing',
    sentence: 'The device ends inside the last leaf, and memory without altmap follows.',
    build(machine) {
      const { pagesPerSection } = machine;
      const nrPages = unitOf(machine) + pagesPerSection / 2;
      const next = BASE + unitOf(machine) + pagesPerSection;
      const free = memmapPages(machine, nrPages) + leafPages(machine);
      return {
        altmaps: { dev: over(BASE, nrPages, free) },
        steps: [
          map('dev', BASE, nrPages),
          add(next, pagesPerSection),
          use(BASE, nrPages),
          use(next, pagesPerSection),
          unmap('dev'),
          remove(next, pagesPerSection),
        ],
      };
    },
  },
  {
    name: 'partial',
    sentence: 'Two devices share a section, each with an altmap of its own.',
    build(machine) {
      const half = machine.pagesPerSection / 2;
      const free = memmapPages(machine, half) + 1;
      return {
        altmaps: { low: over(BASE, half, free), high: over(BASE + half, half, free) },
        steps: [
          map('low', BASE, half),
          map('high', BASE + half, half),
          use(BASE, 2 * half),
          unmap('low'),
          unmap('high'),
        ],
      };
    },
  },
  {
    name: 'neighbour',
    sentence: 'Memory without altmap is there first, and its last leaf reaches into the memmap of the device.',
    build(machine) {
      const { pagesPerSection } = machine;
      const pfn = BASE + pagesPerSection;
      const nrPages = unitOf(machine);
      const free = memmapPages(machine, nrPages) + leafPages(machine);
      return {
        altmaps: { dev: over(pfn, nrPages, free) },
        steps: [
          add(BASE, pagesPerSection),
          map('dev', pfn, nrPages),
          use(BASE, pagesPerSection + nrPages),
          remove(BASE, pagesPerSection),
          unmap('dev'),
        ],
      };
    },
  },
];
