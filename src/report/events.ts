// SPDX-License-Identifier: GPL-2.0-only

import { stackOf, type KernelEvent, type Recording } from '../events/event.js';
import { say, type Geometry } from '../events/words.js';
import type { Scenario } from '../scenario/scenario.js';
import { stepText } from './text.js';

/** What a kernel did in a scenario, event by event, with the function that did it. */

const WHAT_WIDTH = 76;

function eventLine(recording: Recording, geometry: Geometry, event: KernelEvent): string {
  const { text, answer } = say(geometry, event);
  const what = answer === undefined ? text : `${text}: ${answer}`;
  const by = stackOf(recording, event).at(-1);
  return by === undefined ? `  ${what}` : `  ${what.padEnd(WHAT_WIDTH)}  ${by}()`;
}

/**
 * Lines of all steps that ran, or of one.
 * @param only index of the step, from 0
 */
export const eventLines = (
  { steps, machine }: Scenario,
  recording: Recording,
  geometry: Geometry,
  only: number | undefined,
): string[] =>
  recording.steps.flatMap((events, i) =>
    only !== undefined && only !== i
      ? []
      : [
          `step ${i + 1}  ${stepText(steps[i]!, machine.config.pageSize)}`,
          ...events.map((event) => eventLine(recording, geometry, event)),
        ],
  );
