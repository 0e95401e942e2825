// SPDX-License-Identifier: GPL-2.0-only

import { LEVELS } from '../hardware/page-table.js';
import type { Finding } from '../check/checked-run.js';
import { innermost } from '../check/kernel-stack.js';
import { isBefore, stackOf, type FrameRun, type KernelEvent, type Moment, type Stretch } from '../events/event.js';
import { endOf, type Mapped, type Timeline } from '../events/replay.js';
import { PAGE_UNUSED, type Piece } from '../events/replay.js';
import { address, byteText, pages, sectionsOf, sectionText, withAddresses } from '../events/words.js';
import { size, type Geometry } from '../events/words.js';
import { hex } from '../hardware/hex.js';
import type { Books, Link } from './document.js';

/**
 * How a finding came about, told from the events that led to it: which bytes are to blame, which event decided, and what
 * happened before. Nothing is guessed: where no event tells, nothing is said.
 */

export interface Told {
  readonly headline: string;
  readonly cause: string;
  readonly blamed: readonly Stretch[];
  /** Index of the event of the finding's step; -1 where the step has none. */
  readonly event: number;
  readonly chain: readonly Link[];
  readonly function: string | null;
  readonly books: Books | null;
}

/** A run as it is told from. */
export interface Scene {
  readonly timeline: Timeline;
  readonly geometry: Geometry;
  /** Memmap that each step was about. */
  readonly given: readonly (Stretch | null)[];
  /** What each step did. */
  readonly ops: readonly string[];
  /** Kernel functions that each step called. */
  readonly called: readonly ReadonlySet<string>[];
}

/** An event and when it was. */
interface Seen {
  readonly event: KernelEvent;
  readonly at: Moment;
}

/** A finding, its place, and the run. */
interface Evidence extends Scene {
  readonly finding: Finding;
  readonly place: Stretch | undefined;
  readonly frames: readonly number[];
}

/** What is known of a finding; the rest speaks for itself. */
type Part = { readonly [Key in keyof Told]?: Told[Key] | undefined };

const overlaps = ([start, end]: Stretch, [from, to]: Stretch): boolean => start < to && end > from;
const common = (a: Stretch, b: Stretch): Stretch => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
const rangeOf = ({ event }: Seen): Stretch | undefined => ('start' in event ? [event.start, event.end] : undefined);
const lengthOf = (stretch: Stretch | undefined): number => (stretch === undefined ? Infinity : stretch[1] - stretch[0]);
/** A sentence's first letter; names and addresses stay as they are. */
const capital = (text: string): string => (/^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);
const inStep = ([step]: Moment): string => `step ${step + 1}`;

/** Events up to the end of a step, in order. */
function* seenUntil({ timeline }: Scene, step: number): Generator<Seen> {
  for (const [s, events] of timeline.recording.steps.slice(0, step + 1).entries()) {
    for (const [i, event] of events.entries()) yield { event, at: [s, i] };
  }
}

const inFinding = (evidence: Evidence): Seen[] =>
  (evidence.timeline.recording.steps[evidence.finding.step] ?? []).map((event, i): Seen => {
    return { event, at: [evidence.finding.step, i] };
  });

/** The function that an event was done by, beyond those that do what their caller says. */
function functionOf({ timeline }: Scene, { event }: Seen): string | null {
  const stack = stackOf(timeline.recording, event);
  return innermost(stack) ?? stack[stack.length - 1] ?? null;
}

function called(scene: Scene, seen: Seen): string {
  const name = functionOf(scene, seen);
  return name === null ? 'the kernel' : `${name}()`;
}

const eventAt = ({ timeline }: Scene, [step, i]: Moment): KernelEvent => timeline.recording.steps[step]![i]!;

const isOn = (seen: Seen, what: KernelEvent['what'], place: Stretch): boolean => {
  const range = rangeOf(seen);
  return seen.event.what === what && range !== undefined && overlaps(range, place);
};

/** Frames of an event, as stretches. */
const framesOf = ({ event }: Seen): Stretch[] =>
  'frames' in event
    ? event.frames.flatMap(([first, count, step]: FrameRun) => {
        const each = 'pages' in event ? event.pages : 1;
        return Array.from({ length: count }, (_, i): Stretch => [first + i * step, first + i * step + each]);
      })
    : [];

