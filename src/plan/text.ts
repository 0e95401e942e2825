// SPDX-License-Identifier: GPL-2.0-only

import { InputError, readText as readWhole } from '../scenario/load.js';

/** Reading text that other tools and the kernel print. */

/** Larger texts are refused, characters: /proc/iomem of the largest machines has some thousand lines. */
const MAX_TEXT = 16 * 2 ** 20;

/**
 * The text of a file, also one packed by gzip.
 * @throws InputError
 */
export function readText(file: string): string {
  const text = readWhole(file);
  if (text.length <= MAX_TEXT) return text;
  throw new InputError(`${file}: it has ${text.length} characters; allowed are ${MAX_TEXT}`);
}
