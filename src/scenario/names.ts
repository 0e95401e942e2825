// SPDX-License-Identifier: GPL-2.0-only

import type { Architecture } from '../../arch/architecture.js';
import { ARCHITECTURES } from '../../arch/index.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import {
  findRelease,
  nearestRelease,
  RELEASES,
  PROPOSAL_NAMES,
  RELEASE_NAMES,
  TRAIT_NAMES,
  unknownTraits,
  type Release,
} from '../history/releases.js';
import { allowedAre, didYouMean } from './did-you-mean.js';

/** What a scenario names: an architecture, a release. The one reader of the list of architectures. */

export { ARCHITECTURES };

/** The architecture of a name. @throws ScenarioError */
export function findArchitecture(name: string, field = 'machine.arch'): Architecture {
  const architecture = ARCHITECTURES.find((a) => a.name === name);
  if (architecture) return architecture;
  const names = ARCHITECTURES.map((each) => each.name);
  throw new ScenarioError(`${field} is "${name}"; ${allowedAre(name, names)}`);
}

/** The architecture that is meant where nothing names one. */
export const DEFAULT_ARCHITECTURE: Architecture = ARCHITECTURES[0]!;

/** The architecture of a machine. @param machine as `uname -m` prints it @throws ScenarioError */
export const findMachine = (machine: string, field: string): Architecture =>
  ARCHITECTURES.find(({ unameMachine }) => unameMachine === machine) ?? findArchitecture(machine, field);

/** The release of a name. @throws ScenarioError */
export function findKernelRelease(name: string, field = 'machine.kernel'): Release {
  const release = findRelease(name);
  if (release) return release;
  const [unknown] = unknownTraits(name);
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, TRAIT_NAMES);
    throw new ScenarioError(`${field} is "${name}"; "${unknown}" is no trait, \`vmemmap kernel\` lists them${meant}`);
  }
  const named = [...RELEASES.map((each) => each.name), ...PROPOSAL_NAMES];
  // A release that is still to come is not misspelt: the nearest is as good as there is.
  const isNumber = /^v?\d+(\.\d+)*$/.test(name);
  const meant = isNumber ? `; the nearest known is ${nearestRelease(name)}` : didYouMean(name, named);
  throw new ScenarioError(`${field} is "${name}"; allowed are ${RELEASE_NAMES}${meant}`);
}

export const list = (names: readonly (string | number)[]): string => names.join(', ');
