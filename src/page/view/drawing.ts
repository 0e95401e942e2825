// SPDX-License-Identifier: GPL-2.0-only

import type { KernelEvent, LeafRun, Stretch } from '../../events/event.js';
import { endOf, isFreed, type Holds, type MachineState } from '../../events/replay.js';
import type { Scale } from './axis.js';
import { overlaps, type Fault, type Lane, type Position, type Session } from './session.js';

/** What is drawn of a lane, in addresses of the first lane. */

/** Bytes with one content, in one box. */
export interface Area {
  readonly start: number;
  readonly end: number;
  readonly holds: Holds;
}

/** Leaves that are one box: a large one, or neighbours of base pages. */
export interface Box {
  readonly run: LeafRun;
  readonly start: number;
  readonly end: number;
  readonly areas: readonly Area[];
  /** Leaves in the box, where several runs are too narrow to be told apart. */
  readonly leaves: number;
  /** Another leaf maps the same frame. */
  readonly isShared: boolean;
  /** The frame went back to the page allocator. */
  readonly isFreed: boolean;
}

export interface Hole {
  readonly start: number;
  readonly end: number;
}

/** Boxes narrower than this are drawn together with their neighbours, pixels. */
const NARROW = 3;

function joinAreas(areas: readonly Area[]): Area[] {
  const joined: Area[] = [];
  for (const area of areas) {
    const last = joined[joined.length - 1];
    if (last?.end === area.start && last.holds === area.holds) joined[joined.length - 1] = { ...last, end: area.end };
    else joined.push(area);
  }
  return joined;
}

/** Frames that more than one leaf maps. Folded memmap shares its tail pages by design, and so do runs that stand on one frame. */
function sharedFrames({ mapped }: MachineState): ReadonlySet<number> {
  const seen = new Set<number>();
  const shared = new Set<number>();
  for (const { run } of mapped) {
    if (run.count > 1 || run.from === 'unknown') continue;
    if (seen.has(run.frame)) shared.add(run.frame);
    seen.add(run.frame);
  }
  return shared;
}

/** The boxes of a lane that are seen. */
export function boxesOf({ timeline, shift }: Lane, state: MachineState, scale: Scale): Box[] {
  const { pageSize } = timeline.recording;
  const shared = sharedFrames(state);
  const boxes: Box[] = [];
  const parts = scale.parts();
  for (const { run } of state.mapped) {
    const range: Stretch = [run.start - shift, endOf(run) - shift];
    const seen = parts.filter((part) => overlaps(part, range));
    if (seen.length === 0) continue;
    const areas = seen.flatMap(([from, to]) =>
      timeline
        .pieces(state, Math.max(from, range[0]) + shift, Math.min(to, range[1]) + shift)
        .map(({ start, end, holds }): Area => ({ start: start - shift, end: end - shift, holds })),
    );
    const box: Box = {
      run,
      start: range[0],
      end: range[1],
      areas: joinAreas(areas),
      leaves: run.count,
      isShared: shared.has(run.frame) && run.level !== 'pte',
      isFreed: isFreed(state, run, pageSize),
    };
    const last = boxes[boxes.length - 1];
    const width = (range[1] - range[0]) * scale.perByte;
    const isNarrow = (other: Box): boolean =>
      (other.end - other.start) * scale.perByte < NARROW * Math.max(1, other.leaves / 2);
    if (last?.end === box.start && width < NARROW && isNarrow(last) && last.isFreed === box.isFreed) {
      boxes[boxes.length - 1] = {
        ...last,
        end: box.end,
        areas: joinAreas([...last.areas, ...box.areas]),
        leaves: last.leaves + box.leaves,
        isShared: last.isShared || box.isShared,
      };
    } else boxes.push(box);
  }
  return boxes;
}

