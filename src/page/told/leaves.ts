// SPDX-License-Identifier: GPL-2.0-only

import { isBefore, type Moment, type Stretch } from '../../events/event.js';
import { PAGE_UNUSED } from '../../events/replay.js';
import { address, sectionText, sectionsOf, size } from '../../events/words.js';
import { hex } from '../../hardware/hex.js';
import type { Link } from '../document.js';
import {
  called,
  common,
  decidedBy,
  eventAt,
  holding,
  inFinding,
  inOrder,
  inStep,
  isOn,
  joinedStretches,
  leafAt,
  lengthOf,
  mappedAt,
  overlaps,
  rangeOf,
  seenUntil,
  type Evidence,
  type Part,
  type Seen,
  usedPieces,
  whereIn,
} from './evidence.js';

/** Leaves that are there and should not be, or should be and are not. */

/** When a leaf was mapped, by whom and for what. */
export function making(evidence: Evidence, leaf: Stretch, until: Moment): Link[] {
  const made = mappedAt(evidence, until, leaf[0])?.by;
  if (made === undefined || made === null) return [];
  const seen: Seen = { event: eventAt(evidence, made), at: made };
  const level = 'level' in seen.event ? seen.event.level : 'leaf';
  const given = evidence.given[made[0]];
  const needs =
    given != null && overlaps(given, leaf) && lengthOf(common(given, leaf)) < lengthOf(leaf)
      ? `; ${sectionText(evidence.geometry, common(given, leaf))} needs ${whereIn(leaf, common(given, leaf), 'its')}`
      : '';
  return [{ at: made, text: `${called(evidence, seen)} maps a ${level} leaf of ${size(lengthOf(leaf))}${needs}` }];
}

/** Steps that were given a part of a leaf that was there already, and wrote nothing to it: they use what is there. */
function taking(evidence: Evidence, leaf: Stretch, made: Moment | undefined, until: Moment): Link[] {
  return evidence.given.flatMap((given, step): Link[] => {
    const at: Moment = [step, 0];
    if (given === null || step >= until[0] || (made !== undefined && step <= made[0])) return [];
    if (!overlaps(given, leaf) || !/^(add|memremap|create|kmem$)/.test(evidence.ops[step] ?? '')) return [];
    const events = evidence.timeline.recording.steps[step] ?? [];
    const wrote = events.some((event) => event.what === 'memset' && overlaps([event.start, event.end], leaf));
    if (wrote) return [];
    const takes = sectionText(evidence.geometry, common(given, leaf));
    return [{ at, text: `${takes} takes ${whereIn(leaf, common(given, leaf))} of the leaf; nothing is written there` }];
  });
}

/** Writes of PAGE_UNUSED into a leaf, by earliest. */
function painting(evidence: Evidence, leaf: Stretch, made: Moment | undefined, until: Moment): Link[] {
  return [...seenUntil(evidence, until[0])].flatMap((seen): Link[] => {
    const { event, at } = seen;
    if (event.what !== 'memset' || event.byte !== PAGE_UNUSED || !isOn(seen, 'memset', leaf)) return [];
    if (!isBefore(at, until) || (made !== undefined && isBefore(at, made))) return [];
    const bytes = common([event.start, event.end], leaf);
    return [{ at, text: `${called(evidence, seen)} fills ${whereIn(leaf, bytes)} of the leaf with 0xFD` }];
  });
}

/** A leaf that should be gone. */
export function leafStays(evidence: Evidence): Part {
  const { place, geometry, finding, called: calls } = evidence;
  if (place === undefined) return {};
  const here = inFinding(evidence);
  const end: Moment = [finding.step, Infinity];
  const mapped = mappedAt(evidence, end, place[0]);
  const leaf = mapped === undefined ? place : leafAt(mapped, place[0]);
  const name = address(geometry, leaf[0]);
  const count = mapped === undefined ? 1 : lengthOf(place) / lengthOf(leaf);
  const headline =
    count > 1
      ? `${count} leaves from ${name} on stay mapped: no section uses them any more`
      : `Leaf ${name} stays mapped: no section uses it any more`;
  const scan = here.findLast((seen) => isOn(seen, 'scan', place) && seen.event.what === 'scan' && !seen.event.filled);
  if (scan?.event.what === 'scan') {
    const scanned: Stretch = [scan.event.start, scan.event.end];
    const used = usedPieces(evidence, scan.at, scanned);
    const blamed = joinedStretches(used.map(({ start, end: to }): Stretch => [start, to]));
    const made = mappedAt(evidence, scan.at, scanned[0])?.by ?? undefined;
    const finds = used.map((piece) => `${whereIn(scanned, [piece.start, piece.end])} ${holding(evidence, piece)}`);
    const found = finds.slice(0, 2).join(', ');
    return {
      headline,
      cause: `memchr_inv() in ${called(evidence, scan)} finds bytes that are not 0xFD: ${found}.`,
      blamed,
      ...decidedBy(evidence, scan),
      chain: inOrder([
        ...making(evidence, scanned, scan.at),
        ...painting(evidence, scanned, made, scan.at),
        {
          at: scan.at,
          text: `memchr_inv() looks at all ${hex(lengthOf(scanned))} bytes; ${found}, so the leaf is kept`,
        },
      ]),
    };
  }
  const made = mapped?.by ?? undefined;
  if (made?.[0] === finding.step) {
    const seen: Seen = { event: eventAt(evidence, made), at: made };
    return {
      headline: `Leaf ${name} is mapped and no section uses it`,
      cause: `${called(evidence, seen)} made it in this step, and nothing took it back.`,
      blamed: [place],
      ...decidedBy(evidence, seen),
      chain: [{ at: made, text: `${called(evidence, seen)} maps the leaf` }],
    };
  }
  const free = 'vmemmap_free';
  const wasCalled = calls[finding.step]?.has(free) === true;
  return {
    headline,
    cause: wasCalled
      ? `${free}() neither clears its entry nor looks at its bytes.`
      : 'No kernel function clears its entry or looks at its bytes.',
    blamed: [place],
    function: wasCalled ? free : null,
    chain: making(evidence, leaf, end),
  };
}

