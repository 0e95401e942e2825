// SPDX-License-Identifier: GPL-2.0-only

import { InputError } from '../scenario/input.js';

/** What other tools and the kernel print. */

/** The lines of a file that say something, without their ends. */
export const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/**
 * JSON as a tool printed it.
 * @throws InputError
 */
export function parseJson(text: string, file: string, tool: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${file}: it is not JSON; expected is what \`${tool}\` prints`);
  }
}
