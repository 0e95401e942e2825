// SPDX-License-Identifier: GPL-2.0-only

import type { Stretch } from '../../events/event.js';
import { endOf } from '../../events/replay.js';
import { pages } from '../../events/words.js';
import type { Books, Link } from '../document.js';
import {
  called,
  capital,
  decidedBy,
  inFinding,
  inOrder,
  isOn,
  joinedStretches,
  seenUntil,
  type Evidence,
  type Part,
} from './evidence.js';

/** Books of altmaps, zones, resources and blocks that are wrong. */

/** Books of an altmap that do not fit what is mapped. */
export function booksWrong(evidence: Evidence): Part {
  const { finding, timeline } = evidence;
  const name = 'altmap' in finding ? finding.altmap : undefined;
  const back = inFinding(evidence).filter(({ event }) => event.what === 'altmap-free' && event.altmap === name);
  const last = back[back.length - 1];
  const state = timeline.at([finding.step, Infinity]);
  const leaves = state.mapped.flatMap(({ run }): Stretch[] =>
    run.from === 'altmap' && run.altmap === name ? [[run.start, endOf(run)]] : [],
  );
  // A leaf of the altmap that stays, since something in it is in use.
  const scan = inFinding(evidence).findLast(
    (seen) => seen.event.what === 'scan' && !seen.event.filled && leaves.some((leaf) => isOn(seen, 'scan', leaf)),
  );
  const headline = capital(finding.text.replace(/\b1 pages\b/, '1 page'));
  const taken = [...seenUntil(evidence, finding.step)].flatMap((seen): Link[] => {
    const { event, at } = seen;
    return event.what === 'altmap-alloc' && event.altmap === name && event.frames.length > 0
      ? [
          {
            at,
            text: `${called(evidence, seen)} takes ${pages(event.pages * event.times)} from altmap ${event.altmap}`,
          },
        ]
      : [];
  });
  const returned = back.map((seen): Link => {
    const { pages: count } = seen.event as { pages: number };
    const { times } = seen.event;
    return { at: seen.at, text: `${called(evidence, seen)} tells the altmap that ${pages(count * times)} came back` };
  });
  if (last === undefined || scan !== undefined) {
    return {
      headline,
      cause:
        scan === undefined
          ? 'In this step vmem_altmap_free() is not called for it.'
          : `memchr_inv() in ${called(evidence, scan)} finds bytes in use, so a leaf of the altmap stays, and vmem_altmap_free() is not called for it.`,
      blamed: joinedStretches(leaves),
      ...(scan === undefined ? {} : decidedBy(evidence, scan)),
      chain: inOrder([
        ...taken,
        ...returned,
        ...(scan === undefined
          ? []
          : [{ at: scan.at, text: 'memchr_inv() finds bytes that are not 0xFD; the leaf stays' }]),
      ]),
    };
  }
  const sum = back.reduce((total, { event }) => total + (event as { pages: number }).pages * event.times, 0);
  return {
    headline,
    cause: `${called(evidence, last)} tells the altmap that ${pages(sum)} came back in this step.`,
    blamed: joinedStretches(leaves),
    ...decidedBy(evidence, last),
    chain: inOrder([...taken, ...returned]),
  };
}

/** Findings about books, and which row of them is wrong. */
export const inBooks =
  (books: Books) =>
  (evidence: Evidence): Part => ({ headline: capital(evidence.finding.text), books });
