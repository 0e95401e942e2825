// SPDX-License-Identifier: GPL-2.0-only

import type { Kernel } from '../../kernel/kernel.js';
import { pfnToSectionNr, SUBSECTION_SIZE, subsectionMapIndex } from '../../mm/sparse.js';
import type { FaultPoint, SystemMemory } from '../../mm/system-memory.js';
import type { AltmapSpec, Scenario, Step } from '../../scenario/scenario.js';
import { resolveScenario, ScenarioError } from '../../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../scenario/schema.js';
import { BASE, INFO_BLOCK } from '../audit/shapes.js';

/** What may be done to the explored memory: ranges that come, are used and go, each with the altmaps that it may have. */

/**
 * What comes and goes as one: a memory block, which is also set online and offline; a section of a device, or what a
 * section is cut into.
 */
export const UNITS = ['section', 'half', 'subsection', 'block'] as const;
export type Unit = (typeof UNITS)[number];
type SectionUnit = Exclude<Unit, 'block'>;

/**
 * Who backs the memmap: `none` system memory; `own` an altmap for each range; `reserve` the same behind pages that the
 * driver keeps; `tight` behind one such page, and no page more than the memmap takes; `shared` one altmap for two
 * neighbouring ranges, which are added together and go one after the other. A memory block is its own altmap
 * (memmap_on_memory), `own` one by one and `shared` two of them in one go; there is no `reserve` and no `tight` of it.
 */
export const ALTMAP_CHOICES = ['none', 'own', 'shared', 'reserve', 'tight'] as const;
export type AltmapChoice = (typeof ALTMAP_CHOICES)[number];

/** What is explored. */
export interface AlphabetOptions {
  /** Where blocks are to hold their memmap memmap_on_memory is `y`, if the machine does not say. */
  machine: ScenarioInput['machine'];
  /** Neighbouring sections, and as many memory blocks before them if `block` is among the units. */
  sections: number;
  units: readonly Unit[];
  altmaps: readonly AltmapChoice[];
  /** Where the explored memory begins, bytes: a multiple of a subsection, of a memory block if there are some. */
  start?: number;
  /** Bytes that a `section` stands for, and is cut from; a section of the machine if not given. */
  sectionBytes?: number;
  /** Steps with blocks also fail at places that are no allocation: registering a device, a notifier that objects. */
  fail?: boolean;
}

/** Pages that come and go as one. */
export interface Range {
  readonly pfn: number;
  readonly nrPages: number;
}

type StepInput = ScenarioInput['steps'][number];

/** One thing that can be done. */
export type Action = (
  | { readonly op: 'add'; readonly ranges: readonly number[] }
  | { readonly op: 'remove' | 'use' | 'online' | 'offline'; readonly range: number }
) & {
  readonly altmap: number;
  readonly step: Step;
  /** The step as a scenario has it. */
  readonly input: StepInput;
  /** A place in it fails, and no allocation besides. */
  readonly hasFault: boolean;
};

/** The state of a range in {@link Places}: not there; there, and with an altmap by its index; a block that is online. */
export const ABSENT = 0;
const THERE = 1;
const ONLINE = 2;
const FIRST_ALTMAP = 3;
/** Index of no altmap: memmap in system memory, or in a block that holds its own. */
export const NO_ALTMAP = -1;

/** Which ranges are there, and with which altmap. */
export type Places = Uint8Array<ArrayBuffer>;

export interface Alphabet {
  /** The machine with all altmaps, and every action as a step, so that system memory lies above them all. */
  readonly scenario: Scenario;
  readonly machine: ScenarioInput['machine'];
  /** Memory blocks first. */
  readonly ranges: readonly Range[];
  /** So many of the ranges are memory blocks. */
  readonly blocks: number;
  readonly altmaps: readonly AltmapSpec[];
  readonly actions: readonly Action[];
}

type Altmaps = NonNullable<ScenarioInput['altmaps']>;

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

const overlap = (a: Range, b: Range): boolean => a.pfn < b.pfn + b.nrPages && b.pfn < a.pfn + a.nrPages;

/** An action before its step is resolved: its altmap is a name, or null. */
type Draft = (
  | { readonly op: 'add'; readonly ranges: readonly number[] }
  | { readonly op: 'remove' | 'use' | 'online' | 'offline'; readonly range: number }
) & { readonly altmap: string | null; readonly input: StepInput; readonly hasFault?: boolean };

/** What is known of the machine before there is an alphabet for it. */
interface Ground {
  readonly options: AlphabetOptions;
  readonly bare: Scenario;
  readonly ranges: readonly Range[];
  readonly blocks: number;
}

/** Two neighbouring ranges as one. */
const joined = (range: Range, next: Range): Range => ({ pfn: range.pfn, nrPages: range.nrPages + next.nrPages });

/**
 * Adds and removes of devices, and writes to their memmap.
 * @param altmaps takes the altmaps of the adds
 */
