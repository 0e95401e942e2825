// SPDX-License-Identifier: GPL-2.0-only

import type { KernelEvent, Moment } from '../../events/event.js';
import { sectionText } from '../../events/words.js';
import { hex } from '../../hardware/hex.js';
import {
  called,
  capital,
  decidedBy,
  eventAt,
  inFinding,
  inOrder,
  isOn,
  leafAt,
  lengthOf,
  mappedAt,
  rangeOf,
  type Evidence,
  type Part,
  type Seen,
} from './evidence.js';
import { lifeOf, stillReached } from './frames.js';
import { making } from './leaves.js';

/** Writes that change what is not theirs, or in a way that another CPU may see. */

const DEEDS: Readonly<Partial<Record<KernelEvent['what'], string>>> = {
  clear: 'clears the entry for it',
  set: 'writes an entry for it',
  memset: 'writes to it',
  initialise: 'initialises struct pages there',
};

/** Memmap of others that was changed. */
export function othersChanged(evidence: Evidence): Part {
  const { place, geometry, finding, timeline, given } = evidence;
  if (place === undefined) return {};
  const what =
    finding.kind === 'unmapped'
      ? 'is mapped no more'
      : finding.kind === 'remapped'
        ? 'is mapped to another frame'
        : 'has other bytes';
  const whose = sectionText(geometry, place);
  const headline = `Memmap of ${whose} ${what}: the step was not given it`;
  const writes = new Set(['clear', 'set', 'memset', 'initialise']);
  const [direct] = inFinding(evidence)
    .filter((seen) => writes.has(seen.event.what) && isOn(seen, seen.event.what, place))
    .sort((a, b) => lengthOf(rangeOf(a)) - lengthOf(rangeOf(b)));
  const end: Moment = [finding.step, Infinity];
  const made = mappedAt(evidence, end, place[0]) ?? mappedAt(evidence, [finding.step, -1], place[0]);
  const leaf = made === undefined ? place : leafAt(made, place[0]);
  const range = given[finding.step];
  if (direct !== undefined) {
    const beyond = range == null ? '' : `, though the step was given ${sectionText(geometry, range)}`;
    return {
      headline,
      cause: `${called(evidence, direct)} ${DEEDS[direct.event.what] ?? 'touches it'}${beyond}.`,
      blamed: [place],
      ...decidedBy(evidence, direct),
      chain: inOrder([
        ...making(evidence, leaf, [finding.step, direct.at[1] - 1]),
        { at: direct.at, text: `${called(evidence, direct)} ${DEEDS[direct.event.what] ?? 'touches it'}` },
      ]),
    };
  }
  const writer = timeline
    .pieces(timeline.at(end), place[0], place[1])
    .find(({ by }) => by !== null && by[0] === finding.step);
  const frame = made?.run.frame;
  if (writer?.by == null || frame === undefined) {
    return {
      headline,
      cause: 'Nothing is written to it by its address: the memory behind it is written as something else.',
      blamed: [place],
      chain: making(evidence, leaf, end),
    };
  }
  const seen: Seen = { event: eventAt(evidence, writer.by), at: writer.by };
  const givers = lifeOf(evidence, Math.floor(frame)).map(({ link }) => link);
  return {
    headline: `Two leaves map frame ${hex(frame)}: what is written through one changes struct pages of ${whose}`,
    cause: `${called(evidence, seen)} writes them through another leaf on the same frame.`,
    blamed: [place],
    ...decidedBy(evidence, seen),
    chain: inOrder([
      ...givers,
      ...making(evidence, leaf, end),
      { at: seen.at, text: `${called(evidence, seen)} writes through the other leaf` },
    ]),
  };
}

/** An entry that is written in a way that another CPU may see, though nothing is wrong behind the step. */
export function wrongWrite(evidence: Evidence): Part {
  const { finding, place } = evidence;
  if (place === undefined) return stillReached('free')(evidence);
  const write = inFinding(evidence).find((seen) => isOn(seen, 'set', place) || isOn(seen, 'clear', place));
  const headline = capital(finding.text);
  if (write === undefined) return { headline };
  return {
    headline,
    cause: `${called(evidence, write)} ${write.event.what === 'set' ? 'writes' : 'clears'} the entry.`,
    blamed: [place],
    ...decidedBy(evidence, write),
    chain: making(evidence, place, write.at),
  };
}