const hasFrame = (seen: Seen, pfn: number): boolean => framesOf(seen).some(([from, to]) => pfn >= from && pfn < to);

/** The run of leaves that maps an address. */
const mappedAt = (evidence: Scene, at: Moment, low: number): Mapped | undefined =>
  evidence.timeline.at(at).mapped.find(({ run }) => low >= run.start && low < endOf(run));

/** The leaf of a run that maps an address. */
function leafAt({ run }: Mapped, low: number): Stretch {
  const start = run.start + Math.floor((low - run.start) / run.size) * run.size;
  return [start, start + run.size];
}

/** Where in a leaf some bytes are: "its last 0x80000 bytes". */
function whereIn([start, end]: Stretch, [from, to]: Stretch, whose = 'the'): string {
  const bytes = hex(to - from);
  if (from <= start && to >= end) return `all ${hex(end - start)} bytes`;
  if (from <= start) return `${whose} first ${bytes} bytes`;
  if (to >= end) return `${whose} last ${bytes} bytes`;
  return `${bytes} bytes at offset ${hex(from - start)}`;
}

/** What bytes hold, and who wrote them: "were never written", "hold struct pages since step 3". */
function holding(scene: Scene, piece: Piece): string {
  const { holds, by } = piece;
  if (holds === 'never') return 'were never written';
  if (by === null) return 'hold struct pages since boot';
  const seen: Seen = { event: eventAt(scene, by), at: by };
  if (seen.event.what === 'initialise') return `hold struct pages since ${inStep(by)}`;
  if (seen.event.what === 'memset') {
    return `hold ${byteText(seen.event.byte)}, written by ${called(scene, seen)} in ${inStep(by)}`;
  }
  return `were written by ${called(scene, seen)} in ${inStep(by)}`;
}

/** Pieces that are not PAGE_UNUSED, neighbours that hold the same as one. */
const usedPieces = ({ timeline }: Scene, at: Moment, [start, end]: Stretch): Piece[] =>
  timeline.pieces(timeline.at(at), start, end).filter(({ holds }) => holds !== 'unused');

