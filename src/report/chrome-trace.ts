// SPDX-License-Identifier: GPL-2.0-only

import type { Call } from '../cycles/call-tree.js';

/**
 * Chrome trace events, which Perfetto, speedscope and about:tracing open. Times are modelled. Calls bear no `args`:
 * readers that sum by function take calls whose arguments differ for different functions.
 */

/** Calls of one machine. */
export interface TracedMachine {
  readonly name: string;
  readonly calls: readonly Call[];
  /** µs of cycles at the nominal clock. */
  readonly microseconds: (cycles: number) => number;
}

/** Times in a trace are µs, and readers keep them to the ns. */
const NS_PER_US = 1000;
/**
 * ns between the end of a call and what begins at that moment: two calls of one function that touch are one call, or one
 * in the other, to a reader that sorts by time.
 */
const GAP = 1;

/** Categories, a field that every event has. Chrome itself calls that of names so. */
const METADATA_CATEGORY = '__metadata';
const CALL_CATEGORY = 'kernel';

interface CallEvent {
  readonly ph: 'B' | 'E';
  readonly name: string;
  /** ns. */
  readonly at: number;
}

/**
 * Beginnings and ends in the order in which they happen. Complete events, with a duration, would leave the end to the
 * reader's arithmetic, and decimal fractions of a µs do not add up: a call would end after its caller.
 */
function callEvents({ calls, microseconds }: TracedMachine): CallEvent[] {
  const nanoseconds = (cycles: number): number => Math.round(microseconds(cycles) * NS_PER_US);
  const events: CallEvent[] = [];
  const open: Call[] = [];
  const endDownTo = (depth: number): void => {
    while (open.length > depth) {
      const { name, start, end } = open.pop()!;
      events.push({ ph: 'E', name, at: Math.max(nanoseconds(start), nanoseconds(end) - GAP) });
    }
  };
  for (const call of calls) {
    endDownTo(call.depth);
    events.push({ ph: 'B', name: call.name, at: nanoseconds(call.start) });
    open.push(call);
  }
  endDownTo(0);
  return events;
}

function machineEvents(machine: TracedMachine, index: number): object[] {
  const where = { pid: index + 1, tid: 1 };
  const metadata = { ph: 'M', cat: METADATA_CATEGORY, ...where, ts: 0 };
  return [
    { ...metadata, name: 'process_name', args: { name: machine.name } },
    { ...metadata, name: 'thread_name', args: { name: 'CPU 0' } },
    ...callEvents(machine).map(({ ph, name, at }) => ({ ph, cat: CALL_CATEGORY, ...where, ts: at / NS_PER_US, name })),
  ];
}

/** The whole file. */
export const chromeTrace = (machines: readonly TracedMachine[]): string =>
  JSON.stringify({
    displayTimeUnit: 'ns',
    otherData: { time: 'modelled cycles at the nominal clock' },
    traceEvents: machines.flatMap(machineEvents),
  });
