// SPDX-License-Identifier: GPL-2.0-only

import { TRAITS, type Trait, type TraitKey, type Traits } from './traits.js';

/** Which behaviour belongs to which release. Version numbers are compared here and nowhere else. */

export interface Release {
  readonly name: string;
  /** The mainline release whose traits it has. */
  readonly mainline: string;
  /** Traits that the stable tree took over from later releases. */
  readonly backports: readonly TraitKey[];
}

/** The releases with recorded behaviour, oldest first. */
export const RELEASES: readonly Release[] = [
  {
    name: '6.1.192',
    mainline: '6.1',
    backports: ['arm64SubsectionBasePages', 'daxArchOptIn', 'daxOptimizeNeedsMoreThanReserve'],
  },
  { name: '6.12.117', mainline: '6.12', backports: ['arm64SubsectionBasePages', 'ppc64RadixPageAlignedStart'] },
];

/** Whether release `a` came before release `b`; both "major.minor". */
function isBefore(a: string, b: string): boolean {
  const [aMajor, aMinor] = a.split('.').map(Number);
  const [bMajor, bMinor] = b.split('.').map(Number);
  return aMajor === bMajor ? aMinor! < bMinor! : aMajor! < bMajor!;
}

function has(release: Release, key: TraitKey): boolean {
  if (release.backports.includes(key)) return true;
  const trait: Trait = TRAITS[key];
  if (isBefore(release.mainline, trait.from)) return false;
  return trait.until === undefined || isBefore(release.mainline, trait.until);
}

/** The release of a name, or undefined. */
export function findRelease(name: string): Release | undefined {
  return RELEASES.find((release) => release.name === name);
}

/** The release's traits as plain booleans. */
export function resolveTraits(release: Release): Traits {
  const keys = Object.keys(TRAITS) as TraitKey[];
  return Object.freeze(Object.fromEntries(keys.map((key) => [key, has(release, key)])) as Record<TraitKey, boolean>);
}

/**
 * The release that stands for a running kernel: the newest one of its series, since distributions ship stable trees.
 * @param unameRelease what `uname -r` prints, such as "6.12.117+deb12-amd64"
 * @throws RangeError for a series that is not known
 */
export function releaseOfSeries(unameRelease: string): Release {
  const series = /^\d+\.\d+/.exec(unameRelease)?.[0];
  const release = RELEASES.findLast(({ mainline }) => mainline === series);
  if (release) return release;
  throw new RangeError(
    `kernel ${unameRelease} is of no series that is known; known are ${RELEASES.map((r) => r.mainline).join(', ')}`,
  );
}