function joinedStretches(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const [start, end] of [...stretches].sort(([a], [b]) => a - b)) {
    const last = joined[joined.length - 1];
    if (last !== undefined && last[1] >= start) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

/** When a leaf was mapped, by whom and for what. */
function making(evidence: Evidence, leaf: Stretch, until: Moment): Link[] {
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

/** Links by time, the last few of them where they are many. */
const SHOWN_LINKS = 7;
const inOrder = (links: readonly Link[]): Link[] => {
  const sorted = [...links].sort(({ at: a }, { at: b }) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
  return sorted.length <= SHOWN_LINKS ? sorted : [sorted[0]!, ...sorted.slice(1 - SHOWN_LINKS)];
};

const decidedBy = (evidence: Evidence, seen: Seen): Pick<Told, 'event' | 'function'> => ({
  event: seen.at[1],
  function: functionOf(evidence, seen),
});

/** A leaf that should be gone. */
function leafStays(evidence: Evidence): Part {
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
function hole(evidence: Evidence): Part {
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
function neverMade(evidence: Evidence): Part {
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

/** Memmap that was to lie in an altmap. */
function notOfAltmap(evidence: Evidence): Part {
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
function lifeOf(evidence: Evidence, pfn: number): { seen: Seen; link: Link }[] {
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
function framesLost(evidence: Evidence): Part {
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
function wrongFree(evidence: Evidence): Part {
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

/** Books of an altmap that do not fit what is mapped. */
function booksWrong(evidence: Evidence): Part {
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

const DEEDS: Readonly<Partial<Record<KernelEvent['what'], string>>> = {
  clear: 'clears the entry for it',
  set: 'writes an entry for it',
  memset: 'writes to it',
  initialise: 'initialises struct pages there',
};

/** Memmap of others that was changed. */
function othersChanged(evidence: Evidence): Part {
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

/** The kernel's own words. */
function complained(evidence: Evidence): Part {
  const { finding } = evidence;
  if (finding.kind !== 'warning') return {};
  const warning = inFinding(evidence).find(
    ({ event }) => event.what === 'warn' && event.mishap.kind === 'warn' && event.mishap.text === finding.warning,
  );
  const headline = `The kernel warns: ${finding.warning}`;
  if (warning === undefined) return { headline };
  const given = evidence.given[evidence.finding.step];
  return {
    headline,
    cause: `${called(evidence, warning)} warns.`,
    blamed: given == null ? [] : [given],
    ...decidedBy(evidence, warning),
    chain: [{ at: warning.at, text: `${called(evidence, warning)} warns` }],
  };
}

function stopped(evidence: Evidence): Part {
  const here = inFinding(evidence);
  const stop = here.find(({ event }) => event.what === 'stop');
  if (stop?.event.what !== 'stop') return {};
  const name = called(evidence, stop);
  const before = here[stop.at[1] - 1];
  const range = before === undefined ? undefined : rangeOf(before);
  const write = before?.event.what === 'memset' || before?.event.what === 'initialise' ? range : undefined;
  const given = evidence.given[evidence.finding.step];
  const blamed = write ?? given ?? undefined;
  return {
    headline: `The kernel stops: ${withAddresses(evidence.geometry, stop.event.text)}`,
    cause: `In ${name}.`,
    blamed: blamed === undefined ? [] : [blamed],
    ...decidedBy(evidence, stop),
    chain: inOrder([
      ...(before === undefined || write === undefined
        ? []
        : [
            {
              at: before.at,
              text: `${called(evidence, before)} writes ${hex(lengthOf(write))} bytes from ${address(evidence.geometry, write[0])} on`,
            },
          ]),
      { at: stop.at, text: `the kernel stops in ${name}` },
    ]),
  };
}

/** Pages that somebody else has, or may have, while a CPU or an IOMMU still reaches them by what was mapped before. */
const stillReached =
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

/** An entry that is written in a way that another CPU may see, though nothing is wrong behind the step. */
function wrongWrite(evidence: Evidence): Part {
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

/** Findings about books, and which row of them is wrong. */
const inBooks =
  (books: Books) =>
  (evidence: Evidence): Part => ({ headline: capital(evidence.finding.text), books });

/** How the findings of each invariant are told; others speak for themselves. */
const TOLD: Readonly<Record<string, (evidence: Evidence) => Part>> = {
  'no-crash': stopped,
  'no-hole': hole,
  'no-leak': (evidence) => (evidence.place === undefined ? framesLost(evidence) : leafStays(evidence)),
  'right-owner': wrongFree,
  'altmap-books': booksWrong,
  'no-cross-talk': othersChanged,
  'roll-back': (evidence) => (evidence.place === undefined ? {} : leafStays(evidence)),
  'no-warning': complained,
  'add-succeeds': (evidence) => ({ ...neverMade(evidence), headline: evidence.finding.text }),
  'altmap-serves': notOfAltmap,
  'large-leaves': neverMade,
  'flush-before-free': stillReached('free'),
  'flush-before-reuse': stillReached('alloc'),
  'iommu-told-before-free': stillReached('free'),
  'no-transient-hole': wrongWrite,
  'hardware-rules': wrongWrite,
  'zone-spans': inBooks('zones'),
  'pages-present': inBooks('zones'),
  'driver-regions': inBooks('iomem'),
  'boot-resources': inBooks('iomem'),
  'block-references': inBooks('blocks'),
  'offline-succeeds': inBooks('blocks'),
  counters: inBooks('lines'),
  'section-state': inBooks('lines'),
  'parameter-reads-back': inBooks('lines'),
  'counts-what-is-used': inBooks('lines'),
};

/** Frames in words that were made elsewhere, in hex with 0x. */
const withFrames = (text: string): string => text.replace(/\b(frames? )([0-9a-f]+)\b/g, '$10x$2');

/** Tells a finding. @param place where in the vmemmap it is, if it is at a place */
export function tellFinding(scene: Scene, finding: Finding, place: Stretch | undefined): Told {
  const evidence: Evidence = { ...scene, finding, place, frames: finding.frames ?? [] };
  const part = TOLD[finding.invariant]?.(evidence) ?? {};
  const last = (scene.timeline.recording.steps[finding.step]?.length ?? 0) - 1;
  return {
    headline: part.headline ?? capital(withFrames(finding.text)),
    cause: part.cause ?? '',
    blamed: part.blamed ?? (place === undefined ? [] : [place]),
    event: part.event ?? last,
    chain: part.chain ?? [],
    function: part.function ?? null,
    books: part.books ?? null,
  };
}