/** Memmap of a section that is in use and not mapped. */
export function hole(evidence: Evidence): Part {
  const { place, geometry, finding, given } = evidence;
  if (place === undefined) return {};
  const [first, last] = sectionsOf(geometry, place);
  const whole: Stretch = [
    geometry.vmemmap + first * geometry.sectionBytes,
    geometry.vmemmap + (last + 1) * geometry.sectionBytes,
  ];
  const part =
    place[0] === whole[0] && place[1] === whole[1]
      ? 'none of its struct pages is mapped'
      : place[0] === whole[0]
        ? `its first ${size(lengthOf(place))} of struct pages are not mapped`
        : place[1] === whole[1]
          ? `its last ${size(lengthOf(place))} of struct pages are not mapped`
          : `${size(lengthOf(place))} of its struct pages are not mapped`;
  const headline =
    first === last
      ? `Section ${first} is present and ${part}`
      : `Sections ${first}–${last} are present and ${size(lengthOf(place))} of their struct pages are not mapped`;
  const here = inFinding(evidence);
  const [clear] = here
    .filter((seen) => isOn(seen, 'clear', place))
    .sort((a, b) => lengthOf(rangeOf(a)) - lengthOf(rangeOf(b)));
  if (clear?.event.what !== 'clear') return { headline, ...neverMade(evidence) };
  const entry: Stretch = [clear.event.start, clear.event.end];
  const before: Moment = [clear.at[0], clear.at[1] - 1];
  const mapped = mappedAt(evidence, before, place[0]);
  const leaf = mapped === undefined ? entry : leafAt(mapped, place[0]);
  const made = mapped?.by ?? undefined;
  const scan = here.findLast(
    (seen) =>
      isOn(seen, 'scan', leaf) && seen.event.what === 'scan' && seen.event.filled && isBefore(seen.at, clear.at),
  );
  const cleared: Link = {
    at: clear.at,
    text: `${called(evidence, clear)} clears the ${clear.event.level} entry, and with it ${hex(lengthOf(common(place, entry)))} bytes that are in use`,
  };
  const range = given[finding.step];
  const beyond =
    range == null
      ? ''
      : entry[1] > range[1]
        ? `, though the range ends at ${address(geometry, range[1])}`
        : entry[0] < range[0]
          ? `, though the range begins at ${address(geometry, range[0])}`
          : '';
  const writers = scan === undefined ? [] : evidence.timeline.pieces(evidence.timeline.at(scan.at), place[0], place[1]);
  const old = writers.find(({ by }) => by !== null && by[0] < finding.step)?.by;
  return {
    headline,
    cause:
      scan === undefined
        ? `${called(evidence, clear)} clears the whole ${clear.event.level} entry at ${address(geometry, entry[0])}${beyond}.`
        : `memchr_inv() in ${called(evidence, scan)} finds 0xFD in all of leaf ${address(geometry, leaf[0])}${old == null ? '' : `: also what ${inStep(old)} left, in bytes that are in use again`}.`,
    blamed: [place],
    ...decidedBy(evidence, clear),
    chain: inOrder([
      ...making(evidence, leaf, before),
      ...taking(evidence, leaf, made, clear.at),
      ...painting(evidence, leaf, made, clear.at),
      ...(scan === undefined ? [] : [{ at: scan.at, text: 'memchr_inv() finds 0xFD only' }]),
      cleared,
    ]),
  };
}

/** No entry was made: the test that settled it. */
export function neverMade(evidence: Evidence): Part {
  const { place, finding, given } = evidence;
  const where = place ?? given[finding.step] ?? undefined;
  const settled = inFinding(evidence).findLast(
    (seen) => seen.event.what === 'decide' && where !== undefined && isOn(seen, 'decide', where),
  );
  const blamed = where === undefined ? [] : [where];
  if (settled?.event.what !== 'decide')
    return { blamed, cause: 'In this step no kernel function writes an entry for it.' };
  const { by, because, so } = settled.event;
  return {
    cause: `${by}(): ${because}, so ${so}.`,
    blamed,
    event: settled.at[1],
    function: by,
    chain: [{ at: settled.at, text: `${by}(): ${because}, so ${so}` }],
  };
}
