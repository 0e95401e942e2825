// SPDX-License-Identifier: GPL-2.0-only

import type { KernelEvent, Stretch } from '../../events/event.js';
import { address, pages } from '../../events/words.js';
import { hex } from '../../hardware/hex.js';
import { LEVELS } from '../../hardware/page-table.js';
import type { Link } from '../document.js';
import {
  called,
  capital,
  decidedBy,
  framesOf,
  functionOf,
  hasFrame,
  inFinding,
  inOrder,
  inStep,
  joinedStretches,
  lengthOf,
  overlaps,
  seenUntil,
  type Evidence,
  type Part,
  type Seen,
  withFrames,
} from './evidence.js';
import { neverMade } from './leaves.js';

/** Frames and pages of altmaps that are lost, given back wrongly, or still reached. */

/** Memmap that was to lie in an altmap. */
export function notOfAltmap(evidence: Evidence): Part {
  const { place, geometry, finding } = evidence;
  const told = neverMade(evidence);
  if (place === undefined || finding.kind !== 'leaf-not-of-altmap') return told;
  return {
    ...told,
    headline: `Leaf ${address(geometry, place[0])} is not of altmap ${finding.altmap}, which was to hold it`,
  };
}

/** Bytes that frames were last mapped at, up to the finding's step. */
function placesOf(evidence: Evidence, frames: readonly Stretch[]): Stretch[] {
  const { timeline, finding } = evidence;
  for (let step = finding.step; step >= 0; step--) {
    const events = timeline.recording.steps[step] ?? [];
    for (let i = events.length - 1; i >= -1; i--) {
      if (i >= 0 && events[i]!.what !== 'set' && events[i]!.what !== 'clear' && i !== events.length - 1) continue;
      const found = timeline.at([step, i]).mapped.flatMap(({ run }): Stretch[] => {
        const places: Stretch[] = [];
        const leafPages = Math.max(1, run.size / timeline.recording.pageSize);
        for (let leaf = 0; leaf < run.count; leaf++) {
          const first = Math.floor(run.frame + leaf * run.frameStep);
          if (frames.some(([from, to]) => from < first + leafPages && to > first)) {
            places.push([run.start + leaf * run.size, run.start + (leaf + 1) * run.size]);
          }
        }
        return places;
      });
      if (found.length > 0) return found;
    }
  }
  return [];
}

/** What became of a frame: who took it, who gave it back. */
export function lifeOf(evidence: Evidence, pfn: number): { seen: Seen; link: Link }[] {
  return [...seenUntil(evidence, evidence.finding.step)].flatMap((seen) => {
    const { event, at } = seen;
    if (!hasFrame(seen, pfn)) return [];
    const block = 'pages' in event && event.pages > 1 ? `, with ${pages(event.pages)}` : '';
    const by = called(evidence, seen);
    const text =
      event.what === 'alloc'
        ? `${by} takes frame ${hex(pfn)}${block}`
        : event.what === 'altmap-alloc'
          ? `${by} takes frame ${hex(pfn)} from altmap ${event.altmap}${block}`
          : event.what === 'free'
            ? `${by} gives frame ${hex(pfn)} to the page allocator${block}`
            : `${by} takes one more reference to frame ${hex(pfn)}`;
    return [{ seen, link: { at, text } }];
  });
}

/** What came back of a block that is lost in part. */
function givenBack(
  evidence: Evidence,
  seen: Seen,
  { pages: count, frames: [back] }: Extract<KernelEvent, { what: 'alloc' | 'free' }>,
  block: Stretch | undefined,
): string {
  const by = called(evidence, seen);
  if (block !== undefined && count === lengthOf(block) && back !== undefined) {
    return `${by} gives back ${pages(count)} from frame ${hex(back[0])} on; the block begins at ${hex(block[0])}.`;
  }
  return `${by} gives back ${pages(count)} of a block of ${pages(lengthOf(block))}.`;
}

