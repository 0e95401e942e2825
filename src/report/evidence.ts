// SPDX-License-Identifier: GPL-2.0-only

import {
  boundariesOf,
  type Boundary,
  evidenceOf,
  howKnown,
  type HowKnown,
  type Standing,
  standingOf,
  unprovedTraits,
} from '../history/evidence.js';
import { MAINLINE_RELEASES } from '../history/releases.js';
import { type TraitKey, TRAITS } from '../history/traits/index.js';
import { tableText } from './table.js';

/** How it is known what releases do, for people. */

/** What a reader should know of the releases of a row; nothing where they were read with the change. */
const DOUBT: Readonly<Record<HowKnown, string>> = {
  source: '',
  bracketed: '',
  memory: 'from memory',
  derived: 'derived from the source',
  inferred: 'inferred',
};

const placeText = ({ mainline, before, behind }: Boundary): string => {
  if (before !== undefined && behind !== undefined)
    return `${mainline}: proved between ${before.name} and ${behind.name}`;
  if (behind !== undefined) return `${mainline}: proved not after ${behind.name}`;
  if (before !== undefined) return `${mainline}: proved after ${before.name}`;
  return `${mainline}: nothing proves it`;
};

/** Where a row's releases are no more than remembered or worked out: what is proved of them. */
export function doubtText(key: TraitKey): string {
  const doubt = DOUBT[howKnown(key)];
  return doubt === '' ? '' : ` (release ${doubt}; ${boundariesOf(key).map(placeText).join('; ')})`;
}

/** What tells that the behaviour is the kernel's: "recorded 6.1.192 6.12.117; booted 6.12.95; read 5.10.262". */
export function evidenceText(key: TraitKey): string {
  const { recorded, booted, read } = evidenceOf(key);
  const kinds = Object.entries({ recorded, booted, read }).filter(([, names]) => names.length > 0);
  if (kinds.length === 0) return 'no recording, no booted kernel and no source tree tells';
  return kinds.map(([kind, names]) => `${kind} ${names.join(' ')}`).join('; ');
}

/** The rows that rest on memory or inference alone, and how many rows are known in which way. */
export function unprovedText(): string {
  const rows = unprovedTraits().flatMap(({ key, behaviour }) => [
    `${TRAITS[key].name}${doubtText(key)}`,
    ...(behaviour ? [`    no release that has it was recorded, booted or read: ${evidenceText(key)}`] : []),
  ]);
  const keys = Object.keys(TRAITS) as TraitKey[];
  const count = (how: HowKnown): number => keys.filter((key) => howKnown(key) === how).length;
  const ways = (['source', 'bracketed', 'inferred', 'derived', 'memory'] as const).filter((how) => count(how) > 0);
  return [
    ...rows,
    '',
    `${keys.length} traits; releases known: ${ways.map((how) => `${how} ${count(how)}`).join(', ')}`,
  ].join('\n');
}

const standingText = (standing: Standing): string =>
  'by' in standing ? `${standing.how} ${standing.by.join(' ')}` : standing.how;

/** How each mainline release is known, by architecture; releases in a row that are known alike are one line. */
export function standingsText(architectures: readonly string[]): string {
  const lines: { first: string; last: string; cells: string[] }[] = [];
  for (const mainline of MAINLINE_RELEASES) {
    const cells = architectures.map((arch) => standingText(standingOf(mainline, arch)));
    const last = lines[lines.length - 1];
    if (last?.cells.join() === cells.join()) last.last = mainline;
    else lines.push({ first: mainline, last: mainline, cells });
  }
  const rows = lines.map(({ first, last, cells }) => [first === last ? first : `${first} to ${last}`, ...cells]);
  return tableText(['release', ...architectures], rows).join('\n');
}
