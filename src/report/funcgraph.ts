// SPDX-License-Identifier: GPL-2.0-only

import type { TracedMachine } from './chrome-trace.js';

/** Calls as the kernel's function_graph tracer prints them. Times are modelled. */

/** Marks of long calls, µs, the longest first (kernel/trace/trace_output.c). */
const MARKS: readonly [above: number, mark: string][] = [
  [1e6, '$'],
  [1e5, '@'],
  [1e4, '*'],
  [1e3, '#'],
  [100, '!'],
  [10, '+'],
];
const DURATION_WIDTH = 14;

const HEADER = `# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |`;

function duration(us: number): string {
  const mark = MARKS.find(([above]) => us > above)?.[1] ?? ' ';
  return `${mark}${us.toFixed(3).padStart(DURATION_WIDTH - 4)} us`;
}

const line = (time: string, depth: number, text: string): string =>
  ` 0) ${time.padEnd(DURATION_WIDTH)} |  ${'  '.repeat(depth)}${text}`;

function machineLines({ name, calls, microseconds }: TracedMachine): string[] {
  const lines = [`# ${name}; modelled time at the nominal clock`];
  const open: { depth: number; us: number }[] = [];
  const closeDownTo = (depth: number): void => {
    while (open.length > 0 && open[open.length - 1]!.depth >= depth) {
      const ended = open.pop()!;
      lines.push(line(duration(ended.us), ended.depth, '}'));
    }
  };
  for (const [i, call] of calls.entries()) {
    closeDownTo(call.depth);
    const us = microseconds(call.end - call.start);
    const hasCallees = (calls[i + 1]?.depth ?? 0) > call.depth;
    if (hasCallees) {
      lines.push(line('', call.depth, `${call.name}() {`));
      open.push({ depth: call.depth, us });
    } else {
      lines.push(line(duration(us), call.depth, `${call.name}();`));
    }
  }
  closeDownTo(0);
  return lines;
}

export const funcgraphText = (machines: readonly TracedMachine[]): string =>
  [HEADER, ...machines.flatMap(machineLines)].join('\n');
