// SPDX-License-Identifier: GPL-2.0-only

import type { FrameContent } from '../kernel/frame-content.js';
import type { Books, FrameRun, KernelEvent, LeafRun, Moment, Recording, Stretch } from './event.js';

/**
 * The machine at any moment of a recording: what is mapped, and what every byte behind it holds and who wrote it. Bytes are
 * known by their physical address, so that two leaves on one frame show the same.
 */

/** What bytes hold: PAGE_UNUSED, something else that was written, or what was there when the frame was handed out. */
export type Holds = 'unused' | 'written' | 'never';

/** PAGE_UNUSED of mm/sparse-vmemmap.c. */
export const PAGE_UNUSED = 0xfd;

/** Bytes that hold one thing. */
export interface Held {
  readonly start: number;
  readonly end: number;
  readonly holds: Holds;
  /** The event that wrote them; of those that nobody wrote, the one that handed the frame out. Null for the boot. */
  readonly by: Moment | null;
}

/** A run of leaves, and the event that made it. */
export interface Mapped {
  readonly run: LeafRun;
  readonly by: Moment | null;
}

export interface MachineState {
  /** By ascending address. */
  readonly mapped: readonly Mapped[];
  /** By ascending physical address. Bytes that are in none were never written. */
  readonly bytes: readonly Held[];
  /** Frames that went back to the page allocator and were not handed out again: first, and behind the last. */
  readonly freed: readonly Stretch[];
  /** Base pages of the page allocator that are out. */
  readonly ramPages: number;
  /** Base pages of each altmap that are out, as the events tell. */
  readonly altmapPages: Readonly<Record<string, number>>;
  /** Memmap of active subsections. */
  readonly active: readonly Stretch[];
  readonly unusedStart: number | null;
}

export const endOf = ({ start, size, count }: LeafRun): number => start + size * count;

