// SPDX-License-Identifier: GPL-2.0-only

import { findRelease, isWithin, type Release, RECORDED_RELEASES, resolveTraits } from '../../history/releases.js';
import { type Trait, type TraitKey, TRAITS, traitsOn } from '../../history/traits/index.js';
import { ScenarioError } from '../../kernel/scenario-error.js';
import { ARCHITECTURES } from '../../scenario/names.js';
import { resolveScenario } from '../../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../scenario/schema.js';
import type { ArchConfiguration, Architecture } from '../../../arch/architecture.js';
import { alphabetOn, createAlphabet, type Alphabet } from '../alphabet.js';
import { lockstep } from '../lockstep.js';
import type { Move } from '../moves.js';
import { scenarioOf } from '../violations.js';
import { releaseWithout, shownBy } from './shown.js';
import { baseOf, type Site, type World, WORLDS } from './worlds.js';

/** The shortest scenario in which a trait shows: in which a release with it and the same release without it part. */

/** Where a scenario is searched. */
export interface Range {
  /** Steps of the scenario. */
  readonly length: number;
  /** Steps that are tried in one world on one machine. */
  readonly limit: number;
  /** On every machine, and not only on the most common of each architecture. */
  readonly isOnAny: boolean;
}

/** A scenario that shows a trait, on the release with it. */
export interface Showing {
  readonly release: string;
  readonly scenario: ScenarioInput;
}

/** struct page of most configurations comes first, then by size. */
const MOST_COMMON = 64;
const bySize = (a: number, b: number): number => Number(b === MOST_COMMON) - Number(a === MOST_COMMON) || a - b;

interface Place {
  readonly architecture: Architecture;
  readonly configuration: ArchConfiguration;
  readonly structPageSize: number;
  /** Its CPU maps large leaves. */
  readonly hugeVmemmap: boolean;
}

/** A struct page that does not fill leaves, on every architecture. */
const UNEVEN = 56;

/** Machines on which a trait can matter: the most common of each architecture, or all of them. */
function placesFor(key: TraitKey, isOnAny: boolean): Place[] {
  const architectures = ARCHITECTURES.filter(({ name }) => traitsOn(name).includes(key));
  const sizes = [...new Set(architectures.flatMap(({ structPageSizes }) => structPageSizes))].sort(bySize);
  return (isOnAny ? [true, false] : [true]).flatMap((hugeVmemmap) =>
    (isOnAny ? sizes : [MOST_COMMON, UNEVEN]).flatMap((structPageSize) =>
      architectures
        .filter((a) => a.structPageSizes.includes(structPageSize) && (hugeVmemmap || a.mayLackLargeLeaves === true))
        .flatMap((architecture) =>
          architecture.configurations
            .slice(0, isOnAny ? undefined : 1)
            .map((configuration) => ({ architecture, configuration, structPageSize, hugeVmemmap })),
        ),
    ),
  );
}

/** Releases that have a trait: the first one, and the newest of them whose tree was recorded. */
export function releasesWith(key: TraitKey): Release[] {
  const { from, until }: Trait = TRAITS[key];
  const first = findRelease(from)!;
  const newest = RECORDED_RELEASES.findLast(
    (release) => isWithin(release.mainline, from, until) && resolveTraits(release)[key],
  );
  return newest === undefined || newest.name === first.name ? [first] : [first, newest];
}

const isOfAllArchitectures = (key: TraitKey): boolean =>
  ARCHITECTURES.every(({ name }) => traitsOn(name).includes(key));

/**
 * Searches for a scenario of so many steps: without a failing allocation first, then by world, release and machine. The
 * first one of no more steps than any other comes from asking for one step, for two, and so on.
 * @returns undefined where none is found
 */
export function searchShowing(key: TraitKey, { length, limit, isOnAny }: Range): Showing | undefined {
  const places = placesFor(key, isOnAny);
  // Some architectures came late: what an old trait does there only a newer release can show.
  const releases = releasesWith(key).slice(0, isOfAllArchitectures(key) ? 1 : undefined);
  for (const fail of [false, true]) {
    for (const world of WORLDS.filter(({ replayed = length }) => length <= replayed)) {
      for (const release of releases) {
        const scenario = searchWorld({ key, release, world, fail }, places, length, limit);
        if (scenario !== undefined) return { release: release.name, scenario };
      }
    }
  }
  return undefined;
}

