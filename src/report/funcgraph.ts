// SPDX-License-Identifier: GPL-2.0-only

import type { TracedMachine } from './chrome-trace.js';
import { oneLine } from './text.js';

/**
 * Calls as the kernel's function_graph tracer prints them (Documentation/trace/ftrace.rst,
 * kernel/trace/trace_functions_graph.c). Times are modelled.
 */

const NS_PER_US = 1000;
/** Marks of long calls, ns, the longest first (kernel/trace/trace_output.c). */
const MARKS: readonly [above: number, mark: string][] = [
  [1e9, '$'],
  [1e8, '@'],
  [1e7, '*'],
  [1e6, '#'],
  [1e5, '!'],
  [1e4, '+'],
];
/** Characters of the DURATION column: a mark and a space, up to 8 of the number, and " us ". */
const NUMBER_WIDTH = 8;
const DURATION_WIDTH = 14;
/** From so many digits of µs on there is no room for a decimal. */
const DIGITS_WITHOUT_DECIMALS = 7;

const HEADER = `# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |`;

/** Whole µs and as many decimals as fit, in a column that is filled from the left. */
function duration(us: number): string {
  const ns = Math.round(us * NS_PER_US);
  const mark = MARKS.find(([above]) => ns > above)?.[1] ?? ' ';
  const whole = String(Math.floor(ns / NS_PER_US));
  const decimals = String(ns % NS_PER_US).padStart(3, '0');
  const number = whole.length < DIGITS_WITHOUT_DECIMALS ? `${whole}.${decimals}`.slice(0, NUMBER_WIDTH) : whole;
  return `${mark} ${number} us `;
}

const line = (time: string, depth: number, text: string): string =>
  ` 0) ${time.padEnd(DURATION_WIDTH)}|  ${'  '.repeat(depth)}${text}`;

function machineLines({ name, calls, microseconds }: TracedMachine): string[] {
  const lines = [`# ${oneLine(name)}; modelled time at the nominal clock`];
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
