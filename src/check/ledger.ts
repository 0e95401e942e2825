// SPDX-License-Identifier: GPL-2.0-only

import { NO_PAGE } from '../hardware/buddy-blocks.js';
import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER, type Observer } from '../kernel/observer.js';
import { runStep, startRun } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import { kernelStack, withPlace } from './kernel-stack.js';

/** Who took a frame and who gave it back, step by step. */

/** One event in the life of a frame. */
export interface FrameEvent {
  /** Index of the step, from 0. */
  step: number;
  what: 'allocated' | 'freed' | 'referenced' | 'allocated from the altmap';
  /** First frame and pages of the request that the frame was a part of. */
  pfn: number;
  nrPages: number;
  /** Kernel functions by the names that the release has for them, outermost first. */
  stack: string[];
  /** How often, where it happened again and again in a step. */
  times?: number;
}

/** Index of the first of some ascending frames that is not below one. */
function firstFrom(frames: readonly number[], pfn: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (frames[middle]! < pfn) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts an event that the last one repeats: a tail page of a folded memmap is referenced once for every page it maps. */
function repeats(events: readonly FrameEvent[], what: FrameEvent['what'], step: number): boolean {
  const last = events[events.length - 1];
  if (what !== 'referenced' || last?.what !== what || last.step !== step) return false;
  last.times = (last.times ?? 1) + 1;
  return true;
}

/**
 * What happened to some frames while a scenario ran. The run is repeated for it: it goes the same way again, and nobody
 * pays for histories that nobody asks for. An altmap is told how many pages come back and not which, so frees into one
 * are in no history.
 * @param frames pfns
 * @param steps steps to run, from the first
 */
export function frameHistories(
  scenario: Scenario,
  frames: Iterable<number>,
  steps = scenario.steps.length,
): ReadonlyMap<number, readonly FrameEvent[]> {
  const histories = new Map(Array.from(frames, (pfn): [number, FrameEvent[]] => [pfn, []]));
  const ascending = [...histories.keys()].sort((a, b) => a - b);
  let step = 0;
  const note = (what: FrameEvent['what'], pfn: number, nrPages: number): void => {
    let stack: string[] | undefined;
    for (let at = firstFrom(ascending, pfn); at < ascending.length && ascending[at]! < pfn + nrPages; at++) {
      const events = histories.get(ascending[at]!)!;
      if (repeats(events, what, step)) continue;
      stack ??= withPlace(scenario.machine, kernelStack(scenario.machine));
      events.push({ step, what, pfn, nrPages, stack });
    }
  };
  const ledger: Observer = {
    ...DEAF_OBSERVER,
    allocPages: (order, _nid, pfn) => {
      if (pfn !== NO_PAGE) note('allocated', pfn, 2 ** order);
    },
    freePages: (pfn, order) => note('freed', pfn, 2 ** order),
    getPage: (pfn) => note('referenced', pfn, 1),
    altmapAlloc: (_altmap, nrPages, pfn) => {
      if (pfn !== NO_PAGE) note('allocated from the altmap', pfn, nrPages);
    },
  };
  const run = startRun(scenario, true);
  observe(run.kernel, ledger);
  for (; step < steps; step++) if (runStep(run, scenario.steps[step]!) === 'BUG') break;
  return histories;
}

/** Histories of the frames that findings are about. */
export function historiesOf(
  scenario: Scenario,
  findings: readonly { step: number; frames?: readonly number[] }[],
): ReadonlyMap<number, readonly FrameEvent[]> {
  const frames = new Set(findings.flatMap((finding) => finding.frames ?? []));
  if (frames.size === 0) return new Map();
  return frameHistories(scenario, frames, Math.max(...findings.map(({ step }) => step)) + 1);
}
