// SPDX-License-Identifier: GPL-2.0-only

import { hidesPatchLevel, type KernelName, parseKernelName, splitEdits } from './kernel-name.js';
import { type Proposal, PROPOSALS } from './proposals/index.js';
import {
  PROPOSED_TRAIT_KEYS,
  type ProposedTraitKey,
  type StableChanges,
  type StableLevels,
  type Trait,
  TRAIT_KEYS,
  type TraitKey,
  type Traits,
  TRAITS,
} from './traits/index.js';

/** Which behaviour belongs to which release. Version numbers are compared here and nowhere else. */

export type { StableChanges, StableLevels } from './traits/index.js';

/** A kernel by its name: a mainline release, a stable release, or a proposal. */
export interface Release {
  readonly name: string;
  /** The mainline release that it descends from. */
  readonly mainline: string;
  /** Patch level of a stable release, 0 for the mainline release itself. */
  readonly patch: number;
  /** One sentence on what the name leaves open, or on what is not known of the release. */
  readonly remark?: string;
  /** Trait edits, where the entry is a proposal. */
  readonly proposal?: Proposal;
  /** Behaviours that it was said to have or to lack: a vendor's kernel with what the vendor took over. */
  readonly edits?: Readonly<Partial<Traits>>;
  /** The user's tree whose code makes and frees its memmap; what is above does as the rest of this says. */
  readonly tree?: OpenedTree;
}

/** A Linux tree of the user. */
export interface OpenedTree {
  readonly path: string;
  /** As its Makefile says. */
  readonly version: string;
  /** The release that is nearest. */
  readonly nearest: string;
}

/** What names of proposals begin with. */
const PROPOSAL_PREFIX = 'proposal/';

/** Minor numbers of the mainline releases that are covered, by major number: v4.18 to v7.3. */
const MAINLINE_MINORS: Readonly<Record<string, readonly [first: number, last: number]>> = {
  4: [18, 20],
  5: [0, 19],
  6: [0, 19],
  7: [0, 3],
};

/** Names of all mainline releases that are covered, oldest first. */
export const MAINLINE_RELEASES: readonly string[] = Object.entries(MAINLINE_MINORS).flatMap(([major, [first, last]]) =>
  Array.from({ length: last - first + 1 }, (_, i) => `${major}.${first + i}`),
);

/** The oldest release: no trait begins there. */
const OLDEST_RELEASE = '4.18';

const mainline = (name: string): Release => ({ name, mainline: name, patch: 0 });

const stable = (series: string, patch: number): Release =>
  patch === 0 ? mainline(series) : { name: `${series}.${patch}`, mainline: series, patch };

/** Mainline releases at which behaviour changed, where a trait begins or ends; oldest first. */
export const BOUNDARY_RELEASES: readonly Release[] = [
  ...new Set([
    OLDEST_RELEASE,
    ...Object.values<Trait>(TRAITS).flatMap(({ from, until }) => (until === undefined ? [from] : [from, until])),
  ]),
]
  .map(mainline)
  .sort(olderFirst);

/** Stable releases whose source trees were recorded, oldest first. */
export const RECORDED_RELEASES: readonly Release[] = [
  stable('5.10', 262),
  stable('6.1', 192),
  stable('6.12', 117),
  stable('7.2', 13),
  stable('7.3', 4),
];

/** Release used where a scenario names none: the recorded tree of the newest longterm series. */
export const DEFAULT_RELEASE: Release = RECORDED_RELEASES.find(({ mainline }) => mainline === '6.12')!;

/** Every release that is listed; {@link findRelease} also knows those between. */
export const RELEASES: readonly Release[] = [...BOUNDARY_RELEASES, ...RECORDED_RELEASES].sort(olderFirst);

/** Names of proposals, as a release's name stands. */
export const PROPOSAL_NAMES: readonly string[] = PROPOSALS.map(({ name }) => `${PROPOSAL_PREFIX}${name}`);

/** What {@link findRelease} takes, for a sentence. */
export const RELEASE_NAMES = `releases from 4.18 to 7.3 such as 6.12, 6.6.50 or what uname -r prints, and proposals such as ${PROPOSAL_PREFIX}${PROPOSALS[0]!.name}`;

/** Below zero where release `a` came before release `b`, both "major.minor". */
function compareMainline(a: string, b: string): number {
  const [aMajor, aMinor] = a.split('.').map(Number);
  const [bMajor, bMinor] = b.split('.').map(Number);
  return aMajor! - bMajor! || aMinor! - bMinor!;
}

