// SPDX-License-Identifier: GPL-2.0-only

import { distance } from 'fastest-levenshtein';

/** Names that somebody misspelt. */

/** A name stands for another where at most one in so many of its letters would have to change; two that are swapped are two. */
const LETTERS_A_SLIP = 2;

/** The nearest of some names, if it is near enough to be meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const asked = word.toLowerCase();
  const away = (name: string): number => distance(asked, name.toLowerCase());
  const [best] = [...names].sort((a, b) => away(a) - away(b));
  return best !== undefined && away(best) * LETTERS_A_SLIP <= Math.max(word.length, best.length) ? best : undefined;
}

/** What is put behind a sentence about a name that is none: "; did you mean …?", or nothing where no name is near. */
export function didYouMean(word: unknown, names: readonly string[]): string {
  const meant = typeof word === 'string' ? nearest(word, names) : undefined;
  return meant === undefined || meant === word ? '' : `; did you mean "${meant}"?`;
}

/** "allowed are a, b", and which of them was perhaps meant. */
export const allowedAre = (word: unknown, names: readonly string[]): string =>
  `allowed are ${names.join(', ')}${didYouMean(word, names)}`;
