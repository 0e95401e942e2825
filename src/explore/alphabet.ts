// SPDX-License-Identifier: GPL-2.0-only

import type { Kernel } from '../kernel/kernel.js';
import { pfnToSectionNr, subsectionMapIndex } from '../mm/sparse.js';
import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import type { SystemMemory } from '../mm/system-memory.js';
import { type AltmapSpec, resolveScenario, type Scenario, type Step } from '../scenario/scenario.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { BASE } from '../audit/shapes.js';
import { EXPECTATIONS } from '../check/expectations.js';
import { INVARIANTS } from '../check/invariants.js';
import type { Check } from '../check/step-view.js';
import { draftBlocks } from './block-words.js';
import { draftSections, rangesOf } from './section-words.js';
import type { AlphabetOptions, Altmaps, Draft, MemoryChoice, Range, StepInput } from './words.js';

export { ALTMAP_CHOICES, MEMORY_CHOICES, UNITS } from './words.js';
export type { AlphabetOptions, AltmapChoice, MemoryChoice, Range, Unit } from './words.js';

/** What may be done to the explored memory: ranges that come, are used and go, each with the altmaps that it may have. */

const DEFAULT_MEMORY: readonly MemoryChoice[] = ['zero'];

/** One thing that can be done. */
export type Action = (
  | { readonly op: 'add'; readonly ranges: readonly number[] }
  | { readonly op: 'remove' | 'use' | 'online' | 'offline'; readonly range: number }
  /** Whatever {@link AlphabetOptions.besides} names. */
  | { readonly op: 'besides' }
) & {
  readonly altmap: number;
  /** What it is about. */
  readonly pages: Range;
  readonly step: Step;
  /** The step as a scenario has it. */
  readonly input: StepInput;
  /** The step has a fault point; no allocation is failed in it as well. */
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

/** What an explored world is made of: its machine, its ranges and what may be done with them. */
export interface Alphabet {
  /** The machine with all altmaps, and every action as a step, so that system memory lies above them all. */
  readonly scenario: Scenario;
  readonly machine: ScenarioInput['machine'];
  /** Memory blocks first. */
  readonly ranges: readonly Range[];
  /** Some add takes memory that holds other bytes than zero. */
  readonly hasDirtyMemory: boolean;
  /** So many of the ranges are memory blocks. */
  readonly blocks: number;
  readonly altmaps: readonly AltmapSpec[];
  /** By altmap: the others that hand out some of the same pages. */
  readonly overlays: readonly ReadonlySet<number>[];
  readonly actions: readonly Action[];
  /** What is asked after each step: every invariant, and what is expected besides. */
  readonly checks: readonly Check[];
}

const overlap = (a: Range, b: Range): boolean => a.pfn < b.pfn + b.nrPages && b.pfn < a.pfn + a.nrPages;

/** The machine that is explored: where blocks are to hold their memmap, memmap_on_memory has to be on. */
function machineOf({ machine, units, altmaps, memory }: AlphabetOptions): ScenarioInput['machine'] {
  const isOwn = units.includes('block') && altmaps.some((choice) => choice === 'own' || choice === 'shared');
  const own: ScenarioInput['machine'] = isOwn ? { memmapOnMemory: 'y', ...machine } : machine;
  return memory?.includes('kept') ? { ...own, recycledPages: 'keep' } : own;
}

/** Every add once for each thing that its memory may hold; those beyond the first come last, without faults besides. */
function withMemory(drafts: readonly Draft[], { memory = DEFAULT_MEMORY }: AlphabetOptions): Draft[] {
  const untold = memory.includes('kept') ? 'kept' : 'zero';
  const [first, ...others] = memory;
  const holding = (draft: Draft, choice: MemoryChoice | undefined): Draft =>
    draft.op !== 'add' || choice === untold
      ? draft
      : { ...draft, input: { ...draft.input, frameContent: choice } as StepInput };
  const adds = drafts.filter(({ op, hasFault }) => op === 'add' && hasFault !== true);
  return [
    ...drafts.map((draft) => holding(draft, first)),
    ...others.flatMap((choice) => adds.map((draft) => holding(draft, choice))),
  ];
}

/** @throws ScenarioError where a number of bytes is no multiple of a unit */
function refuseUneven(name: string, bytes: number | undefined, unit: number): void {
  if (bytes === undefined || bytes % unit === 0) return;
  throw new ScenarioError(`${name} is ${bytes}; allowed are multiples of ${unit} bytes`);
}

/** The pages of an action: ranges that are added together are neighbours, and a step besides may be about all of them. */
function pagesOf(draft: Draft, ranges: readonly Range[]): Range {
  const members = draft.op === 'besides' ? [...ranges.keys()] : draft.op === 'add' ? draft.ranges : [draft.range];
  const nrPages = members.reduce((sum, r) => sum + ranges[r]!.nrPages, 0);
  return { pfn: ranges[members[0]!]!.pfn, nrPages };
}

/** Puts an alphabet together. @throws ScenarioError when there is no such machine, or nothing that can be added to it */
export function createAlphabet(options: AlphabetOptions): Alphabet {
  const machine = machineOf(options);
  const bare = resolveScenario(scenarioSchema.parse({ machine, steps: [{ op: 'use', pfn: BASE, nrPages: 1 }] }));
  const { release } = bare.machine;
  const { pageSize } = bare.machine.config;
  const blocks = options.units.includes('block') ? options.sections : 0;
  refuseUneven('start', options.start, blocks > 0 ? bare.blockPages * pageSize : SUBSECTION_SIZE);
  refuseUneven('sectionBytes', options.sectionBytes, 2 * SUBSECTION_SIZE);
  const first = options.start === undefined ? BASE : options.start / pageSize;
  const ranges = rangesOf({ options, bare, blocks }, first);
  const ground = { options, bare, ranges, blocks };
  const altmaps: Altmaps = { ...options.altmapsBesides };
  const drafts: Draft[] = [
    ...withMemory([...draftBlocks(ground), ...draftSections(ground, altmaps)], options),
    ...(options.besides ?? []).map((input): Draft => ({ op: 'besides', altmap: null, input })),
  ];
  if (!drafts.some(({ op }) => op === 'add' || op === 'besides')) {
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
    pages: pagesOf(draft, ranges),
    step: scenario.steps[i]!,
    hasFault: draft.hasFault ?? false,
  }));
  return {
    scenario,
    machine: { ...machine, kernel: release.name, ramBasePfn: scenario.machine.ramBasePfn },
    ranges,
    hasDirtyMemory: (options.memory ?? DEFAULT_MEMORY).some((choice) => choice !== 'zero'),
    blocks,
    altmaps: scenario.altmaps,
    overlays: overlaysOf(scenario.altmaps),
    actions,
    checks: [...INVARIANTS, ...EXPECTATIONS.filter(({ name }) => options.expect?.includes(name))],
  };
}

