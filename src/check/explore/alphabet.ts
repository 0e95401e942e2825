// SPDX-License-Identifier: GPL-2.0-only

import { SUBSECTION_SIZE } from '../../mm/sparse.js';
import type { AltmapSpec, Scenario, Step } from '../../scenario/scenario.js';
import { resolveScenario, ScenarioError } from '../../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../scenario/schema.js';
import { BASE, INFO_BLOCK } from '../audit/shapes.js';

/** What may be done to the explored memory: ranges that come, are used and go, each with the altmaps that it may have. */

/** How a section is cut into ranges that come and go as one. */
export const UNITS = ['section', 'half', 'subsection'] as const;
export type Unit = (typeof UNITS)[number];

/**
 * Who backs the memmap: `none` system memory; `own` an altmap for each range; `reserve` the same behind pages that the
 * driver keeps; `shared` one altmap for two neighbouring ranges, which are added together and go one after the other.
 */
export const ALTMAP_CHOICES = ['none', 'own', 'shared', 'reserve'] as const;
export type AltmapChoice = (typeof ALTMAP_CHOICES)[number];

/** What is explored. */
export interface AlphabetOptions {
  machine: ScenarioInput['machine'];
  /** Neighbouring sections. */
  sections: number;
  units: readonly Unit[];
  altmaps: readonly AltmapChoice[];
}

/** Pages that come and go as one. */
export interface Range {
  readonly pfn: number;
  readonly nrPages: number;
}

/** One thing that can be done. */
export type Action =
  | { readonly op: 'add'; readonly ranges: readonly number[]; readonly altmap: number; readonly step: Step }
  | { readonly op: 'remove' | 'use'; readonly range: number; readonly altmap: number; readonly step: Step };

/** The state of a range in {@link Places}: not there, or there with the altmap of index `place - FIRST_ALTMAP`. */
export const ABSENT = 0;
const FIRST_ALTMAP = 2;
/** Index of no altmap: memmap in system memory. */
export const NO_ALTMAP = -1;

/** Which ranges are there, and with which altmap. */
export type Places = Uint8Array<ArrayBuffer>;

export interface Alphabet {
  /** The machine with all altmaps, and every add as a step, so that system memory lies above them all. */
  readonly scenario: Scenario;
  readonly machine: ScenarioInput['machine'];
  readonly ranges: readonly Range[];
  readonly altmaps: readonly AltmapSpec[];
  readonly actions: readonly Action[];
}

type Altmaps = NonNullable<ScenarioInput['altmaps']>;

