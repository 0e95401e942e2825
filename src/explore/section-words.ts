// SPDX-License-Identifier: GPL-2.0-only

import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import { INFO_BLOCK } from '../audit/shapes.js';
import {
  joined,
  type AltmapChoice,
  type Altmaps,
  type Draft,
  type Ground,
  type Range,
  type SectionUnit,
  type StepInput,
} from './words.js';

/** Sections, and what they are cut into: their memmap comes and goes, and that is all. */

/** Ranges of one section; a subsection stands at either end, where it meets the neighbours. */
function cut(unit: SectionUnit, pfn: number, pagesPerSection: number, pagesPerSubsection: number): Range[] {
  const half = pagesPerSection / 2;
  switch (unit) {
    case 'section':
      return [{ pfn, nrPages: pagesPerSection }];
    case 'half':
      return [
        { pfn, nrPages: half },
        { pfn: pfn + half, nrPages: half },
      ];
    case 'subsection':
      return [
        { pfn, nrPages: pagesPerSubsection },
        { pfn: pfn + pagesPerSubsection, nrPages: pagesPerSubsection },
        { pfn: pfn + pagesPerSection - pagesPerSubsection, nrPages: pagesPerSubsection },
      ];
  }
}

/** Blocks, and sections behind them, from the first frame on. */
export function rangesOf({ options, bare, blocks }: Omit<Ground, 'ranges'>, first: number): Range[] {
  const { config, traits } = bare.machine;
  const { blockPages } = bare;
  const pagesPerSection = (options.sectionBytes ?? 2 ** config.sectionSizeBits) / config.pageSize;
  const pagesPerSubsection = SUBSECTION_SIZE / config.pageSize;
  const sectionUnits = options.units.filter((unit) => unit !== 'block');
  // Until there were subsections only whole sections came and went.
  const units = traits.genericSubsections ? sectionUnits : sectionUnits.filter((unit) => unit === 'section');
  const behind = first + blocks * blockPages;
  const sections = Array.from({ length: options.sections }, (_, section) =>
    units.flatMap((unit) => cut(unit, behind + section * pagesPerSection, pagesPerSection, pagesPerSubsection)),
  )
    .flat()
    .filter((range, i, all) => all.findIndex((r) => r.pfn === range.pfn && r.nrPages === range.nrPages) === i);
  return [
    ...Array.from({ length: blocks }, (_, i) => ({ pfn: first + i * blockPages, nrPages: blockPages })),
    ...sections,
  ];
}

/** Ranges that are added in one go, and with which altmap. */
interface Add {
  readonly ranges: readonly number[];
  readonly altmap: string | null;
}

/** Every way to add the sections. @param altmaps takes the altmaps */
function addsOf({ options, bare, ranges, blocks }: Ground, altmaps: Altmaps): Add[] {
  const { config, architecture } = bare.machine;
  const { pageSize, structPageSize } = config;
  const room = Math.max(...architecture.configurations.flatMap((c) => c.leafSizes)) / pageSize;
  const adds: Add[] = [];
  const add = (added: number[], altmap: string, range: Range, reserve: number, spare: number): void => {
    const { pfn, nrPages } = range;
    if (nrPages <= reserve) return;
    const free = Math.min(Math.ceil((nrPages * structPageSize) / pageSize) + spare, nrPages - reserve);
    altmaps[altmap] = { basePfn: pfn, endPfn: pfn + nrPages - 1, reserve, free };
    adds.push({ ranges: added, altmap });
  };
  const build: Readonly<Record<AltmapChoice, (r: number, range: Range) => void>> = {
    none: (r) => adds.push({ ranges: [r], altmap: null }),
    own: (r, range) => add([r], `own${r}`, range, 0, room),
    reserve: (r, range) => add([r], `reserve${r}`, range, INFO_BLOCK, room),
    tight: (r, range) => add([r], `tight${r}`, range, 1, 0),
    shared(r, range) {
      const next = ranges.findIndex((other) => other.pfn === range.pfn + range.nrPages);
      if (next >= 0) add([r, next], `shared${r}-${next}`, joined(range, ranges[next]!), 0, room);
    },
  };
  for (const choice of options.altmaps) {
    for (const [r, range] of [...ranges.entries()].slice(blocks)) build[choice](r, range);
  }
  return adds;
}

const named = (altmap: string | null): { altmap?: string } => (altmap === null ? {} : { altmap });

/**
 * Adds and removes of sections, and writes to their memmap.
 * @param altmaps takes the altmaps of the adds
 */
export function draftSections(ground: Ground, altmaps: Altmaps): Draft[] {
  const { options, ranges, blocks } = ground;
  const adds = addsOf(ground, altmaps);
  if (options.compoundSize !== undefined) return draftDevices(adds, ranges, options.compoundSize);
  return [
    ...adds.map(({ ranges: added, altmap }): Draft => {
      const nrPages = added.reduce((sum, r) => sum + ranges[r]!.nrPages, 0);
      const input: StepInput = { op: 'add-pages', pfn: ranges[added[0]!]!.pfn, nrPages, ...named(altmap) };
      return { op: 'add', ranges: added, altmap, input };
    }),
    ...adds.flatMap(({ ranges: added, altmap }) =>
      added.map((range): Draft => ({
        op: 'remove',
        range,
        altmap,
        input: { op: 'remove-pages', ...ranges[range]!, ...named(altmap) },
      })),
    ),
    ...[...ranges.entries()]
      .slice(blocks)
      .map(([range, pages]): Draft => ({ op: 'use', range, altmap: null, input: { op: 'use', ...pages } })),
  ];
}

/** Devices that are mapped and unmapped: mapping one also writes to its memmap, and none shares its altmap. */
function draftDevices(adds: readonly Add[], ranges: readonly Range[], compoundSize: number): Draft[] {
  return adds
    .filter(({ ranges: added }) => added.length === 1)
    .flatMap(({ ranges: added, altmap }): Draft[] => {
      const range = added[0]!;
      const device = `dev${range}`;
      const map = { op: 'memremap-pages' as const, device, ...ranges[range]!, compoundSize, ...named(altmap) };
      return [
        { op: 'add', ranges: added, altmap, input: map },
        { op: 'remove', range, altmap, input: { op: 'memunmap-pages', device } },
      ];
    });
}
