// SPDX-License-Identifier: GPL-2.0-only

import type { Complaint, Series } from './step-view.js';

/** One cause is one finding with a count, not a line for everything that it reaches. */

/** A complaint that stands for so many. */
export type Counted = Omit<Complaint, 'series'> & { readonly count?: number };

/** Complaints that differ in their numbers alone are told one by one up to here. */
const TOLD_ONE_BY_ONE = 8;

const timesText = (count: number): string => ` (${count} times)`;

/** Neighbours of one series, by ascending number, are one. */
function joinedSeries(complaints: readonly Complaint[]): Counted[] {
  const joined: Counted[] = [];
  let open: { series: Series; last: number } | undefined;
  for (const { series, ...complaint } of complaints) {
    const continues = series !== undefined && open?.series.kind === series.kind && open.last + 1 === series.number;
    if (!continues) {
      joined.push(complaint);
      open = series && { series, last: series.number };
      continue;
    }
    const previous = joined[joined.length - 1]!;
    const count = (previous.count ?? 1) + 1;
    open = { series: open!.series, last: series.number };
    const text = `${series.many(open.series.number, series.number)}${timesText(count)}`;
    joined[joined.length - 1] = { ...previous, text, count };
  }
  return joined;
}

/** A text without its numbers, decimal and hexadecimal. */
const withoutNumbers = (text: string): string => text.replace(/\b[0-9a-f]*[0-9][0-9a-f]*\b/g, '#');

/**
 * The complaints of one check about one step, each cause once: neighbours as a range, and of many that read alike but for
 * their numbers the first.
 */
export function oneOfEachCause(complaints: readonly Complaint[]): Counted[] {
  const joined = joinedSeries(complaints);
  if (joined.length <= TOLD_ONE_BY_ONE) return joined;
  const alike = new Map<string, Counted[]>();
  for (const complaint of joined) {
    const pattern = withoutNumbers(complaint.text);
    const found = alike.get(pattern);
    if (found === undefined) alike.set(pattern, [complaint]);
    else found.push(complaint);
  }
  return [...alike.values()].flatMap((group) => {
    if (group.length <= TOLD_ONE_BY_ONE) return group;
    const count = group.reduce((sum, complaint) => sum + (complaint.count ?? 1), 0);
    return [{ ...group[0]!, text: `${group[0]!.text}${timesText(count)}`, count }];
  });
}
