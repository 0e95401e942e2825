// SPDX-License-Identifier: GPL-2.0-only

import { doubtfulRows } from './evidence.js';
import type { Release } from './releases.js';
import type { TraitKey, Traits } from './traits/index.js';

/** What a run rests on that is not proved of its release. */

/** The traits of a kernel, and what its code has asked for so far of those that are not proved. */
export interface WatchedTraits {
  readonly traits: Traits;
  /** Grows while code runs on {@link traits}. */
  readonly asked: ReadonlySet<TraitKey>;
}

/**
 * Traits that write down which of them code asks for, where it is not proved that the release has them, or has them not.
 * All others are plain booleans: where everything is proved nothing is slower.
 * @param arch name of the architecture that runs
 */
export function watchDoubtful(traits: Traits, release: Release, arch: string): WatchedTraits {
  const asked = new Set<TraitKey>();
  const watched = { ...traits };
  for (const key of doubtfulRows(release, arch)) {
    const value = traits[key];
    Object.defineProperty(watched, key, {
      get: () => {
        asked.add(key);
        return value;
      },
    });
  }
  return { traits: watched, asked };
}
