// SPDX-License-Identifier: GPL-2.0-only

import type { DumpedRange } from './parse.js';

/** Where two dumps of a vmemmap part. */

/** A stretch of addresses that the two map differently. */
export interface DumpDifference {
  /** 64-bit virtual addresses, `end` exclusive. */
  readonly start: bigint;
  end: bigint;
  /** What each says: level and words, "nothing mapped" with the level of the hole, or that it says nothing. */
  readonly real: string;
  readonly model: string;
}

const SAYS_NOTHING = 'no line';
const NOTHING_MAPPED = 'nothing mapped';

/** Ranges that say nothing of their holes leave them out. */
export const leavesOutHoles = (ranges: readonly DumpedRange[]): boolean =>
  ranges.every(({ words }) => words.length > 0);

const textOf = (range: DumpedRange | undefined, gap: string): string => {
  if (range === undefined) return gap;
  const level = range.level === undefined ? '' : `${range.level} `;
  return range.words.length === 0 ? `${level}${NOTHING_MAPPED}` : `${level}${range.words.join(' ')}`;
};

/** Level and flags in a form in which the order of words does not count. */
const keyOf = (range: DumpedRange | undefined, gap: string): string =>
  range === undefined ? gap : `${range.level ?? ''} ${[...range.words].sort().join(' ')}`.trim();

const isHole = (range: DumpedRange | undefined): boolean => range === undefined || range.words.length === 0;

/** What a list says of an address, told in ascending order. */
function* pieces(ranges: readonly DumpedRange[], borders: readonly bigint[]): Generator<DumpedRange | undefined> {
  let at = 0;
  for (const border of borders) {
    while (at < ranges.length && ranges[at]!.end <= border) at++;
    const range = ranges[at];
    yield range !== undefined && range.start <= border ? range : undefined;
  }
}

/** How two dumps compare. */
export interface DumpComparison {
  /** Stretches that differ, ascending; neighbours that differ alike are one. */
  readonly differences: readonly DumpDifference[];
  /** The word of page-table isolation is in one of the dumps and not in the other, where both map something. */
  readonly isolationDiffers: boolean;
}

const without = (word: string | undefined, ranges: readonly DumpedRange[]): DumpedRange[] =>
  ranges.map((range) => ({ ...range, words: range.words.filter((each) => each !== word) }));

const hasWord = (word: string | undefined, ranges: readonly DumpedRange[]): boolean =>
  word !== undefined && ranges.some(({ words }) => words.includes(word));

/**
 * Compares two dumps address by address; how they cut their lines does not count, nor does the order of words or the frames
 * behind them. Where one of them leaves out what is not mapped, a missing line says so at any level.
 * @param isolationWord the word that does not count, see Ptdump.isolationWord
 */
export function compareDumps(
  real: readonly DumpedRange[],
  model: readonly DumpedRange[],
  isolationWord?: string,
): DumpComparison {
  const ascending = (a: DumpedRange, b: DumpedRange): number => (a.start < b.start ? -1 : 1);
  const leaveOut = [leavesOutHoles(real), leavesOutHoles(model)];
  const lists = [without(isolationWord, real).sort(ascending), without(isolationWord, model).sort(ascending)] as const;
  const borders = [...new Set(lists.flat().flatMap(({ start, end }) => [start, end]))].sort((a, b) => (a < b ? -1 : 1));
  const gaps = leaveOut.map((leavesOut) => (leavesOut ? NOTHING_MAPPED : SAYS_NOTHING));
  const [realGap = '', modelGap = ''] = gaps;
  const realPieces = [...pieces(lists[0], borders)];
  const modelPieces = [...pieces(lists[1], borders)];
  const holesAreEqual = leaveOut.includes(true);
  const differences: DumpDifference[] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    const [a, b] = [realPieces[i], modelPieces[i]];
    if (keyOf(a, realGap) === keyOf(b, modelGap)) continue;
    if (holesAreEqual && isHole(a) && isHole(b)) continue;
    const start = borders[i]!;
    const difference = { start, end: borders[i + 1]!, real: textOf(a, realGap), model: textOf(b, modelGap) };
    const last = differences.at(-1);
    if (last?.end === start && last.real === difference.real && last.model === difference.model) {
      last.end = difference.end;
    } else {
      differences.push(difference);
    }
  }
  return { differences, isolationDiffers: hasWord(isolationWord, real) !== hasWord(isolationWord, model) };
}
