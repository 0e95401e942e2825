// SPDX-License-Identifier: GPL-2.0-only

import type { TraitKey, Traits } from '../history/traits/index.js';

/** Which traits a run looks at: another release with the same values of these runs the same way. */

export interface RecordedTraits {
  readonly traits: Traits;
  /** Traits that were looked at so far. */
  readonly read: ReadonlySet<TraitKey>;
}

/** The same traits, with a note of each that is read. */
export function recordTraits(traits: Traits): RecordedTraits {
  const read = new Set<TraitKey>();
  return {
    read,
    traits: new Proxy(traits, {
      get(target, key) {
        read.add(key as TraitKey);
        return target[key as TraitKey];
      },
    }),
  };
}

/** Remembers results by the traits that they depend on. */
export class TraitMemo<T> {
  private readonly known: { read: ReadonlySet<TraitKey>; traits: Traits; result: T }[] = [];

  /** The result for these traits; made by `make` unless a run that read the same values gave it before. */
  get(traits: Traits, make: (traits: Traits) => T): T {
    const same = this.known.find((entry) => [...entry.read].every((key) => entry.traits[key] === traits[key]));
    if (same !== undefined) return same.result;
    const recorded = recordTraits(traits);
    const result = make(recorded.traits);
    this.known.push({ read: recorded.read, traits, result });
    return result;
  }
}