/** Ranges of one section; a subsection stands at either end, where it meets the neighbours. */
function cut(unit: Unit, pfn: number, pagesPerSection: number, pagesPerSubsection: number): Range[] {
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

const overlap = (a: Range, b: Range): boolean => a.pfn < b.pfn + b.nrPages && b.pfn < a.pfn + a.nrPages;

/** Puts an alphabet together. @throws ScenarioError when there is no such machine */
export function createAlphabet(options: AlphabetOptions): Alphabet {
  const bare = resolveScenario(
    scenarioSchema.parse({ machine: options.machine, steps: [{ op: 'use', pfn: BASE, nrPages: 1 }] }),
  );
  const { config, traits, release } = bare.machine;
  const { pageSize, structPageSize } = config;
  const pagesPerSection = 2 ** config.sectionSizeBits / pageSize;
  const pagesPerSubsection = SUBSECTION_SIZE / pageSize;
  // Until there were subsections only whole sections came and went.
  const units = traits.genericSubsections ? options.units : options.units.filter((unit) => unit === 'section');
  const ranges = Array.from({ length: options.sections }, (_, section) =>
    units.flatMap((unit) => cut(unit, BASE + section * pagesPerSection, pagesPerSection, pagesPerSubsection)),
  )
    .flat()
    .filter((range, i, all) => all.findIndex((r) => r.pfn === range.pfn && r.nrPages === range.nrPages) === i);

  const altmaps: Altmaps = {};
  const adds: { ranges: number[]; altmap: string | null }[] = [];
  const noteAltmap = (name: string, { pfn, nrPages }: Range, reserve: number): string => {
    const needed = Math.ceil((nrPages * structPageSize) / pageSize);
    const room = Math.max(...bare.machine.architecture.configurations.flatMap((c) => c.leafSizes)) / pageSize;
    const free = Math.min(needed + room, nrPages - reserve);
    altmaps[name] = { basePfn: pfn, endPfn: pfn + nrPages - 1, reserve, free };
    return name;
  };
  for (const choice of options.altmaps) {
    ranges.forEach((range, r) => {
      if (choice === 'none') adds.push({ ranges: [r], altmap: null });
      else if (choice === 'own') adds.push({ ranges: [r], altmap: noteAltmap(`own${r}`, range, 0) });
      else if (choice === 'reserve') {
        if (range.nrPages > INFO_BLOCK) {
          adds.push({ ranges: [r], altmap: noteAltmap(`reserve${r}`, range, INFO_BLOCK) });
        }
      } else {
        const next = ranges.findIndex((other) => other.pfn === range.pfn + range.nrPages);
        if (next < 0) return;
        const both = { pfn: range.pfn, nrPages: range.nrPages + ranges[next]!.nrPages };
        adds.push({ ranges: [r, next], altmap: noteAltmap(`shared${r}-${next}`, both, 0) });
      }
    });
  }

  if (adds.length === 0) {
    const asked = `${options.units.join(', ')} of ${options.sections} sections with altmaps ${options.altmaps.join(', ')}`;
    throw new ScenarioError(`${asked}: on ${release.name} nothing of that can be added; allowed is at least one range`);
  }
  const names = Object.keys(altmaps);
  const indexOf = (altmap: string | null): number => (altmap === null ? NO_ALTMAP : names.indexOf(altmap));
  const actions: Action[] = adds.map(({ ranges: added, altmap }) => {
    const first = ranges[added[0]!]!;
    const nrPages = added.reduce((sum, r) => sum + ranges[r]!.nrPages, 0);
    const step: Step = { op: 'add-pages', pfn: first.pfn, nrPages, altmap, nid: 0 };
    return { op: 'add', ranges: added, altmap: indexOf(altmap), step };
  });
  for (const { ranges: added, altmap } of adds) {
    for (const range of added) {
      const step: Step = { op: 'remove-pages', ...ranges[range]!, altmap };
      actions.push({ op: 'remove', range, altmap: indexOf(altmap), step });
    }
  }
  ranges.forEach((range, r) => {
    actions.push({ op: 'use', range: r, altmap: NO_ALTMAP, step: { op: 'use', ...range } });
  });

  const whole = resolveScenario(
    scenarioSchema.parse({
      name: 'explored',
      machine: options.machine,
      altmaps,
      steps: adds.map(({ ranges: added, altmap }) => {
        const nrPages = added.reduce((sum, r) => sum + ranges[r]!.nrPages, 0);
        return { op: 'add-pages', pfn: ranges[added[0]!]!.pfn, nrPages, ...(altmap === null ? {} : { altmap }) };
      }),
    }),
  );
  const machine = { ...options.machine, kernel: release.name, ramBasePfn: whole.machine.ramBasePfn };
  return { scenario: whole, machine, ranges, altmaps: whole.altmaps, actions };
}

/** Marks the altmaps that some range was added with which is there, by their index. */
export function markAltmaps(places: Places, used: Uint8Array): void {
  used.fill(0);
  for (const place of places) if (place >= FIRST_ALTMAP) used[place - FIRST_ALTMAP] = 1;
}

export const placeOf = (altmap: number): number => altmap + FIRST_ALTMAP;

/** Whether an action makes sense: what is there is not added, and what is not there is neither used nor removed. */
export function isPossible({ ranges }: Alphabet, places: Places, action: Action): boolean {
  if (action.op === 'add') {
    return action.ranges.every((r) => ranges.every((other, o) => places[o] === ABSENT || !overlap(ranges[r]!, other)));
  }
  return action.op === 'use' ? places[action.range] !== ABSENT : places[action.range] === placeOf(action.altmap);
}

/** Names of the altmaps that some range was added with which is there. */
export function altmapsOf({ altmaps }: Alphabet, places: Places): Set<string> {
  const names = new Set<string>();
  for (const place of places) if (place >= FIRST_ALTMAP) names.add(altmaps[place - FIRST_ALTMAP]!.name);
  return names;
}
