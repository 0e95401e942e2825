// SPDX-License-Identifier: GPL-2.0-only

import { readFileSync } from 'node:fs';
import { InputError, readFailure } from '../scenario/load.js';

/** Reading text that other tools and the kernel print. */

/** Larger texts are refused, bytes: /proc/iomem of the largest machines has some thousand lines. */
const MAX_TEXT_BYTES = 16 * 2 ** 20;

/**
 * The text of a file.
 * @throws InputError
 */
export function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: ${readFailure(error)}`);
  }
  if (text.length > MAX_TEXT_BYTES) {
    throw new InputError(`${file}: it has ${text.length} characters; allowed are ${MAX_TEXT_BYTES}`);
  }
  return text;
}
