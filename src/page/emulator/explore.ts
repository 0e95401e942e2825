// SPDX-License-Identifier: GPL-2.0-only

import type { ExploreOptions } from '../../explore/search.js';
import { UNITS } from '../../explore/alphabet.js';
import { expand } from '../../explore/expand.js';
import { Search } from '../../explore/search.js';
import { Stepper } from '../../explore/stepper.js';
import { violationsOf } from '../../explore/violations.js';
import type { ScenarioInput } from '../../scenario/schema.js';
import { pause } from './pause.js';
import type { Ask, ExploreProgress } from './protocol.js';

/** Explores a small world in the browser: in one thread, with a word now and then on how far it is. */

/** States that a page visits, and the milliseconds from word to word. */
const MAX_STATES = 200_000;
const PERIOD = 500;

const ENDED = { states: `ended at ${MAX_STATES} states`, memory: 'ended by memory', asked: 'stopped' } as const;

function progressOf(search: Search, isOver: boolean): ExploreProgress {
  const { alphabet, state, options, ended } = search;
  return {
    states: state.visited.size,
    depth: Math.min(state.depth, options.depth),
    found: violationsOf(alphabet, search.sightings).map(({ invariant, finding, length, scenario }) => {
      return { invariant, text: finding.text, length, file: scenario };
    }),
    ended: isOver ? (ended === undefined ? 'every sequence' : ENDED[ended]) : undefined,
  };
}

/**
 * @param onPart told every now and then
 * @throws ScenarioError where there is no such machine
 */
export async function explore(
  { file, kernel, sections, unit, depth }: Ask['explore']['request'],
  onPart: (part: ExploreProgress) => void,
): Promise<ExploreProgress> {
  const { machine } = file as ScenarioInput;
  const options: ExploreOptions = {
    machine: { ...machine, kernel, boot: undefined },
    sections,
    units: UNITS.filter((name) => name === unit),
    altmaps: ['none'],
    depth,
    fail: false,
  };
  const search = new Search(options, { maxStates: MAX_STATES });
  const stepper = new Stepper(search.alphabet);
  let told = performance.now();
  for (let job = search.job(); job !== undefined; job = search.job()) {
    const part = expand(search.alphabet, stepper, job);
    let turn = part.next();
    for (; turn.done !== true; turn = part.next()) {
      if (performance.now() - told < PERIOD) continue;
      told = performance.now();
      onPart(progressOf(search, false));
      await pause();
    }
    search.take([turn.value]);
  }
  return progressOf(search, true);
}