function draftSections({ options, bare, ranges, blocks }: Ground, altmaps: Altmaps): Draft[] {
  const { config, architecture } = bare.machine;
  const { pageSize, structPageSize } = config;
  const room = Math.max(...architecture.configurations.flatMap((c) => c.leafSizes)) / pageSize;
  const adds: { ranges: number[]; altmap: string | null }[] = [];
  const add = (added: number[], altmap: string, range: Range, reserve: number, spare: number): void => {
    const { pfn, nrPages } = range;
    if (nrPages <= reserve) return;
    const free = Math.min(Math.ceil((nrPages * structPageSize) / pageSize) + spare, nrPages - reserve);
    altmaps[altmap] = { basePfn: pfn, endPfn: pfn + nrPages - 1, reserve, free };
    adds.push({ ranges: added, altmap });
  };
  const devices = [...ranges.entries()].slice(blocks);
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
  for (const choice of options.altmaps) for (const [r, range] of devices) build[choice](r, range);

  const named = (altmap: string | null): { altmap?: string } => (altmap === null ? {} : { altmap });
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
    ...devices.map(([range, pages]): Draft => ({ op: 'use', range, altmap: null, input: { op: 'use', ...pages } })),
  ];
}

/**
 * Places in steps with blocks that fail, each once a block. What fails before anything was done is left out, and what
 * ends as another does: pages that cannot be moved as a notifier that objects.
 */
const ADD_FAULTS: readonly FaultPoint[] = ['altmapAlloc', 'blockAlloc', 'blockRegister', 'blockIndex'];
const ONLINE_FAULTS: readonly FaultPoint[] = ['notifyPrepareOnline', 'notifyGoingOnline'];
const OFFLINE_FAULTS: readonly FaultPoint[] = ['isolate', 'notifyGoingOffline'];

/** Memory blocks that come, go online and offline, and go; while one is offline somebody may write to its memmap. */
function draftBlocks({ options, bare, ranges, blocks }: Ground): Draft[] {
  const { traits, config } = bare.machine;
  /** Places that the release does not pass. */
  const unknown = new Set<FaultPoint>([
    ...(traits.momPerBlockAltmaps ? [] : (['altmapAlloc'] as const)),
    ...(traits.prepareOnlineNotifier ? [] : (['notifyPrepareOnline'] as const)),
  ]);
  const faultsOf = (points: readonly FaultPoint[], passages: number): Partial<Record<FaultPoint, number>>[] =>
    options.fail === true
      ? points
          .filter((point) => !unknown.has(point))
          .flatMap((point) => Array.from({ length: passages }, (_, i) => ({ [point]: i + 1 })))
      : [];
  // Standby memory of s390 is out of reach until it is online (drivers/s390/char/sclp_mem.c).
  const standby = config.arch === 's390' && traits.prepareOnlineNotifier ? { offlineInaccessible: true } : {};
  const add = (added: readonly number[], range: Range, memmapOnMemory: boolean): Draft[] => {
    const draft = { op: 'add' as const, ranges: added, altmap: null };
    const input = { op: 'add-memory' as const, ...range, memmapOnMemory, ...standby };
    const points = memmapOnMemory ? ADD_FAULTS : ADD_FAULTS.filter((point) => point !== 'altmapAlloc');
    return [
      { ...draft, input },
      ...faultsOf(points, added.length).map((fail): Draft => ({ ...draft, input: { ...input, fail }, hasFault: true })),
    ];
  };
  const own = ranges.slice(0, blocks);
  const holdsMemmap = traits.momOneBlock && bare.memmapOnMemory !== 'n';
  const adds: Readonly<Record<AltmapChoice, () => Draft[]>> = {
    none: () => own.flatMap((range, r) => add([r], range, false)),
    own: () => (holdsMemmap ? own.flatMap((range, r) => add([r], range, true)) : []),
    shared: () => (holdsMemmap ? own.slice(1).flatMap((next, r) => add([r, r + 1], joined(own[r]!, next), true)) : []),
    reserve: () => [],
    tight: () => [],
  };
  const toggle = (
    op: 'online' | 'offline',
    range: number,
    input: StepInput,
    points: readonly FaultPoint[],
  ): Draft[] => [
    { op, range, altmap: null, input },
    ...faultsOf(points, 1).map((fail): Draft => ({
      op,
      range,
      altmap: null,
      input: { ...input, fail } as StepInput,
      hasFault: true,
    })),
  ];
  return [
    ...options.altmaps.flatMap((choice) => adds[choice]()),
    ...own.flatMap((pages, range): Draft[] => [
      { op: 'remove', range, altmap: null, input: { op: 'remove-memory', ...pages } },
      { op: 'use', range, altmap: null, input: { op: 'use', ...pages } },
      ...toggle('online', range, { op: 'online', ...pages }, ONLINE_FAULTS),
      ...toggle('online', range, { op: 'online', ...pages, type: 'movable' }, []),
      ...toggle('offline', range, { op: 'offline', ...pages }, OFFLINE_FAULTS),
    ]),
  ];
}

/** The machine that is explored: where blocks are to hold their memmap, memmap_on_memory has to be on. */
function machineOf({ machine, units, altmaps }: AlphabetOptions): ScenarioInput['machine'] {
  const isOwn = units.includes('block') && altmaps.some((choice) => choice === 'own' || choice === 'shared');
  return isOwn ? { memmapOnMemory: 'y', ...machine } : machine;
}

