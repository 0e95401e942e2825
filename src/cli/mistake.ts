// SPDX-License-Identifier: GPL-2.0-only

import { clearProgress } from './progress.js';

/** Tells every sentence of a mistake that a user made. */
export function tellMistake({ message, others }: Error & { readonly others: readonly string[] }): void {
  clearProgress();
  for (const sentence of [message, ...others]) process.stderr.write(`vmemmap: ${sentence}\n`);
}