/** The mainline release that a number is nearest to: the one with the same digits, the last before it, or the oldest. */
export function nearestRelease(name: string): string {
  const digits = name.replace(/\D/g, '');
  const [major = '0', minor = '0'] = name.replace(/^v/, '').split('.');
  return (
    MAINLINE_RELEASES.find((known) => known.replace('.', '') === digits) ??
    MAINLINE_RELEASES.findLast((known) => compareMainline(known, `${major}.${minor}`) <= 0) ??
    OLDEST_RELEASE
  );
}

/** Sorts releases by the mainline release that they descend from, then by patch level. */
export function olderFirst(a: Release, b: Release): number {
  return compareMainline(a.mainline, b.mainline) || a.patch - b.patch;
}

/** Whether a mainline release has a trait that begins with one release and ends before another. */
export function isWithin(name: string, from: string, until: string | undefined): boolean {
  return compareMainline(name, from) >= 0 && (until === undefined || compareMainline(name, until) < 0);
}

/** Whether a stable release has a change that its series took over at some patch level, as far as that is known. */
function tookOver({ mainline, patch }: Release, levels: StableLevels = {}): boolean {
  const level = levels[mainline];
  return level !== undefined && patch >= (typeof level === 'number' ? level : level.by);
}

/** Whether it is open if a stable release has such a change: its series has it later, and nobody knows since when. */
function isOpen({ mainline, patch }: Release, levels: StableLevels = {}): boolean {
  const level = levels[mainline];
  return typeof level === 'object' && patch > 0 && patch < level.by;
}

/** Whether a release has something, by what its mainline release has and what its series is known to have taken over. */
export const isThere = (release: Release, isInMainline: boolean, { backported, endedIn }: StableChanges): boolean =>
  (isInMainline || tookOver(release, backported)) && !tookOver(release, endedIn);

function has(release: Release, key: TraitKey): boolean {
  const trait: Trait = TRAITS[key];
  return isThere(release, isWithin(release.mainline, trait.from, trait.until), trait);
}

/** Traits in which a stable release differs from its mainline release, as far as that is known. */
export const takenOver = (release: Release): TraitKey[] =>
  TRAIT_KEYS.filter((key) => has(release, key) !== has(mainline(release.mainline), key));

/** Proposals as kernels: the release that each was made for, with what it changes. */
export const PROPOSED_KERNELS: readonly Release[] = PROPOSALS.map((proposal) => ({
  ...mainline(proposal.base),
  name: `${PROPOSAL_PREFIX}${proposal.name}`,
  proposal,
}));

/** Trees that were opened, by their name. */
const OPENED = new Map<string, Release>();

/** Makes a tree a release: {@link findRelease} finds it by its name from here on. */
export function addTree(release: Release): void {
  OPENED.set(release.name, release);
}

/** The patch levels at which a stable series is known to have taken something over, lowest first. */
export function stableBoundaries(series: string): Release[] {
  const levels = Object.values<Trait>(TRAITS).flatMap(({ backported, endedIn }) =>
    [backported?.[series], endedIn?.[series]].flatMap((level) =>
      level === undefined ? [] : [typeof level === 'number' ? level : level.by],
    ),
  );
  return [...new Set(levels)].sort((a, b) => a - b).map((patch) => stable(series, patch));
}

function isCovered(series: string): boolean {
  const [major, minor] = series.split('.');
  const range = MAINLINE_MINORS[major!];
  return range !== undefined && Number(minor) >= range[0] && Number(minor) <= range[1];
}

/** What is not known of a stable release that was not recorded. */
function stableRemark(release: Release): string {
  const { name, mainline } = release;
  const known = takenOver(release).length;
  const open = Object.values<Trait>(TRAITS).filter(
    (trait) => isOpen(release, trait.backported) || isOpen(release, trait.endedIn),
  );
  const recorded = RECORDED_RELEASES.find((each) => each.mainline === mainline && each.patch < release.patch);
  const newer = recorded === undefined ? '' : `; the newest ${mainline}.y that was read is ${recorded.name}`;
  const whether = open.length === 0 ? '' : `, nor whether it has ${open.map((trait) => trait.name).join(', ')}`;
  return `${name} is taken for ${mainline} with ${known === 0 ? 'no change' : `the ${known} change${known === 1 ? '' : 's'}`} known to have reached it; what else ${mainline}.y took over is not known${whether}${newer}`;
}

