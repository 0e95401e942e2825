// SPDX-License-Identifier: GPL-2.0-only

import { BUGS, type Bug } from '../catalogue/bugs/index.js';
import { didYouMean } from '../scenario/did-you-mean.js';
import { InputError } from '../scenario/input.js';

/** Entries of the catalogue by the names that the command line takes. */

const NAMES = BUGS.flatMap(({ id, name }) => [id, name]);

/** The entry of a name or number. @throws InputError */
export function findBug(name: string): Bug {
  const bug = BUGS.find((entry) => entry.name === name || entry.id === name.toUpperCase());
  if (bug) return bug;
  throw new InputError(`the catalogue has no "${name}"; \`vmemmap repro\` lists what it has${didYouMean(name, NAMES)}`);
}