/**
 * The same actions on another kernel, whatever its own alphabet would be.
 * @throws ScenarioError where that kernel has no such machine, or knows one of the steps not
 */
export function alphabetOn(alphabet: Alphabet, kernel: string): Alphabet {
  const machine = { ...alphabet.machine, kernel };
  const altmaps = Object.fromEntries(alphabet.altmaps.map(({ name, ...spec }) => [name, spec]));
  const steps = alphabet.actions.map(({ input }) => input);
  const scenario = resolveScenario(scenarioSchema.parse({ name: 'explored', machine, altmaps, steps }));
  const actions = alphabet.actions.map((action, i) => ({ ...action, step: scenario.steps[i]! }));
  return { ...alphabet, scenario, machine, actions };
}

/** Which altmaps have pages in common, by their index. */
function overlaysOf(altmaps: readonly AltmapSpec[]): Set<number>[] {
  const windows = altmaps.map(({ basePfn, reserve, free }) => ({ pfn: basePfn + reserve, nrPages: free }));
  return windows.map(
    (window, a) => new Set(windows.flatMap((other, o) => (o !== a && overlap(window, other) ? [o] : []))),
  );
}

/** The place of a range that was added with an altmap. */
export const placeOf = (altmap: number): number => (altmap === NO_ALTMAP ? THERE : altmap + FIRST_ALTMAP);

/**
 * Whether an action makes sense: what is there is not added, what is not there is neither used nor removed, and no altmap
 * is laid over pages that back the memmap of somebody else.
 */
export function isPossible({ ranges, blocks, overlays }: Alphabet, places: Places, action: Action): boolean {
  if (action.op === 'add') {
    const others = action.altmap === NO_ALTMAP ? undefined : overlays[action.altmap]!;
    for (let o = 0; o < places.length; o++) {
      const place = places[o]!;
      if (place === ABSENT) continue;
      if (others !== undefined && place >= FIRST_ALTMAP && others.has(place - FIRST_ALTMAP)) return false;
      if (overlap(action.pages, ranges[o]!)) return false;
    }
    return true;
  }
  if (action.op === 'besides') return true;
  const place = places[action.range];
  // What does not know whether a block is online would be refused, or change nothing.
  if (action.range < blocks) return place === (action.op === 'offline' ? ONLINE : THERE);
  return action.op === 'use' ? place !== ABSENT : place === placeOf(action.altmap);
}

/** Whether allocations of an action may fail in turn. */
export const mayRunOut = ({ op, hasFault }: Action): boolean => (op === 'add' || op === 'besides') && !hasFault;

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

/** Marks the altmaps that some range was added with which is there, by their index. */
export function markAltmaps(places: Places, used: Uint8Array): void {
  used.fill(0);
  for (let r = 0; r < places.length; r++) {
    const place = places[r]!;
    if (place >= FIRST_ALTMAP) used[place - FIRST_ALTMAP] = 1;
  }
}

/** Names of the altmaps that some range was added with which is there. */
export function altmapsOf({ altmaps }: Alphabet, places: Places): Set<string> {
  const names = new Set<string>();
  for (const place of places) if (place >= FIRST_ALTMAP) names.add(altmaps[place - FIRST_ALTMAP]!.name);
  return names;
}
