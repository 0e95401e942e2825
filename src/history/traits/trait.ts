// SPDX-License-Identifier: GPL-2.0-only

/**
 * A trait is one behaviour that some releases have and others do not. Releases are sets of traits; code asks for a
 * trait and never for a version.
 */

/**
 * How the releases of a row are known: read with the change, in a patch, a tag or a merge list; from memory, not looked up;
 * derived from reading the source without a public report; or worked out from dates.
 */
export type Confidence = 'source' | 'memory' | 'derived' | 'inferred';

/** Source trees that were read. */
export const ALL_TREES = ['5.10.262', '6.1.192', '6.12.117', '7.2.13', '7.3.4'] as const;
export type Tree = (typeof ALL_TREES)[number];

/**
 * From which patch level on stable series have taken a change over: `{ '6.12': 101 }` is 6.12.101. `by` where it is only
 * known to be there in that release, and perhaps in earlier ones.
 */
export type StableLevels = Readonly<Record<string, number | { readonly by: number }>>;

/** What stable series took over that their mainline releases have not. */
export interface StableChanges {
  /** Series to which the change that began it was taken over. */
  readonly backported?: StableLevels;
  /** Series to which the change that ended it was taken over. */
  readonly endedIn?: StableLevels;
}

/** One behaviour that some releases have: its name, the change that brought it, and one sentence of effect. */
export interface Trait extends StableChanges {
  /** Name as people say it: room/behaviour. */
  readonly name: string;
  /** "since Linux commit <12 hex> (title) in vX.Y", or what is known of it. */
  readonly since: string;
  /** First mainline release that has it, and the first that has it no more. */
  readonly from: string;
  readonly until?: string;
  /** The change that ended it, in the form of {@link since}. */
  readonly ended?: string;
  /** What differs, in one sentence. */
  readonly effect: string;
  readonly confidence: Confidence;
  /** Trees in whose source it was read whether they have it. What recordings tell is found by playing them. */
  readonly read?: readonly Tree[];
}
