// SPDX-License-Identifier: GPL-2.0-only

import type { Scenario } from '../scenario/scenario.js';
import type { ScenarioInput } from '../scenario/schema.js';
import { FRAME_CONTENTS } from '../kernel/frame-content.js';
import type { ExpectationName } from '../check/expectations.js';

/** What an alphabet may be made of. */

/**
 * What comes and goes as one: a memory block, which is also set online and offline; a section of a device, or what a
 * section is cut into.
 */
export const UNITS = ['section', 'half', 'subsection', 'block'] as const;
export type Unit = (typeof UNITS)[number];
export type SectionUnit = Exclude<Unit, 'block'>;

/**
 * Who backs the memmap: `none` system memory; `own` an altmap for each range; `reserve` the same behind pages that the
 * driver keeps; `tight` behind one such page, and no page more than the memmap takes; `shared` one altmap for two
 * neighbouring ranges, which are added together and go one after the other. A memory block is its own altmap
 * (memmap_on_memory), `own` one by one and `shared` two of them in one go; there is no `reserve` and no `tight` of it.
 */
export const ALTMAP_CHOICES = ['none', 'own', 'shared', 'reserve', 'tight'] as const;
export type AltmapChoice = (typeof ALTMAP_CHOICES)[number];

/**
 * What memory holds that an add takes for its memmap, from the page allocator or an altmap: one of {@link FRAME_CONTENTS},
 * or the bytes that it was `kept` with since it was given back. Zero is what system memory holds if nothing else is
 * chosen; an altmap has the bytes then that it was left with.
 */
export const MEMORY_CHOICES = [...FRAME_CONTENTS, 'kept'] as const;
export type MemoryChoice = (typeof MEMORY_CHOICES)[number];

/** What is explored. */
export interface AlphabetOptions {
  /** Where blocks are to hold their memmap memmap_on_memory is `y`, if the machine does not say. */
  machine: ScenarioInput['machine'];
  /** Neighbouring sections, and as many memory blocks before them if `block` is among the units. */
  sections: number;
  units: readonly Unit[];
  altmaps: readonly AltmapChoice[];
  /** What memory holds that becomes memmap, each add with each in turn; zero if not given. */
  memory?: readonly MemoryChoice[] | undefined;
  /** Where the explored memory begins, bytes: a multiple of a subsection, of a memory block if there are some. */
  start?: number | undefined;
  /** Bytes that a `section` stands for, and is cut from; a section of the machine if not given. */
  sectionBytes?: number | undefined;
  /** Sections are devices with compound pages of so many bytes, mapped and unmapped as device-dax does. */
  compoundSize?: number | undefined;
  /** What is expected besides the invariants. */
  expect?: readonly ExpectationName[] | undefined;
  /** Steps with blocks also fail at places that are no allocation: registering a device, a notifier that objects. */
  fail?: boolean;
  /** Steps besides, which are tried in every state, whether they make sense there or not. */
  besides?: readonly StepInput[] | undefined;
  /** Altmaps that these steps name. */
  altmapsBesides?: Altmaps | undefined;
}

/** Pages that come and go as one. */
export interface Range {
  readonly pfn: number;
  readonly nrPages: number;
}

/** A step as the file of a scenario writes it. */
export type StepInput = ScenarioInput['steps'][number];

export type Altmaps = NonNullable<ScenarioInput['altmaps']>;

/** An action before its step is resolved: its altmap is a name, or null. */
export type Draft = (
  | { readonly op: 'add'; readonly ranges: readonly number[] }
  | { readonly op: 'remove' | 'use' | 'online' | 'offline'; readonly range: number }
  | { readonly op: 'besides' }
) & { readonly altmap: string | null; readonly input: StepInput; readonly hasFault?: boolean };

/** What is known of the machine before there is an alphabet for it. */
export interface Ground {
  readonly options: AlphabetOptions;
  readonly bare: Scenario;
  readonly ranges: readonly Range[];
  readonly blocks: number;
}

/** Two neighbouring ranges as one. */
export const joined = (range: Range, next: Range): Range => ({ pfn: range.pfn, nrPages: range.nrPages + next.nrPages });
