// SPDX-License-Identifier: GPL-2.0-only

import type { KernelEvent } from './event.js';

/** The events of one step on two kernels as one list: what both do stands once, and the rest says whose it is. */

/** A row of the list: the place of an event in each kernel's own; null where a kernel does nothing like it. */
export interface Row {
  readonly at: readonly (number | null)[];
  /** The kernels do different things here, or get different answers. */
  readonly differs: boolean;
}

/** Pairs of events that are compared; where steps are longer, only what they begin and end with is. */
const MAX_PAIRS = 4_000_000;

/**
 * What an event does and asks, without the answer: the same question may be answered differently. Addresses count from the
 * struct page of pfn 0, which differs between releases.
 */
function questionOf(event: KernelEvent, vmemmap: number): string {
  const range = 'start' in event ? [event.start - vmemmap, event.end - vmemmap] : [];
  const more =
    event.what === 'set' || event.what === 'clear'
      ? event.level
      : event.what === 'memset' || event.what === 'scan'
        ? event.byte
        : event.what === 'flush'
          ? event.of
          : event.what === 'decide'
            ? ''
            : 'altmap' in event
              ? `${event.altmap} ${event.pages}`
              : 'pages' in event
                ? event.pages
                : 'text' in event
                  ? event.text
                  : '';
  return [event.what, event.times, ...range, more].join(' ');
}

/** What came of it. */
function answerOf(event: KernelEvent): string {
  const frames = 'frames' in event ? JSON.stringify(event.frames) : '';
  const rest =
    event.what === 'scan'
      ? event.filled
      : event.what === 'decide'
        ? `${event.because} ${event.so}`
        : event.what === 'set'
          ? event.entry
          : '';
  return `${frames}${rest}`;
}

interface Keyed {
  readonly question: string;
  readonly answer: string;
}

const keyed = (events: readonly KernelEvent[], vmemmap: number): Keyed[] =>
  events.map((event) => ({ question: questionOf(event, vmemmap), answer: answerOf(event) }));

/** Pairs of a longest common subsequence, ascending. */
function commonPairs(a: readonly Keyed[], b: readonly Keyed[]): [number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && a[head]!.question === b[head]!.question) head++;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail]!.question === b[b.length - 1 - tail]!.question
  )
    tail++;
  const n = a.length - head - tail;
  const m = b.length - head - tail;
  const pairs = Array.from({ length: head }, (_, i): [number, number] => [i, i]);
  if (n * m <= MAX_PAIRS) {
    const width = m + 1;
    const longest = new Uint32Array((n + 1) * width);
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        longest[i * width + j] =
          a[head + i]!.question === b[head + j]!.question
            ? longest[(i + 1) * width + j + 1]! + 1
            : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
      }
    }
    for (let i = 0, j = 0; i < n && j < m;) {
      if (a[head + i]!.question === b[head + j]!.question) pairs.push([head + i++, head + j++]);
      else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++;
      else j++;
    }
  }
  for (let i = tail; i > 0; i--) pairs.push([a.length - i, b.length - i]);
  return pairs;
}

/** A kernel's events of one step, and the struct page of pfn 0. */
export interface Doing {
  readonly events: readonly KernelEvent[];
  readonly vmemmap: number;
}

/** One list of the events of one or two kernels in a step. */
export function alignEvents(first: Doing, second?: Doing): Row[] {
  if (second === undefined) return first.events.map((_, i) => ({ at: [i], differs: false }));
  const a = keyed(first.events, first.vmemmap);
  const b = keyed(second.events, second.vmemmap);
  const rows: Row[] = [];
  let i = 0;
  let j = 0;
  const apart = (toA: number, toB: number): void => {
    while (i < toA) rows.push({ at: [i++, null], differs: true });
    while (j < toB) rows.push({ at: [null, j++], differs: true });
  };
  for (const [atA, atB] of commonPairs(a, b)) {
    apart(atA, atB);
    rows.push({ at: [i, j], differs: a[i++]!.answer !== b[j++]!.answer });
  }
  apart(a.length, b.length);
  return rows;
}
