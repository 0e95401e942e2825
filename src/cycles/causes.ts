// SPDX-License-Identifier: GPL-2.0-only

/** Entries of a hashed page table are read and written. */
// eslint-disable-next-line no-restricted-syntax -- a word of reports; it names no MMU
export const HASHED_TABLE = 'hash';

/** What cycles are spent on. */
export const CAUSES = [
  'walk',
  'entry',
  'allocate',
  'zero',
  'mark',
  'scan',
  'flush',
  'barrier',
  'lock',
  'list',
  HASHED_TABLE,
  'initialise',
] as const;
export type Cause = (typeof CAUSES)[number];

/** The number that a clock knows a cause by. */
export const CAUSE = Object.fromEntries(CAUSES.map((cause, i) => [cause, i])) as Readonly<Record<Cause, number>>;
