// SPDX-License-Identifier: GPL-2.0-only

import { Tinypool } from 'tinypool';
import { openTree, type openedTrees } from '../tree/open.js';
import { createAlphabet } from './alphabet.js';
import type { CrewTask } from './crew.js';
import type { LevelPart } from './expand.js';
import { expandAll } from './search.js';
import { Stepper } from './stepper.js';

/** One thread of a crew. A pool serves one exploration, so the machine that it explores is made once. */

let stepper: Stepper | undefined;

/** The trees that the command line names are releases here too. */
async function openTrees(): Promise<void> {
  for (const { name, options } of Tinypool.workerData as ReturnType<typeof openedTrees>) await openTree(name, options);
}

const opened = openTrees();

export default async function expandTask({ options, job }: CrewTask): Promise<LevelPart> {
  await opened;
  stepper ??= new Stepper(createAlphabet(options));
  return expandAll(stepper.alphabet, stepper, job);
}