/** Frames that are out and stand behind nothing. */
export function framesLost(evidence: Evidence): Part {
  const { finding, frames } = evidence;
  const [pfn] = frames;
  if (finding.kind === 'empty-table') {
    return { headline: `The ${LEVELS[finding.level]} table at frame ${hex(finding.pfn)} stays, and it is empty` };
  }
  const count = finding.kind === 'lost-pages' ? finding.count : 1;
  if (pfn === undefined) return {};
  const life = lifeOf(evidence, pfn);
  const taken = life.findLast(({ seen }) => seen.event.what === 'alloc');
  const block = taken === undefined ? [] : framesOf(taken.seen).filter(([from, to]) => pfn >= from && pfn < to);
  const back = [...seenUntil(evidence, finding.step)].filter(
    (seen) => seen.event.what === 'free' && framesOf(seen).some((free) => block.some((all) => overlaps(free, all))),
  );
  const told = inFinding(evidence).filter(({ event }) => event.what === 'altmap-free');
  const decided = told[told.length - 1] ?? back[back.length - 1] ?? taken?.seen;
  const blamed = placesOf(evidence, block.length > 0 ? block : [[pfn, pfn + 1]]);
  return {
    headline: `${pages(count)} of the page allocator ${count === 1 ? 'is' : 'are'} lost: nothing maps frame ${hex(pfn)} any more`,
    cause:
      told.length > 0
        ? `${called(evidence, told[told.length - 1]!)} tells altmap ${(told[told.length - 1]!.event as { altmap: string }).altmap} that the pages came back, and they were of the page allocator.`
        : decided?.event.what === 'free'
          ? givenBack(evidence, decided, decided.event, block[0])
          : 'Nobody gave it back.',
    blamed: joinedStretches(blamed),
    ...(decided === undefined
      ? {}
      : { event: decided.at[0] === finding.step ? decided.at[1] : undefined, function: functionOf(evidence, decided) }),
    chain: inOrder([
      ...life.map(({ link }) => link),
      ...back.flatMap((seen): Link[] => {
        if (hasFrame(seen, pfn) || seen.event.what !== 'free') return [];
        return [
          {
            at: seen.at,
            text: `${called(evidence, seen)} gives back ${pages(seen.event.pages)} of the block, frame ${hex(seen.event.frames[0]?.[0] ?? 0)}`,
          },
        ];
      }),
      ...told.slice(-1).map((seen): Link => {
        const { altmap, pages: count } = seen.event as { altmap: string; pages: number };
        return { at: seen.at, text: `${called(evidence, seen)} tells altmap ${altmap} that ${pages(count)} came back` };
      }),
    ]),
  };
}

/** A frame that went where it did not come from, or went while it was in use. */
export function wrongFree(evidence: Evidence): Part {
  const { finding, frames, geometry, place } = evidence;
  const [pfn] = frames;
  if (pfn === undefined) return {};
  const life = lifeOf(evidence, pfn);
  const frees = life.filter(({ seen }) => seen.event.what === 'free');
  const last = frees[frees.length - 1];
  const owner = life.findLast(({ seen }) => seen.event.what === 'altmap-alloc')?.seen.event;
  const whose = owner?.what === 'altmap-alloc' ? ` of altmap ${owner.altmap}` : '';
  const stands = finding.kind === 'leaf-on-free-memory' || finding.kind === 'table-on-free-memory';
  const headline = stands
    ? place === undefined
      ? `A page table lies in frame ${hex(pfn)}, which went back to the page allocator`
      : `Leaf ${address(geometry, place[0])} maps frame ${hex(pfn)}, which went back to the page allocator`
    : finding.kind === 'double-free'
      ? `Frame ${hex(pfn)} goes back to the page allocator a second time`
      : `Frame ${hex(pfn)}${whose} goes to the page allocator, which never handed it out`;
  if (last === undefined) return { headline };
  return {
    headline,
    cause: `${called(evidence, last.seen)} gives it to the page allocator in ${inStep(last.seen.at)}.`,
    blamed: place === undefined ? joinedStretches(placesOf(evidence, framesOf(last.seen))) : [place],
    event: last.seen.at[0] === finding.step ? last.seen.at[1] : undefined,
    function: functionOf(evidence, last.seen),
    chain: inOrder(life.map(({ link }) => link)),
  };
}

/** Pages that somebody else has, or may have, while a CPU or an IOMMU still reaches them by what was mapped before. */
export const stillReached =
  (deed: 'free' | 'alloc') =>
  (evidence: Evidence): Part => {
    const { finding, frames } = evidence;
    const [pfn] = frames;
    const here = inFinding(evidence);
    const isDeed = (seen: Seen): boolean =>
      pfn === undefined ? seen.event.what === 'altmap-free' : seen.event.what === deed && hasFrame(seen, pfn);
    const done = here.find(isDeed);
    const headline = capital(withFrames(finding.text));
    if (done === undefined) return { headline };
    const flush = here.find(({ event, at }) => event.what === 'flush' && at[1] > done.at[1]);
    const does = deed === 'free' ? 'gives back' : 'takes';
    const cause =
      finding.kind === 'freed-under-iommu'
        ? `${called(evidence, done)} gives back the table, and the kernel tells no IOMMU.`
        : flush === undefined
          ? `${called(evidence, done)} ${does} the pages, and nothing is flushed after it in this step.`
          : `${called(evidence, done)} ${does} the pages before ${called(evidence, flush)} flushes.`;
    return {
      headline,
      cause,
      blamed: joinedStretches(placesOf(evidence, framesOf(done))),
      ...decidedBy(evidence, done),
      chain: inOrder([
        ...(pfn === undefined ? [] : lifeOf(evidence, pfn).map(({ link }) => link)),
        ...(flush === undefined ? [] : [{ at: flush.at, text: `${called(evidence, flush)} flushes` }]),
      ]),
    };
  };