/** First index of an ascending list whose element ends behind an address. */
function firstBehind<T>(list: readonly T[], at: number, end: (element: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (end(list[middle]!) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

const heldEnd = ({ end }: Held): number => end;
const mappedEnd = ({ run }: Mapped): number => endOf(run);
const stretchEnd = ([, end]: Stretch): number => end;

/** The list with [start, end) holding something new. */
function painted(bytes: readonly Held[], { start, end, holds, by }: Held): Held[] {
  const from = firstBehind(bytes, start, heldEnd);
  let to = from;
  while (to < bytes.length && bytes[to]!.start < end) to++;
  const middle: Held[] = [];
  const first = bytes[from];
  if (to > from && first!.start < start) middle.push({ ...first!, end: start });
  middle.push({ start, end, holds, by });
  const last = bytes[to - 1];
  if (to > from && last!.end > end) middle.push({ ...last!, start: end });
  return [...bytes.slice(0, from), ...middle, ...bytes.slice(to)];
}

/** A list of stretches without what lies in [start, end). */
function without(list: readonly Stretch[], start: number, end: number): Stretch[] {
  return list.flatMap(([from, to]) =>
    (
      [
        [from, Math.min(to, start)],
        [Math.max(from, end), to],
      ] as Stretch[]
    ).filter(([a, b]) => a < b),
  );
}

/** Stretches of frames, neighbours as one. */
function frameStretches(frames: readonly FrameRun[], pages: number): Stretch[] {
  return frames.flatMap(([first, count, step]): Stretch[] =>
    count === 1 || step === pages
      ? [[first, first + count * pages]]
      : Array.from({ length: count }, (_, i): Stretch => [first + i * step, first + i * step + pages]),
  );
}

/** A part of a run, whole leaves that reach into [start, end). */
function part({ run, by }: Mapped, start: number, end: number): Mapped | undefined {
  const first = Math.max(0, Math.floor((start - run.start) / run.size));
  const last = Math.min(run.count, Math.ceil((end - run.start) / run.size));
  if (last <= first) return undefined;
  const entry = BigInt.asUintN(64, BigInt(`0x${run.entry}`) + BigInt(first) * BigInt(`0x${run.entryStep}`));
  return {
    run: {
      ...run,
      start: run.start + first * run.size,
      count: last - first,
      frame: run.frame + first * run.frameStep,
      entry: entry.toString(16).padStart(run.entry.length, '0'),
    },
    by,
  };
}

/** The mapping with [start, end) mapped anew. */
function remapped(mapped: readonly Mapped[], start: number, end: number, runs: readonly Mapped[]): Mapped[] {
  const from = firstBehind(mapped, start, mappedEnd);
  let to = from;
  while (to < mapped.length && mapped[to]!.run.start < end) to++;
  const first = mapped[from];
  const last = mapped[to - 1];
  const before = to > from && first!.run.start < start ? part(first!, first!.run.start, start) : undefined;
  const behind = to > from && endOf(last!.run) > end ? part(last!, end, endOf(last!.run)) : undefined;
  return [
    ...mapped.slice(0, from),
    ...(before === undefined ? [] : [before]),
    ...runs,
    ...(behind === undefined ? [] : [behind]),
    ...mapped.slice(to),
  ];
}

/** Calls for each piece of [start, end) that is mapped, with its physical byte address. */
function forEachPiece(
  { mapped }: Pick<MachineState, 'mapped'>,
  pageSize: number,
  start: number,
  end: number,
  onPiece: (start: number, end: number, pa: number, mapped: Mapped) => void,
): void {
  for (let i = firstBehind(mapped, start, mappedEnd); i < mapped.length && mapped[i]!.run.start < end; i++) {
    const { run } = mapped[i]!;
    const isEven = run.count === 1 || run.frameStep * pageSize === run.size;
    const size = isEven ? run.size * run.count : run.size;
    const leaves = isEven ? 1 : run.count;
    const skipped = Math.max(0, Math.floor((start - run.start) / size));
    for (let leaf = skipped; leaf < leaves; leaf++) {
      const at = run.start + leaf * size;
      if (at >= end) break;
      const from = Math.max(at, start);
      const pa = (run.frame + leaf * run.frameStep) * pageSize;
      onPiece(from, Math.min(at + size, end), pa + (from - at), mapped[i]!);
    }
  }
}

/** How many base pages a list of blocks has. */
const pagesOf = (frames: readonly FrameRun[], pages: number): number =>
  frames.reduce((sum, [, count]) => sum + count * pages, 0);

function written(state: MachineState, pageSize: number, range: Stretch, holds: Holds, by: Moment): MachineState {
  let { bytes } = state;
  forEachPiece(state, pageSize, range[0], range[1], (start, end, pa) => {
    bytes = painted(bytes, { start: pa, end: pa + (end - start), holds, by });
  });
  return { ...state, bytes };
}

/** What pages hold that are taken: what the step says, or what nobody wrote. */
const heldAtFirst = ({ content }: { content?: FrameContent }): Held['holds'] =>
  content === '0xfd' ? 'unused' : 'never';

/** What an event changes; most events change nothing of it. */
function changed(state: MachineState, event: KernelEvent, by: Moment, recording: Recording): MachineState {
  const { pageSize } = recording;
  switch (event.what) {
    case 'alloc': {
      const stretches = frameStretches(event.frames, event.pages);
      let { bytes, freed } = state;
      for (const [first, end] of stretches) {
        freed = without(freed, first, end);
        if (recording.recycledPages === 'keep' && event.content === undefined) continue;
        bytes = painted(bytes, { start: first * pageSize, end: end * pageSize, holds: heldAtFirst(event), by });
      }
      return { ...state, bytes, freed, ramPages: event.out + pagesOf(event.frames, event.pages) };
    }
    case 'free': {
      const stretches = frameStretches(event.frames, event.pages);
      const freed = stretches.reduce((list, [first, end]) => without(list, first, end), [...state.freed]);
      return {
        ...state,
        freed: [...freed, ...stretches].sort(([a], [b]) => a - b),
        ramPages: event.out - pagesOf(event.frames, event.pages),
      };
    }
    case 'altmap-alloc':
    case 'altmap-free': {
      const pages = event.what === 'altmap-alloc' ? pagesOf(event.frames, event.pages) : -event.pages * event.times;
      const { altmap } = event;
      let { bytes } = state;
      if (event.what === 'altmap-alloc' && event.content !== undefined) {
        for (const [first, end] of frameStretches(event.frames, event.pages)) {
          bytes = painted(bytes, { start: first * pageSize, end: end * pageSize, holds: heldAtFirst(event), by });
        }
      }
      return {
        ...state,
        bytes,
        altmapPages: { ...state.altmapPages, [altmap]: (state.altmapPages[altmap] ?? 0) + pages },
      };
    }
    case 'set':
    case 'clear': {
      const runs = event.leaves.map((place): Mapped => ({ run: recording.leaves[place]!, by }));
      // An entry that a kernel takes for one of a table below may lie in a larger leaf.
      const start = Math.min(event.start, ...runs.map(({ run }) => run.start));
      const end = Math.max(event.end, ...runs.map(({ run }) => endOf(run)));
      return { ...state, mapped: remapped(state.mapped, start, end, runs) };
    }
    case 'memset':
      return written(state, pageSize, [event.start, event.end], event.byte === PAGE_UNUSED ? 'unused' : 'written', by);
    case 'initialise':
      return written(state, pageSize, [event.start, event.end], 'written', by);
    case 'copy': {
      const start = event.to * pageSize;
      return { ...state, bytes: painted(state.bytes, { start, end: start + pageSize, holds: 'written', by }) };
    }
    default:
      return state;
  }
}

function after(state: MachineState, event: KernelEvent, by: Moment, recording: Recording): MachineState {
  const next = changed(state, event, by, recording);
  const active = recording.actives[event.active]!;
  if (active === next.active && event.unusedStart === next.unusedStart) return next;
  return { ...next, active, unusedStart: event.unusedStart };
}

function ended(state: MachineState, books: Books, { actives, leaves }: Recording): MachineState {
  const { active, unusedStart, ramPages } = books;
  const here = new Map(state.mapped.map((mapped) => [mapped.run, mapped]));
  const mapped = books.leaves?.map((place) => leaves[place]!).map((run) => here.get(run) ?? { run, by: null });
  return { ...state, mapped: mapped ?? state.mapped, active: actives[active]!, unusedStart, ramPages };
}

/** The machine before the first step. Struct pages of boot memory are written. */
function booted(recording: Recording): MachineState {
  const { boot, leaves, actives, pageSize } = recording;
  const mapped = boot.leaves.map((place): Mapped => ({ run: leaves[place]!, by: null }));
  const state: MachineState = {
    mapped,
    bytes: [],
    freed: [],
    ramPages: boot.ramPages,
    altmapPages: {},
    active: actives[boot.active]!,
    unusedStart: boot.unusedStart,
  };
  let bytes: Held[] = [];
  for (const [start, end] of state.active) {
    forEachPiece(state, pageSize, start, end, (from, to, pa) => {
      bytes = painted(bytes, { start: pa, end: pa + (to - from), holds: 'written', by: null });
    });
  }
  return { ...state, bytes };
}

/** A piece of the vmemmap: what its bytes hold, and the leaf that maps them. */
export interface Piece extends Held {
  readonly mapped: Mapped;
}

/** Every moment of a recording. The state after each step is kept, so that a key is answered without a replay. */
export class Timeline {
  private readonly afterStep: MachineState[] = [];
  /** States after the events of the step that was asked for last. */
  private inside: { step: number; states: MachineState[] } | undefined;

  constructor(readonly recording: Recording) {
    let state = booted(recording);
    this.afterStep.push(state);
    for (const [step, events] of recording.steps.entries()) {
      for (const [at, event] of events.entries()) state = after(state, event, [step, at], recording);
      state = ended(state, recording.ends[step]!, recording);
      this.afterStep.push(state);
    }
  }

  get steps(): number {
    return this.recording.steps.length;
  }

  /** @param moment a step behind the last is the end; event -1 is before the step's first */
  at([step, event]: Moment): MachineState {
    const events = this.recording.steps[step];
    if (events === undefined) return this.afterStep[this.afterStep.length - 1]!;
    if (event < 0) return this.afterStep[step]!;
    if (event >= events.length - 1) return this.afterStep[step + 1]!;
    if (this.inside?.step !== step) this.inside = { step, states: [] };
    const { states } = this.inside;
    for (let at = states.length; at <= event; at++) {
      states.push(after(states[at - 1] ?? this.afterStep[step]!, events[at]!, [step, at], this.recording));
    }
    return states[event]!;
  }

  /** What [start, end) holds, piece by piece; where nothing is mapped there is no piece. */
  pieces(state: MachineState, start: number, end: number): Piece[] {
    const pieces: Piece[] = [];
    const push = (piece: Piece): void => {
      const last = pieces[pieces.length - 1];
      const joins =
        last?.end === piece.start && last.holds === piece.holds && last.mapped === piece.mapped && last.by === piece.by;
      if (joins) pieces[pieces.length - 1] = { ...last, end: piece.end };
      else pieces.push(piece);
    };
    forEachPiece(state, this.recording.pageSize, start, end, (from, to, pa, mapped) => {
      const shift = from - pa;
      let at = pa;
      const stop = pa + (to - from);
      for (let i = firstBehind(state.bytes, pa, heldEnd); at < stop; i++) {
        const held = state.bytes[i];
        const next = held === undefined ? stop : Math.min(stop, Math.max(at, held.start));
        if (next > at) push({ start: at + shift, end: next + shift, holds: 'never', by: null, mapped });
        at = next;
        if (held === undefined || at === stop) break;
        const until = Math.min(stop, held.end);
        push({ start: at + shift, end: until + shift, holds: held.holds, by: held.by, mapped });
        at = until;
      }
    });
    return pieces;
  }
}

/** Whether a run stands on frames that went back to the page allocator. */
export function isFreed(
  { freed }: MachineState,
  { from, frame, frameStep, count, size }: LeafRun,
  pageSize: number,
): boolean {
  if (from !== 'buddy') return false;
  const pages = Math.max(1, size / pageSize);
  for (let leaf = 0; leaf < count; leaf++) {
    const first = Math.floor(frame + leaf * frameStep);
    const at = firstBehind(freed, first, stretchEnd);
    if (at < freed.length && freed[at]![0] < first + pages) return true;
  }
  return false;
}
