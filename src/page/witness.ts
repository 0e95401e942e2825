// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../check/checked-run.js';
import { keepWholeStacks, kernelStack, kernelStackOf, stackOn } from '../check/kernel-stack.js';
import { NO_PAGE } from '../hardware/buddy-blocks.js';
import type { Level } from '../hardware/page-table.js';
import { observe, type Kernel } from '../kernel/kernel.js';
import { DEAF_OBSERVER, type Decision, type Observer } from '../kernel/observer.js';
import { runStep, startRun } from '../scenario/runner.js';
import type { Scenario } from '../scenario/scenario.js';
import type { AddressRange } from '../kernel/vmemmap-view.js';

/**
 * Watches a run for what the page asks: which tests settled the leaves, and every touch of what findings are about. The run
 * is repeated for it, once it is known what to watch.
 */

/** Something that the kernel did to a thing that is watched. */
export interface Touch {
  /** Index of the step, from 0. */
  readonly step: number;
  readonly what:
    'set' | 'clear' | 'memset' | 'scan' | 'initialise' | 'alloc' | 'free' | 'altmap-free' | 'warn' | 'stop';
  /** Addresses of the vmemmap that it was about, low 52 bits; of an allocation its frames. */
  readonly start: number;
  readonly end: number;
  /** The byte of a memset or scan. */
  readonly byte?: number;
  /** Whether a scan found nothing but the byte. */
  readonly filled?: boolean;
  /** The altmap, or the words of a warning. */
  readonly name?: string;
  /** Kernel functions, outermost first. */
  readonly stack: readonly string[];
}

/** What to look out for. */
export interface Subject {
  readonly place: AddressRange | undefined;
  readonly frames: readonly number[];
}

export interface Settling {
  readonly step: number;
  readonly by: string;
  readonly decision: Decision;
  readonly start: number;
  end: number;
}

export interface Testimony {
  /** Kernel functions that were called, by step, in order; each once. */
  readonly called: readonly ReadonlySet<string>[];
  readonly settled: readonly Settling[];
  readonly touches: readonly Touch[];
}

/** What a finding is about. */
export const subjectOf = (finding: Finding, places: ReadonlyMap<Finding, AddressRange>): Subject => ({
  place: places.get(finding),
  frames: finding.frames ?? [],
});

/** Whether a touch has to do with a subject. Warnings and what stops the kernel have to do with all. */
export function concerns(touch: Touch, { place, frames }: Subject): boolean {
  if (touch.what === 'warn' || touch.what === 'stop' || touch.what === 'altmap-free') return true;
  if (touch.what === 'alloc' || touch.what === 'free') {
    return frames.some((pfn) => pfn >= touch.start && pfn < touch.end);
  }
  return place !== undefined && touch.start < place.end && touch.end > place.start;
}

/** The addresses that an entry of a level covers. */
function entryRange({ platform, pageSize }: Kernel, level: Level, address: number): AddressRange {
  const span = platform.table?.span[level] ?? platform.leafSizes[platform.leafSizes.length - 1]?.size ?? pageSize;
  const start = Math.floor(address / span) * span;
  return { start, end: start + span };
}

/**
 * Runs a scenario and notes what touches the subjects.
 * @param steps steps to run, from the first
 */
export function watch(scenario: Scenario, subjects: readonly Subject[], steps = scenario.steps.length): Testimony {
  const run = startRun(scenario, true);
  const { kernel } = run;
  const { architecture, traits } = scenario.machine;
  const touches: Touch[] = [];
  const called = scenario.steps.map(() => new Set<string>());
  /** Requests that a watched frame was a part of: what became of the rest matters too. */
  const requests: AddressRange[] = [];
  const settled: Settling[] = [];
  const latest = new Map<Decision, Settling>();
  let step = 0;
  const named = (stack: readonly string[]): string[] => stackOn(architecture.name, traits, stack);
  const note = (touch: Omit<Touch, 'step' | 'stack'>): void => {
    const noted = { ...touch, step, stack: [] };
    const isPart = noted.what === 'free' && requests.some(({ start, end }) => noted.start < end && noted.end > start);
    if (!isPart && !subjects.some((subject) => concerns(noted, subject))) return;
    touches.push({ ...noted, stack: named(kernelStack()) });
    if (noted.what === 'alloc') requests.push({ start: noted.start, end: noted.end });
  };
  const observer: Observer = {
    ...DEAF_OBSERVER,
    allocPages: (order, _nid, pfn) => {
      if (pfn !== NO_PAGE) note({ what: 'alloc', start: pfn, end: pfn + 2 ** order });
    },
    freePages: (pfn, order) => note({ what: 'free', start: pfn, end: pfn + 2 ** order }),
    altmapAlloc: (_altmap, nrPages, pfn) => {
      if (pfn !== NO_PAGE) note({ what: 'alloc', start: pfn, end: pfn + nrPages });
    },
    altmapFree: ({ name }, nrPages) => note({ what: 'altmap-free', start: 0, end: nrPages, name }),
    setEntry: (level, address) => note({ what: 'set', ...entryRange(kernel, level, address) }),
    clearEntry: (level, address) => note({ what: 'clear', ...entryRange(kernel, level, address) }),
    memset: (address, byte, bytes) => note({ what: 'memset', start: address, end: address + bytes, byte }),
    scan: (address, byte, bytes, filled) => note({ what: 'scan', start: address, end: address + bytes, byte, filled }),
    initialise: (address, bytes) => note({ what: 'initialise', start: address, end: address + bytes }),
    warn: (text) => note({ what: 'warn', start: 0, end: 0, name: text }),
    enter: (name) => called[step]!.add(name),
    decide: (by, decision, start, end) => {
      const last = latest.get(decision);
      if (last?.step === step && last.by === by && last.end === start) {
        last.end = end;
        return;
      }
      const settling = { step, by, decision, start, end };
      settled.push(settling);
      latest.set(decision, settling);
    },
  };
  observe(kernel, observer);
  keepWholeStacks(() => {
    for (; step < steps; step++) {
      if (runStep(run, scenario.steps[step]!) !== 'BUG') continue;
      const stack = run.stoppedBy === undefined ? [] : named(kernelStackOf(run.stoppedBy));
      touches.push({ step, what: 'stop', start: 0, end: 0, stack });
      break;
    }
  });
  return { called, settled, touches };
}
