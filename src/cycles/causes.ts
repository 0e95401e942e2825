// SPDX-License-Identifier: GPL-2.0-only

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
  // Entries of a hashed page table are read and written.
  // eslint-disable-next-line no-restricted-syntax -- a word of reports; it names no MMU
  'hash',
  'initialise',
] as const;
export type Cause = (typeof CAUSES)[number];

/** The number that a clock knows a cause by. */
export const CAUSE = Object.fromEntries(CAUSES.map((cause, i) => [cause, i])) as Readonly<Record<Cause, number>>;
