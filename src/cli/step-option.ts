// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/load.js';

/** The step that --step names, from 0; undefined if it names none. @throws InputError */
export function stepIndex(text: string | undefined, steps: number): number | undefined {
  if (text === undefined) return undefined;
  const step = Number(text);
  if (Number.isInteger(step) && step >= 1 && step <= steps) return step - 1;
  throw new InputError(`--step is ${text}; allowed are 1 to ${steps}`);
}