/** Blocks, and sections behind them, from the first frame on. */
function rangesOf({ options, bare, blocks }: Omit<Ground, 'ranges'>, first: number): Range[] {
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

/** The first frame of the explored memory. @throws ScenarioError where that is none */
function firstFrame(options: AlphabetOptions, bare: Scenario): number {
  const { start } = options;
  const { pageSize } = bare.machine.config;
  if (start === undefined) return BASE;
  const unit = options.units.includes('block') ? bare.blockPages * pageSize : SUBSECTION_SIZE;
  if (start % unit === 0) return start / pageSize;
  throw new ScenarioError(`start is ${start}; allowed are multiples of ${unit} bytes`);
}

/** Puts an alphabet together. @throws ScenarioError when there is no such machine, or nothing that can be added to it */
export function createAlphabet(options: AlphabetOptions): Alphabet {
  const machine = machineOf(options);
  const bare = resolveScenario(scenarioSchema.parse({ machine, steps: [{ op: 'use', pfn: BASE, nrPages: 1 }] }));
  const { release } = bare.machine;
  const blocks = options.units.includes('block') ? options.sections : 0;
  const ranges = rangesOf({ options, bare, blocks }, firstFrame(options, bare));
  const ground = { options, bare, ranges, blocks };
  const altmaps: Altmaps = {};
  const drafts = [...draftBlocks(ground), ...draftSections(ground, altmaps)];
  if (!drafts.some(({ op }) => op === 'add')) {
    const asked = `${options.units.join(', ')} of ${options.sections} sections with altmaps ${options.altmaps.join(', ')}`;
    throw new ScenarioError(`${asked}: on ${release.name} nothing of that can be added; allowed is at least one range`);
  }
  const scenario = resolveScenario(
    scenarioSchema.parse({ name: 'explored', machine, altmaps, steps: drafts.map(({ input }) => input) }),
  );
  const names = Object.keys(altmaps);
  const actions = drafts.map((draft, i): Action => ({
    ...draft,
    altmap: draft.altmap === null ? NO_ALTMAP : names.indexOf(draft.altmap),
    step: scenario.steps[i]!,
    hasFault: draft.hasFault ?? false,
  }));
  return {
    scenario,
    machine: { ...machine, kernel: release.name, ramBasePfn: scenario.machine.ramBasePfn },
    ranges,
    blocks,
    altmaps: scenario.altmaps,
    actions,
  };
}

/** The place of a range that was added with an altmap. */
export const placeOf = (altmap: number): number => (altmap === NO_ALTMAP ? THERE : altmap + FIRST_ALTMAP);

/** Whether an action makes sense: what is there is not added, and what is not there is neither used nor removed. */
export function isPossible({ ranges, blocks }: Alphabet, places: Places, action: Action): boolean {
  if (action.op === 'add') {
    return action.ranges.every((r) => ranges.every((other, o) => places[o] === ABSENT || !overlap(ranges[r]!, other)));
  }
  const place = places[action.range];
  // What does not know whether a block is online would be refused, or change nothing.
  if (action.range < blocks) return place === (action.op === 'offline' ? ONLINE : THERE);
  return action.op === 'use' ? place !== ABSENT : place === placeOf(action.altmap);
}

/** Whether allocations of an action may fail in turn. */
export const mayRunOut = ({ op, hasFault }: Action): boolean => op === 'add' && !hasFault;

/** Places at the start: what is there since boot is there. */
export const firstPlaces = ({ ranges }: Alphabet, kernel: Kernel): Places =>
  Uint8Array.from(ranges, (range) => (isActive(kernel, range) ? THERE : ABSENT));

/** Whether a part of a range has its memmap: of an add that fails, the sections before the one that failed stay. */
export function isActive(kernel: Kernel, { pfn, nrPages }: Range): boolean {
  const { sections, pagesPerSection } = kernel;
  const end = pfn + nrPages;
  for (let at = pfn; at < end; at = (pfnToSectionNr(kernel, at) + 1) * pagesPerSection) {
    const last = Math.min(end, (pfnToSectionNr(kernel, at) + 1) * pagesPerSection) - 1;
    const to = subsectionMapIndex(kernel, last) + 1;
    if (!sections.areClear(pfnToSectionNr(kernel, at), subsectionMapIndex(kernel, at), to)) return true;
  }
  return false;
}

/** Notes which memory blocks are there, and which are online. */
export function readBlocks({ ranges, blocks }: Alphabet, memory: SystemMemory, places: Places): void {
  for (let r = 0; r < blocks; r++) {
    const block = memory.blocks.get(ranges[r]!.pfn / memory.blockPages);
    places[r] = block === undefined ? ABSENT : block.state === 'online' ? ONLINE : THERE;
  }
}

/** Names of the altmaps that some range was added with which is there. */
export function altmapsOf({ altmaps }: Alphabet, places: Places): Set<string> {
  const names = new Set<string>();
  for (const place of places) if (place >= FIRST_ALTMAP) names.add(altmaps[place - FIRST_ALTMAP]!.name);
  return names;
}
