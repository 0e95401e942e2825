// SPDX-License-Identifier: GPL-2.0-only

import {
  findRelease,
  hasTrait,
  isWithin,
  MAINLINE_RELEASES,
  olderFirst,
  type Release,
  resolveTraits,
} from './releases.js';
import { type Trait, type TraitKey, TRAITS, traitsOn } from './traits/index.js';
import { RECORDINGS, WITNESSES } from './witnesses.js';

/**
 * How it is known what releases do: what recordings tell, what was read, and what follows for the releases between. The
 * recordings' part is found by playing them, see src/recordings/witness.ts.
 */

/** Releases of which it is proved whether they have a trait, oldest first, by how that is known. */
export interface Evidence {
  /** The kernel's own functions of these trees were recorded, and the recordings tell. */
  readonly recorded: readonly string[];
  /** Kernels of these releases were booted and read from outside, and that tells. */
  readonly booted: readonly string[];
  /** It was read in the source of these trees. */
  readonly read: readonly string[];
}

/** What names of the folders begin with that hold booted kernels. */
const BOOTED_FOLDERS = 'real-kernels';

/** Releases of the recordings by name: a name is parsed once, and what its remark says is worked out once. */
const NAMED = new Map<string, Release>();

function releaseOf(name: string): Release {
  const release = NAMED.get(name) ?? findRelease(name)!;
  NAMED.set(name, release);
  return release;
}

const inOrder = (names: Iterable<string>): string[] =>
  [...new Set(names)]
    .map(releaseOf)
    .sort(olderFirst)
    .map(({ name }) => name);

export function evidenceOf(key: TraitKey): Evidence {
  const told = WITNESSES.filter((witness) => witness.trait === key);
  const trait: Trait = TRAITS[key];
  return {
    recorded: inOrder(told.filter(({ file }) => !file.startsWith(BOOTED_FOLDERS)).map(({ release }) => release)),
    booted: inOrder(told.filter(({ file }) => file.startsWith(BOOTED_FOLDERS)).map(({ release }) => release)),
    read: inOrder(trait.read ?? []),
  };
}

/** What {@link provedReleases} has found: every release and architecture asks for it again. */
const PROVED = new Map<TraitKey, readonly Release[]>();

/** The releases that a trait is proved for, oldest first, whether they have it or not. */
export function provedReleases(key: TraitKey): readonly Release[] {
  const known = PROVED.get(key);
  if (known !== undefined) return known;
  const { recorded, booted, read } = evidenceOf(key);
  const proved = inOrder([...recorded, ...booted, ...read]).map(releaseOf);
  PROVED.set(key, proved);
  return proved;
}

/** A release at which a trait begins or ends, and the nearest releases before and behind of which it is proved. */
export interface Boundary {
  readonly mainline: string;
  readonly before: Release | undefined;
  readonly behind: Release | undefined;
}

/** Where a trait begins and ends, between which proved releases. */
export function boundariesOf(key: TraitKey): Boundary[] {
  const { from, until }: Trait = TRAITS[key];
  const proved = provedReleases(key);
  return [from, ...(until === undefined ? [] : [until])].map((mainline) => {
    const isBehind = (release: Release): boolean => isWithin(release.mainline, mainline, undefined);
    // A stable release that took the change over says nothing of when mainline had it.
    const hasAfter = mainline === from;
    const has = (release: Release): boolean => hasTrait(release, key);
    return {
      mainline,
      before: proved.findLast((release) => !isBehind(release) && has(release) !== hasAfter),
      behind: proved.find((release) => isBehind(release) && has(release) === hasAfter),
    };
  });
}

/** Whether the proved releases leave a boundary no other place: they are of neighbouring mainline releases. */
function isBracketed({ mainline, before, behind }: Boundary): boolean {
  if (before === undefined || behind?.mainline !== mainline) return false;
  return MAINLINE_RELEASES.indexOf(before.mainline) === MAINLINE_RELEASES.indexOf(mainline) - 1;
}

/**
 * How the releases of a row are known: "source" where they were read with the change, "bracketed" where releases next to each
 * other were proved to differ, and else what its row says.
 */
export type HowKnown = Trait['confidence'] | 'bracketed';

export function howKnown(key: TraitKey): HowKnown {
  const { confidence }: Trait = TRAITS[key];
  return confidence !== 'source' && boundariesOf(key).every(isBracketed) ? 'bracketed' : confidence;
}

/** Whether the releases at which a trait begins or ends are remembered or worked out. */
const isDoubtful = (key: TraitKey): boolean => !['source', 'bracketed'].includes(howKnown(key));

/** Rows that rest on memory or inference alone: the behaviour is proved of no release that has it, or its releases are. */
export interface Unproved {
  readonly key: TraitKey;
  /** No release that has it was recorded, booted, or read. */
  readonly behaviour: boolean;
  /** The releases at which it begins or ends are remembered or worked out. */
  readonly releases: boolean;
}

export function unprovedTraits(): Unproved[] {
  return (Object.keys(TRAITS) as TraitKey[])
    .map((key) => ({
      key,
      behaviour: !provedReleases(key).some((release) => hasTrait(release, key)),
      releases: isDoubtful(key),
    }))
    .filter(({ behaviour, releases }) => behaviour || releases);
}

/** How it is known what an architecture does in a release. */
export type Standing =
  | { readonly how: 'recorded' | 'booted'; readonly by: readonly string[] }
  | { readonly how: 'bracketed' }
  /** What follows from rows whose value there is not held from both sides. */
  | { readonly how: 'derived'; readonly rows: readonly TraitKey[] };

/** Traits of an architecture that are not alike in a release and in the nearest proved releases before and behind it. */
function openRows(release: Release, arch: string): TraitKey[] {
  const traits = resolveTraits(release);
  return traitsOn(arch).filter((key) => {
    const proved = provedReleases(key);
    const before = proved.findLast((other) => olderFirst(other, release) <= 0);
    const behind = proved.find((other) => olderFirst(other, release) >= 0);
    return [before, behind].some((other) => other === undefined || hasTrait(other, key) !== traits[key]);
  });
}

/**
 * Traits of an architecture of which nobody has proved whether a release has them: no proved releases hold it from both sides,
 * and when they came or went is remembered or worked out. What a proposal or the user changes is no question.
 */
export function doubtfulRows(release: Release, arch: string): TraitKey[] {
  if (standingOf(release.mainline, arch).how !== 'derived') return [];
  const edits = { ...release.proposal?.edits, ...release.edits };
  return openRows(release, arch).filter((key) => isDoubtful(key) && !(key in edits));
}

/** @param mainline a mainline release, which stands for the stable releases of its series */
export function standingOf(mainline: string, arch: string): Standing {
  const of = (kind: 'recorded' | 'booted'): string[] =>
    inOrder((RECORDINGS[arch]?.[kind] ?? []).filter((name) => releaseOf(name).mainline === mainline));
  for (const how of ['recorded', 'booted'] as const) {
    const by = of(how);
    if (by.length > 0) return { how, by };
  }
  const rows = openRows(releaseOf(mainline), arch);
  return rows.length === 0 ? { how: 'bracketed' } : { how: 'derived', rows };
}
