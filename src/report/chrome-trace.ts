// SPDX-License-Identifier: GPL-2.0-only

import type { Call } from '../cycles/call-tree.js';

/** Chrome trace events, which Perfetto, speedscope and about:tracing open. Times are modelled. */

/** Calls of one machine. */
export interface TracedMachine {
  readonly name: string;
  readonly calls: readonly Call[];
  /** µs of cycles at the nominal clock. */
  readonly microseconds: (cycles: number) => number;
}

/** Decimals of a µs: a cycle is a few tenths of a nanosecond. */
const DECIMALS = 4;
const rounded = (us: number): number => Number(us.toFixed(DECIMALS));

function machineEvents({ name, calls, microseconds }: TracedMachine, index: number): object[] {
  const pid = index + 1;
  return [
    { ph: 'M', pid, tid: 1, name: 'process_name', args: { name } },
    { ph: 'M', pid, tid: 1, name: 'thread_name', args: { name: 'CPU 0' } },
    ...calls.map((call) => {
      const ts = rounded(microseconds(call.start));
      const dur = rounded(rounded(microseconds(call.end)) - ts);
      return { ph: 'X', pid, tid: 1, ts, dur, name: call.name, args: { cycles: Math.round(call.end - call.start) } };
    }),
  ];
}

/** The whole file. */
export const chromeTrace = (machines: readonly TracedMachine[]): string =>
  JSON.stringify({
    displayTimeUnit: 'ns',
    otherData: { time: 'modelled cycles at the nominal clock' },
    traceEvents: machines.flatMap(machineEvents),
  });
