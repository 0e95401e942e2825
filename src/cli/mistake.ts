// SPDX-License-Identifier: GPL-2.0-only

/** Tells every sentence of a mistake that a user made. */
export function tellMistake({ message, others }: Error & { readonly others: readonly string[] }): void {
  for (const sentence of [message, ...others]) process.stderr.write(`vmemmap: ${sentence}\n`);
}
