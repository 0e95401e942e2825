// SPDX-License-Identifier: GPL-2.0-only

/**
 * A trait is one behaviour that some releases have and others do not. Releases are sets of traits; code asks for a
 * trait and never for a version.
 */

/**
 * How well a row is known: read in a source tree or patch; from memory, not looked up; derived from reading the source
 * without a public report; or the release worked out from dates.
 */
export type Confidence = 'source' | 'memory' | 'derived' | 'inferred';

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
}