/** Memmap of active sections that nothing maps. */
export function holesOf({ active, mapped }: MachineState, shift: number): Hole[] {
  const holes: Hole[] = [];
  let i = 0;
  for (const [start, end] of active) {
    let at = start;
    while (at < end) {
      while (i < mapped.length && endOf(mapped[i]!.run) <= at) i++;
      const run = mapped[i]?.run;
      const from = run === undefined ? end : Math.min(Math.max(run.start, at), end);
      if (from > at) holes.push({ start: at - shift, end: from - shift });
      at = run === undefined ? end : Math.max(from, Math.min(endOf(run), end));
    }
  }
  return holes;
}

/** Where two states differ in what bytes hold or in whose frame holds them, ascending. */
export function differences(
  a: { lane: Lane; state: MachineState },
  b: { lane: Lane; state: MachineState },
  scale: Scale,
): Stretch[] {
  const found: Stretch[] = [];
  const push = (start: number, end: number): void => {
    const last = found[found.length - 1];
    if (last?.[1] === start) last[1] = end;
    else if (end > start) found.push([start, end]);
  };
  for (const [from, to] of scale.axis.parts.map(({ start, end }): Stretch => [start, end])) {
    const [left, right] = [a, b].map(({ lane, state }) =>
      lane.timeline.pieces(state, from + lane.shift, to + lane.shift).map((piece) => ({
        start: piece.start - lane.shift,
        end: piece.end - lane.shift,
        holds: `${piece.holds} ${ownerOf(piece.mapped.run)}`,
      })),
    );
    const cuts = [...new Set([from, to, ...[...left!, ...right!].flatMap(({ start, end }) => [start, end])])].sort(
      (x, y) => x - y,
    );
    let l = 0;
    let r = 0;
    for (let i = 0; i + 1 < cuts.length; i++) {
      const at = cuts[i]!;
      while (l < left!.length && left![l]!.end <= at) l++;
      while (r < right!.length && right![r]!.end <= at) r++;
      const one = left![l] !== undefined && left![l]!.start <= at ? left![l]!.holds : 'none';
      const other = right![r] !== undefined && right![r]!.start <= at ? right![r]!.holds : 'none';
      if (one !== other) push(at, cuts[i + 1]!);
    }
  }
  return found;
}

const ownerOf = (run: LeafRun): string => (run.from === 'altmap' ? `altmap ${run.altmap}` : run.from);

/** Entries that cover more are of tables, and no bytes that one would look at. */
const SHOWN_SPAN = 2 ** 28;

/** The bytes that an event is about; undefined where it is about none, or about all. */
export function bytesOf(event: KernelEvent | undefined): Stretch | undefined {
  if (event === undefined || !('start' in event) || event.end - event.start > SHOWN_SPAN) return undefined;
  return [event.start, event.end];
}

/** Findings that are seen at a place: those of its step up to it, and those of before that are still true. */
export function faultsAt(session: Session, lane: number, position: Position): { fault: Fault; isOld: boolean }[] {
  const { step, row } = position;
  const state = session.stateAt(lane, position);
  /** Old findings about the same bytes are told by one. */
  const told = new Set<number>();
  return session.faults.flatMap((fault): { fault: Fault; isOld: boolean }[] => {
    if (fault.lane !== lane || fault.finding.blamed.length === 0) return [];
    const { position: at } = fault;
    if (at.step > step || (at.step === step && at.row > row)) return [];
    if (at.step === step) return [{ fault, isOld: false }];
    const [start] = fault.finding.blamed[0]!;
    if (told.has(start)) return [];
    told.add(start);
    return isStillTrue(fault, session.lanes[lane]!, state) ? [{ fault, isOld: true }] : [];
  });
}

function isStillTrue({ finding: { invariant, blamed } }: Fault, { timeline }: Lane, state: MachineState): boolean {
  const isActive = (stretch: Stretch): boolean => state.active.some((active) => overlaps(active, stretch));
  if (invariant === 'no-hole') {
    return blamed.some(([start, end]) => isActive([start, end]) && timeline.pieces(state, start, end).length === 0);
  }
  if (invariant === 'no-leak') {
    return blamed.some(([start, end]) =>
      timeline.pieces(state, start, end).some(({ mapped: { run } }) => !isActive([run.start, endOf(run)])),
    );
  }
  return false;
}