/** What a name leaves open. */
function remarkOn(
  name: string,
  { series, patch, candidate, suffix }: KernelName,
  release: Release,
): string | undefined {
  if (candidate !== '') return `${name} is a release candidate, taken for ${release.name}`;
  const isRecorded = RECORDED_RELEASES.some((recorded) => recorded.name === release.name);
  if (suffix === '') return release.patch === 0 || isRecorded ? undefined : stableRemark(release);
  if (release.patch !== patch) {
    return `${name} is some ${series}.y and does not say which, taken for ${release.name}`;
  }
  if (release.patch === 0) {
    return `${name} is a vendor's kernel, taken for ${release.name}; what the vendor took over is not known`;
  }
  return isRecorded
    ? `${name} is taken for ${release.name}; what its builder changed is not known`
    : stableRemark(release);
}

const KEYS_BY_NAME = new Map(TRAIT_KEYS.map((key) => [TRAITS[key].name as string, key]));

export const TRAIT_NAMES: readonly string[] = [...KEYS_BY_NAME.keys()];

/** Names that stand behind "with" or "without" and are no trait's. */
export const unknownTraits = (name: string): string[] =>
  splitEdits(name).edits.flatMap(({ trait }) => (KEYS_BY_NAME.has(trait) ? [] : [trait]));

/**
 * The kernel of a name, which may say what is different in it: "6.12 with arm64/check-pmd-leaf", "5.14.0-427.el9.x86_64
 * with mom/force without hvo". What may stand before is a release, a stable or a vendor's kernel.
 * @returns undefined if it is not covered
 */
export function findRelease(name: string): Release | undefined {
  const tree = OPENED.get(name);
  if (tree !== undefined) return tree;
  const { base, edits } = splitEdits(name);
  const release = findBase(base);
  if (release === undefined || edits.length === 0) return release;
  if (unknownTraits(name).length > 0) return undefined;
  const changed = Object.fromEntries(edits.map(({ trait, has }) => [KEYS_BY_NAME.get(trait)!, has]));
  const words = edits.map(({ trait, has }) => ` ${has ? 'with' : 'without'} ${trait}`).join('');
  return { ...release, name: `${release.name}${words}`, edits: changed };
}

/**
 * The release or proposal of a name: a mainline release ("6.12", "v6.12", also one between two boundaries), a stable
 * release ("6.6.50"), or a running kernel ("6.12.117+deb12-amd64", "5.14.0-427.el9.x86_64"), which is the release that
 * it descends from. What that leaves open is the release's remark.
 * @returns undefined if it is not covered
 */
function findBase(name: string): Release | undefined {
  const proposed = PROPOSED_KERNELS.find((release) => release.name === name);
  if (proposed) return proposed;
  const parsed = parseKernelName(name);
  if (parsed === undefined || !isCovered(parsed.series)) return undefined;
  const { series, patch } = parsed;
  const recorded = hidesPatchLevel(parsed) ? RECORDED_RELEASES.find(({ mainline }) => mainline === series) : undefined;
  const release = recorded ?? stable(series, patch);
  const remark = remarkOn(name.trim(), parsed, release);
  return remark === undefined ? release : { ...release, remark };
}

/** Traits of mainline and stable releases that were asked for: they depend on nothing but the release. */
const RELEASED = new Map<string, Readonly<Traits>>();

/** The traits of a release by its mainline release and patch level alone. */
function releasedTraits(release: Release): Readonly<Traits> {
  const { name } = stable(release.mainline, release.patch);
  let traits = RELEASED.get(name);
  if (traits === undefined) {
    traits = Object.freeze({
      ...(Object.fromEntries(TRAIT_KEYS.map((key) => [key, has(release, key)])) as Record<TraitKey, boolean>),
      ...(Object.fromEntries(PROPOSED_TRAIT_KEYS.map((key) => [key, false])) as Record<ProposedTraitKey, boolean>),
    });
    RELEASED.set(name, traits);
  }
  return traits;
}

/** Whether a release has a trait: one of what {@link resolveTraits} says. */
export const hasTrait = (release: Release, key: TraitKey): boolean =>
  release.edits?.[key] ?? release.proposal?.edits[key] ?? has(release, key);

/** The release's traits as plain booleans, with what a proposal or the user changes. */
export function resolveTraits(release: Release): Traits {
  const traits = releasedTraits(release);
  if (release.proposal === undefined && release.edits === undefined) return traits;
  return Object.freeze({ ...traits, ...release.proposal?.edits, ...release.edits });
}
