// SPDX-License-Identifier: GPL-2.0-only

import type { Mishap } from '../kernel/log.js';
import type { FrameRun, KernelEvent, LeafRun } from './event.js';
import { joinRuns } from './leaf-runs.js';

type RawEvent = KernelEvent<LeafRun>;

/**
 * A loop of the kernel, told once: five hundred times "allocate a page, set an entry" become two events that say how often.
 * Nothing is lost but the order within the loop; addresses go on evenly, and frames are counted up.
 */

/** Events of one turn of a loop that is looked for. */
const LONGEST_TURN = 12;
/** Turns that are worth telling as one. */
const FEWEST_TURNS = 3;

const hasRange = (event: RawEvent): event is RawEvent & { start: number; end: number } => 'start' in event;

/** Whether two mishaps are the same but for the frame. */
function areAlike(a: Mishap, b: Mishap): boolean {
  if (a.kind === 'warn' && b.kind === 'warn') return a.text === b.text;
  if (a.kind === 'altmap-underflow' && b.kind === 'altmap-underflow') return a.altmap === b.altmap;
  return a.kind === b.kind;
}

/** What must be the same from turn to turn: all but addresses, frames and what an entry holds. */
function sameKind(a: RawEvent, b: RawEvent): boolean {
  if (a.what !== b.what || a.stack !== b.stack || a.unusedStart !== b.unusedStart) return false;
  // A test that comes out the same while sections are added one by one is told once all the same.
  if (a.active !== b.active && a.what !== 'decide') return false;
  switch (a.what) {
    case 'alloc':
    case 'free':
      return a.pages === (b as typeof a).pages && a.frames.length === (b as typeof a).frames.length;
    case 'get':
      return true;
    case 'altmap-alloc': {
      const other = b as typeof a;
      return a.altmap === other.altmap && a.pages === other.pages && a.frames.length === other.frames.length;
    }
    case 'altmap-free':
      return a.altmap === (b as typeof a).altmap && a.pages === (b as typeof a).pages;
    case 'set':
    case 'clear':
      return a.level === (b as typeof a).level;
    case 'memset':
      return a.byte === (b as typeof a).byte;
    case 'flush':
      return a.of === (b as typeof a).of;
    case 'decide':
      return a.by === (b as typeof a).by && a.because === (b as typeof a).because && a.so === (b as typeof a).so;
    case 'initialise':
      return true;
    case 'warn':
      return areAlike(a.mishap, (b as typeof a).mishap);
    default:
      return false;
  }
}

/** Whether an event is the one before it again, a place further. */
function goesOn(before: RawEvent, event: RawEvent): boolean {
  if (!sameKind(before, event)) return false;
  if (!hasRange(before) || !hasRange(event)) return true;
  if (event.end - event.start !== before.end - before.start) return false;
  // Tests are made for ranges that overlap.
  return event.what === 'decide'
    ? event.start >= before.start && event.start <= before.end
    : event.start === before.end;
}

/** Turns of a loop of `turn` events that begins at a place. */
function turnsAt(events: readonly RawEvent[], at: number, turn: number): number {
  let turns = 1;
  for (let next = at + turn; next + turn <= events.length; next += turn, turns++) {
    for (let i = next; i < next + turn; i++) if (!goesOn(events[i - turn]!, events[i]!)) return turns;
  }
  return turns;
}

/** Adds a block behind a list of them. */
function addFrame(runs: FrameRun[], frame: number): void {
  const last = runs[runs.length - 1];
  if (last?.[1] === 1) {
    last[1] = 2;
    last[2] = frame - last[0];
  } else if (last !== undefined && frame === last[0] + last[1] * last[2]) last[1]++;
  else runs.push([frame, 1, 0]);
}

/** One event for several that go on. */
function joined(events: readonly RawEvent[]): RawEvent {
  const first = events[0]!;
  const last = events[events.length - 1]!;
  const whole: RawEvent = { ...first, active: last.active, times: events.reduce((sum, { times }) => sum + times, 0) };
  if (hasRange(whole) && hasRange(last)) whole.end = last.end;
  if ('leaves' in whole) {
    const leaves = events.flatMap((event) => ('leaves' in event ? event.leaves : []));
    // Entries that lie in one larger leaf all find that leaf.
    whole.leaves = joinRuns(leaves.filter(({ start }, i) => start !== leaves[i - 1]?.start));
  }
  if ('frames' in whole) {
    whole.frames = [];
    for (const event of events)
      if ('frames' in event) for (const [frame] of event.frames) addFrame(whole.frames, frame);
  }
  return whole;
}

/**
 * Tells loops once.
 * @param events of one step, each once
 */
export function tellLoopsOnce(events: readonly RawEvent[]): RawEvent[] {
  const told: RawEvent[] = [];
  for (let at = 0; at < events.length;) {
    let best = { turn: 1, turns: 1 };
    for (let turn = 1; turn <= LONGEST_TURN; turn++) {
      const turns = turnsAt(events, at, turn);
      if (turns >= FEWEST_TURNS && turns * turn > best.turns * best.turn) best = { turn, turns };
    }
    const { turn, turns } = best;
    for (let i = at; i < at + turn; i++) {
      const again = Array.from({ length: turns }, (_, round) => events[i + round * turn]!);
      told.push(turns === 1 ? again[0]! : joined(again));
    }
    at += turn * turns;
  }
  return told;
}
