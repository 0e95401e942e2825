// SPDX-License-Identifier: GPL-2.0-only

import type { Complaint } from './complaint.js';

/** One cause is one finding with a count, not a line for everything that it reaches. */

/** A complaint with its sentence, and how many it stands for. */
export interface Told {
  readonly complaint: Complaint;
  readonly sentence: string;
  readonly count?: number;
}

/** Complaints that differ in their numbers alone are told one by one up to here. */
const TOLD_ONE_BY_ONE = 8;

const timesText = (count: number): string => ` (${count} times)`;

/** The number of the thing that a complaint is about, and what is said of several neighbours. */
function seriesOf(complaint: Complaint): { number: number; many: (first: number, last: number) => string } | undefined {
  switch (complaint.kind) {
    case 'stale-section':
      return {
        number: complaint.section,
        many: (first, last) => `sections ${first}-${last} have no memmap and section_mem_map is not 0`,
      };
    case 'block-unreleased':
      return {
        number: complaint.block,
        many: (first, last) => `references to the removed memory blocks ${first}-${last} are left`,
      };
    default:
      return undefined;
  }
}

/** Neighbours of one kind, by ascending number, are one. */
function joinedSeries(told: readonly Told[]): Told[] {
  const joined: Told[] = [];
  let open: { kind: string; first: number; last: number } | undefined;
  for (const each of told) {
    const { kind } = each.complaint;
    const series = seriesOf(each.complaint);
    const continues = series !== undefined && open?.kind === kind && open.last + 1 === series.number;
    if (!continues) {
      joined.push(each);
      open = series && { kind, first: series.number, last: series.number };
      continue;
    }
    open = { ...open!, last: series.number };
    const count = open.last + 1 - open.first;
    const sentence = `${series.many(open.first, open.last)}${timesText(count)}`;
    joined[joined.length - 1] = { ...joined[joined.length - 1]!, sentence, count };
  }
  return joined;
}

/** A text without its numbers, decimal and hexadecimal. */
const withoutNumbers = (text: string): string => text.replace(/\b[0-9a-f]*[0-9][0-9a-f]*\b/g, '#');

/** Of complaints that a pattern makes alike the first, with their count, where there are more than some. */
function firstOfAlike(told: readonly Told[], patternOf: (sentence: string) => string, atMost: number): Told[] {
  const alike = new Map<string, Told[]>();
  for (const each of told) {
    const pattern = patternOf(each.sentence);
    const found = alike.get(pattern);
    if (found === undefined) alike.set(pattern, [each]);
    else found.push(each);
  }
  return [...alike.values()].flatMap((group) => {
    if (group.length <= atMost) return group;
    const count = group.reduce((sum, each) => sum + (each.count ?? 1), 0);
    const [first] = group;
    return [{ complaint: first!.complaint, sentence: `${first!.sentence}${timesText(count)}`, count }];
  });
}

/**
 * The complaints of one check about one step, each cause once: neighbours as a range, what is said again with a count, and
 * of many that read alike but for their numbers the first.
 */
export function oneOfEachCause(told: readonly Told[]): Told[] {
  const once = firstOfAlike(joinedSeries(told), (sentence) => sentence, 1);
  return once.length <= TOLD_ONE_BY_ONE ? once : firstOfAlike(once, withoutNumbers, TOLD_ONE_BY_ONE);
}
