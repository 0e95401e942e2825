// SPDX-License-Identifier: GPL-2.0-only

import { Tinypool } from 'tinypool';
import { openAgain, type openedTrees } from '../tree/open.js';
import { createAlphabet } from './alphabet.js';
import type { CrewTask } from './crew.js';
import type { LevelPart } from './expand.js';
import { expandAll } from './search.js';
import { Stepper } from './stepper.js';

/** One thread of a crew. A pool serves one exploration, so the machine that it explores is made once. */

let stepper: Stepper | undefined;

const opened = openAgain(Tinypool.workerData as ReturnType<typeof openedTrees>);

export default async function expandTask({ options, job }: CrewTask): Promise<LevelPart> {
  await opened;
  stepper ??= new Stepper(createAlphabet(options));
  return expandAll(stepper.alphabet, stepper, job);
}