interface Try {
  readonly key: TraitKey;
  readonly release: Release;
  readonly world: World;
  readonly fail: boolean;
}

function searchWorld(
  { key, release, world, fail }: Try,
  places: readonly Place[],
  depth: number,
  steps: number,
): ScenarioInput | undefined {
  for (const place of places) {
    const alphabet = alphabetOf(world, place, release, fail);
    if (alphabet === undefined) continue;
    const shows = (scenario: ScenarioInput): boolean => tried(() => shownBy(scenario, release, key)) !== undefined;
    const other = tried(() => alphabetOn(alphabet, releaseWithout(release, key).name));
    const isElsewhere = other?.scenario.machine.config.vmemmapBase !== alphabet.scenario.machine.config.vmemmapBase;
    // What is refused, or lies elsewhere, shows in any step.
    const played = world.replayed !== undefined ? depth : isElsewhere ? 1 : 0;
    const found = sequences(alphabet, played)
      .map((moves) => released(scenarioOf(alphabet, moves)))
      .find(shows);
    if (found !== undefined) return found;
    if (other === undefined || world.replayed !== undefined) continue;
    const { differences } = lockstep(alphabet, other, { depth, fail, steps, differences: 1 });
    const seen = differences.map(({ moves }) => released(scenarioOf(alphabet, moves))).find(shows);
    if (seen !== undefined) return seen;
  }
  return undefined;
}

/** Every sequence of so many actions; none of no actions. */
function sequences({ actions }: Alphabet, length: number): Move[][] {
  if (length === 0) return [];
  const moves = actions.map((action): Move => ({ action, failing: 0 }));
  let all: Move[][] = [[]];
  for (let i = 0; i < length; i++) all = all.flatMap((before) => moves.map((move) => [...before, move]));
  return all;
}

/** A scenario that leaves the release to whoever runs it. */
const released = ({ machine, ...input }: ScenarioInput): ScenarioInput => ({
  ...input,
  machine: { ...machine, kernel: undefined },
});

/** The world on a machine; undefined where that has no such thing. Steps that are none there are left out. */
function alphabetOf(world: World, place: Place, release: Release, fail: boolean): Alphabet | undefined {
  const { architecture, configuration, structPageSize, hugeVmemmap } = place;
  const { pageSize, mmu, pagingLevels, vaBits } = configuration;
  const plain = {
    ...{ arch: architecture.name, kernel: release.name, pageSize, mmu, pagingLevels, vaBits, structPageSize },
    ...(hugeVmemmap ? {} : { hugeVmemmap: false }),
  };
  const site = tried(() => siteOf(plain));
  if (site === undefined) return undefined;
  const machine = { ...plain, ...world.machine?.(site) };
  const words = world.besides?.(site) ?? [];
  const create = (steps: typeof words): Alphabet | undefined =>
    tried(() =>
      createAlphabet({ ...world, machine, fail, besides: steps, altmapsBesides: world.altmapsBesides?.(site) }),
    );
  if (words.length === 0) return create(words);
  return create(words) ?? create(words.filter((word) => create([word]) !== undefined));
}

/** Where the worlds of a machine lie. @throws ScenarioError where there is no such machine */
function siteOf(machine: ScenarioInput['machine']): Site {
  const file = scenarioSchema.parse({ machine, steps: [{ op: 'use', start: '0x0', size: machine.pageSize }] });
  const { config, architecture, traits } = resolveScenario(file).machine;
  const ends = [architecture.mappableEnd?.(config, traits) ?? 0, 2 ** architecture.maxPhysmemBits(config, traits)];
  return {
    base: baseOf(config.pageSize),
    sectionBytes: 2 ** config.sectionSizeBits,
    ends: ends.filter((end) => end > 0),
  };
}

/** What comes of it, or undefined where the machine has no such thing. */
function tried<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ScenarioError) return undefined;
    throw error;
  }
}
