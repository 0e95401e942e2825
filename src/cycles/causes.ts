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
  'hash',
  'initialise',
] as const;
export type Cause = (typeof CAUSES)[number];

/** The number that a clock knows a cause by. */
export const CAUSE = Object.fromEntries(CAUSES.map((cause, i) => [cause, i])) as Readonly<Record<Cause, number>>;
