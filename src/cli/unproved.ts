// SPDX-License-Identifier: GPL-2.0-only

import { watchDoubtful } from '../history/doubtful-traits.js';
import { type TraitKey, TRAITS } from '../history/traits/index.js';
import type { Scenario } from '../scenario/scenario.js';
import { note } from './output.js';
import { loadScenario } from './scenario-file.js';

/** A scenario whose kernel may do what nobody has proved of its release: that is said beside the result. */

export interface WatchedScenario {
  readonly scenario: Scenario;
  /** What its code has asked for so far and is not proved. */
  readonly asked: ReadonlySet<TraitKey>;
}

/** {@link loadScenario}, watched. */
export function loadWatched(file: string, kernel?: string): WatchedScenario {
  let asked: ReadonlySet<TraitKey> = new Set();
  const scenario = loadScenario(file, kernel, '--kernel', (traits, release, arch) => {
    const watched = watchDoubtful(traits, release, arch);
    asked = watched.asked;
    return watched.traits;
  });
  return { scenario, asked };
}

export const unprovedNames = (asked: ReadonlySet<TraitKey>): string[] => [...asked].map((key) => TRAITS[key].name);

/** More names than these fill a line and are not read. */
const NAMES_TOLD = 3;

/** What the result rests on, on standard error, after everything has run. */
export function noteUnproved({ scenario, asked }: WatchedScenario): void {
  const [first, ...others] = unprovedNames(asked);
  if (first === undefined) return;
  const told = [first, ...others.slice(0, NAMES_TOLD - 1)].join(', ');
  const rest = asked.size > NAMES_TOLD ? ` and ${asked.size - NAMES_TOLD} more` : '';
  const { name } = scenario.machine.release;
  note(
    `the result rests on ${told}${rest}: whether ${name} has ${asked.size === 1 ? 'it' : 'them'} is not proved; vmemmap kernel ${first} tells how it is known`,
  );
}
