// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../../check/checked-run.js';
import { innermost } from '../../check/kernel-stack.js';
import { isBefore, stackOf, type FrameRun, type KernelEvent, type Moment, type Stretch } from '../../events/event.js';
import { endOf, type Mapped, type Piece, type Timeline } from '../../events/replay.js';
import { byteText, type Geometry } from '../../events/words.js';
import { hex } from '../../hardware/hex.js';
import type { Books, Link } from '../document.js';

/** What findings are told from: events, where they were, and the words for it. */

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
export interface Seen {
  readonly event: KernelEvent;
  readonly at: Moment;
}

/** A finding, its place, and the run. */
export interface Evidence extends Scene {
  readonly finding: Finding;
  readonly place: Stretch | undefined;
  readonly frames: readonly number[];
}

/** What is known of a finding; the rest speaks for itself. */
export type Part = { readonly [Key in keyof Told]?: Told[Key] | undefined };

export const overlaps = ([start, end]: Stretch, [from, to]: Stretch): boolean => start < to && end > from;

export const common = (a: Stretch, b: Stretch): Stretch => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];

export const rangeOf = ({ event }: Seen): Stretch | undefined =>
  'start' in event ? [event.start, event.end] : undefined;

export const lengthOf = (stretch: Stretch | undefined): number =>
  stretch === undefined ? Infinity : stretch[1] - stretch[0];

/** A sentence's first letter; names and addresses stay as they are. */
export const capital = (text: string): string =>
  /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

export const inStep = ([step]: Moment): string => `step ${step + 1}`;

/** Events up to the end of a step, in order. */
export function* seenUntil({ timeline }: Scene, step: number): Generator<Seen> {
  for (const [s, events] of timeline.recording.steps.slice(0, step + 1).entries()) {
    for (const [i, event] of events.entries()) yield { event, at: [s, i] };
  }
}

export const inFinding = (evidence: Evidence): Seen[] =>
  (evidence.timeline.recording.steps[evidence.finding.step] ?? []).map((event, i): Seen => {
    return { event, at: [evidence.finding.step, i] };
  });

/** The function that an event was done by, beyond those that do what their caller says. */
export function functionOf({ timeline }: Scene, { event }: Seen): string | null {
  const stack = stackOf(timeline.recording, event);
  return innermost(stack) ?? stack[stack.length - 1] ?? null;
}

export function called(scene: Scene, seen: Seen): string {
  const name = functionOf(scene, seen);
  return name === null ? 'the kernel' : `${name}()`;
}

export const eventAt = ({ timeline }: Scene, [step, i]: Moment): KernelEvent => timeline.recording.steps[step]![i]!;

export const isOn = (seen: Seen, what: KernelEvent['what'], place: Stretch): boolean => {
  const range = rangeOf(seen);
  return seen.event.what === what && range !== undefined && overlaps(range, place);
};

/** Frames of an event, as stretches. */
export const framesOf = ({ event }: Seen): Stretch[] =>
  'frames' in event
    ? event.frames.flatMap(([first, count, step]: FrameRun) => {
        const each = 'pages' in event ? event.pages : 1;
        return Array.from({ length: count }, (_, i): Stretch => [first + i * step, first + i * step + each]);
      })
    : [];

export const hasFrame = (seen: Seen, pfn: number): boolean =>
  framesOf(seen).some(([from, to]) => pfn >= from && pfn < to);

/** The run of leaves that maps an address. */
export const mappedAt = (evidence: Scene, at: Moment, low: number): Mapped | undefined =>
  evidence.timeline.at(at).mapped.find(({ run }) => low >= run.start && low < endOf(run));

/** The leaf of a run that maps an address. */
export function leafAt({ run }: Mapped, low: number): Stretch {
  const start = run.start + Math.floor((low - run.start) / run.size) * run.size;
  return [start, start + run.size];
}

/** Where in a leaf some bytes are: "its last 0x80000 bytes". */
export function whereIn([start, end]: Stretch, [from, to]: Stretch, whose = 'the'): string {
  const bytes = hex(to - from);
  if (from <= start && to >= end) return `all ${hex(end - start)} bytes`;
  if (from <= start) return `${whose} first ${bytes} bytes`;
  if (to >= end) return `${whose} last ${bytes} bytes`;
  return `${bytes} bytes at offset ${hex(from - start)}`;
}

/** What bytes hold, and who wrote them: "were never written", "hold struct pages since step 3". */
export function holding(scene: Scene, piece: Piece): string {
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
export const usedPieces = ({ timeline }: Scene, at: Moment, [start, end]: Stretch): Piece[] =>
  timeline.pieces(timeline.at(at), start, end).filter(({ holds }) => holds !== 'unused');

export function joinedStretches(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const [start, end] of [...stretches].sort(([a], [b]) => a - b)) {
    const last = joined[joined.length - 1];
    if (last !== undefined && last[1] >= start) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

/** Links by time, the last few of them where they are many. */
const SHOWN_LINKS = 7;

export const inOrder = (links: readonly Link[]): Link[] => {
  const sorted = [...links].sort(({ at: a }, { at: b }) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0));
  return sorted.length <= SHOWN_LINKS ? sorted : [sorted[0]!, ...sorted.slice(1 - SHOWN_LINKS)];
};

export const decidedBy = (evidence: Evidence, seen: Seen): Pick<Told, 'event' | 'function'> => ({
  event: seen.at[1],
  function: functionOf(evidence, seen),
});

/** Frames in words that were made elsewhere, in hex with 0x. */
export const withFrames = (text: string): string => text.replace(/\b(frames? )([0-9a-f]+)\b/g, '$10x$2');
