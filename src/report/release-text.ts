// SPDX-License-Identifier: GPL-2.0-only

import type { StableChanges, StableLevels } from '../history/releases.js';

/** Spans of releases in few words. */

const levelTexts = (levels: StableLevels | undefined, word: string): string[] =>
  Object.entries(levels ?? {}).map(([series, level]) =>
    typeof level === 'number' ? `${word} ${series}.${level} on` : `${word} ${series}.${level.by}, perhaps earlier`,
  );

/** Which stable releases differ from their mainline release: "also 6.12.101 on", "not 6.1.192, perhaps earlier". */
export const stableTexts = ({ backported, endedIn }: StableChanges): string[] => [
  ...levelTexts(backported, 'also'),
  ...levelTexts(endedIn, 'not'),
];

/** Mainline releases from one on, or before another. */
export const spanText = ({ from, until }: { from: string; until?: string }): string =>
  until === undefined ? `${from} on` : `${from} to before ${until}`;
