// SPDX-License-Identifier: GPL-2.0-only

import { PROPOSALS, type Proposal } from './proposals/index.js';
import {
  PROPOSED_TRAIT_KEYS,
  TRAIT_KEYS,
  TRAITS,
  type ProposedTraitKey,
  type Trait,
  type TraitKey,
  type Traits,
} from './traits/index.js';

/** Which behaviour belongs to which release. Version numbers are compared here and nowhere else. */

/** A kernel by its name: a mainline release, a stable tree, or a proposal. */
export interface Release {
  readonly name: string;
  /** The mainline release whose traits it has. */
  readonly mainline: string;
  /** Traits that the stable tree took over from later releases. */
  readonly backports: readonly TraitKey[];
  /** What it changes, if it is no release but was proposed. */
  readonly proposal?: Proposal;
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

/** The oldest release: no trait begins there. */
const OLDEST_RELEASE = '4.18';

const mainline = (name: string): Release => ({ name, mainline: name, backports: [] });

/** Mainline releases at which behaviour changed, where a trait begins or ends; oldest first. */
export const BOUNDARY_RELEASES: readonly Release[] = [
  ...new Set([
    OLDEST_RELEASE,
    ...Object.values<Trait>(TRAITS).flatMap(({ from, until }) => (until === undefined ? [from] : [from, until])),
  ]),
]
  .sort((a, b) => (isBefore(a, b) ? -1 : 1))
  .map(mainline);

/** Stable trees with recorded behaviour, oldest first. They carry fixes of later releases. */
export const STABLE_RELEASES: readonly Release[] = [
  {
    name: '6.1.192',
    mainline: '6.1',
    backports: [
      'x86SyncTopLevelAtOnce',
      'arm64SubsectionBasePages',
      'ppc64AltEndExact',
      'ppc64LastBlockInAltmap',
      'daxArchOptIn',
      'daxOptimizeNeedsMoreThanReserve',
      'momErrorPathPassesAltmap',
      'daxInitsReusedTails',
      'riscvVmemmapStartsAtRam',
      'riscvStartsAtSection',
    ],
  },
  {
    name: '6.12.117',
    mainline: '6.12',
    backports: [
      'x86SyncTopLevelAtOnce',
      'arm64SubsectionBasePages',
      'ppc64RadixPageAlignedStart',
      'ppc64RadixCompoundByAddress',
      'countInHelpers',
      'momPerBlockErrorPathPassesAltmap',
      'blockReferenceDropped',
      'blockAltmapSetLast',
      'daxInitsReusedTails',
      'riscvStartsAtSection',
    ],
  },
];

/** What a machine runs that does not say. */
export const DEFAULT_RELEASE: Release = STABLE_RELEASES[STABLE_RELEASES.length - 1]!;

/** Every release that is listed; {@link findRelease} also knows those between. */
export const RELEASES: readonly Release[] = [...BOUNDARY_RELEASES, ...STABLE_RELEASES].sort((a, b) =>
  isBefore(a.mainline, b.mainline) ? -1 : 1,
);

/** What {@link findRelease} takes, for a sentence. */
export const RELEASE_NAMES = `mainline releases from 4.18 to 7.3, and ${STABLE_RELEASES.map((r) => r.name).join(' and ')}, and proposals such as ${PROPOSAL_PREFIX}${PROPOSALS[0]!.name}`;

/** Whether release `a` came before release `b`; both "major.minor". */
function isBefore(a: string, b: string): boolean {
  const [aMajor, aMinor] = a.split('.').map(Number);
  const [bMajor, bMinor] = b.split('.').map(Number);
  return aMajor === bMajor ? aMinor! < bMinor! : aMajor! < bMajor!;
}

/** Whether a mainline release has a trait that begins with one release and ends before another. */
export function isWithin(name: string, from: string, until: string | undefined): boolean {
  return !isBefore(name, from) && (until === undefined || isBefore(name, until));
}

function has(release: Release, key: TraitKey): boolean {
  const trait: Trait = TRAITS[key];
  return release.backports.includes(key) || isWithin(release.mainline, trait.from, trait.until);
}

/** Proposals as kernels: the release that each was made for, with what it changes. */
export const PROPOSED_KERNELS: readonly Release[] = PROPOSALS.map((proposal) => ({
  ...mainline(proposal.base),
  name: `${PROPOSAL_PREFIX}${proposal.name}`,
  proposal,
}));

/** The release or proposal of a name, also a release between two boundaries; undefined if it is not covered. */
export function findRelease(name: string): Release | undefined {
  const listed = [...STABLE_RELEASES, ...PROPOSED_KERNELS].find((release) => release.name === name);
  if (listed) return listed;
  const [, major, minor] = /^(\d)\.(0|[1-9]\d?)$/.exec(name) ?? [];
  const range = MAINLINE_MINORS[major ?? ''];
  if (range === undefined || Number(minor) < range[0] || Number(minor) > range[1]) return undefined;
  return mainline(name);
}

/** The release's traits as plain booleans; a proposal's, with what it changes. */
export function resolveTraits(release: Release): Traits {
  const released = Object.fromEntries(TRAIT_KEYS.map((key) => [key, has(release, key)])) as Record<TraitKey, boolean>;
  const proposed = Object.fromEntries(PROPOSED_TRAIT_KEYS.map((key) => [key, false])) as Record<
    ProposedTraitKey,
    boolean
  >;
  return Object.freeze({ ...released, ...proposed, ...release.proposal?.edits });
}

/**
 * The release that stands for a running kernel: the recorded stable tree of its series, since distributions ship stable
 * trees, or else the mainline release.
 * @param unameRelease what `uname -r` prints, such as "6.12.117+deb12-amd64"
 * @throws RangeError for a series that is not covered
 */
export function releaseOfSeries(unameRelease: string): Release {
  const series = /^\d+\.\d+/.exec(unameRelease)?.[0] ?? '';
  const release = STABLE_RELEASES.find((stable) => stable.mainline === series) ?? findRelease(series);
  if (release) return release;
  throw new RangeError(`kernel ${unameRelease} is of no series that is covered; covered are ${RELEASE_NAMES}`);
}
