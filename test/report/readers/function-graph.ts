// SPDX-License-Identifier: GPL-2.0-only

import type { FunctionTotal } from '../../../src/cycles/call-tree.js';

/**
 * The text of the function_graph tracer, read as Documentation/trace/ftrace.rst describes it and as nothing else does:
 * no library reads this text (trace-cmd and KernelShark read the binary ring buffer). It shares no code with the writer.
 *
 * Columns: CPU and a parenthesis; a flag of long calls, the duration in µs, a bar; the function, two spaces deeper for
 * each caller. A duration stands on the line of a leaf, "f();", or on the closing bracket of a function that called
 * others, "f() {" to "}". Lines that begin with # are comments.
 */

/** A flag means that the function exceeded so many µs. */
const FLAGS: Readonly<Record<string, number>> = { '+': 10, '!': 100, '#': 1000, '*': 10_000, '@': 100_000, $: 1e6 };
const INDENT = 2;
/** Characters between the parenthesis behind the CPU and the bar. */
const DURATION_COLUMN = 15;

const LINE = /^ *(?<cpu>\d+)\)(?<duration>[^|]*)\| {2}(?<indent> *)(?<text>\S.*)$/;
const DURATION = /^ (?<flag>[ +!#*@$]) (?<number>\d+(?:\.\d+)?) us +$/;

export interface GraphTotals {
  /** In the order in which they were first called; µs. */
  readonly functions: readonly FunctionTotal[];
  readonly comments: readonly string[];
}

/** µs of the DURATION column; undefined if it is empty. @throws Error where the flag does not fit the duration */
function microseconds(column: string, line: string): number | undefined {
  if (column.trim() === '') return undefined;
  const { flag = '', number = '' } = DURATION.exec(column)?.groups ?? {};
  if (number === '') throw new Error(`no duration: ${line}`);
  const us = Number(number);
  const exceeded = Object.entries(FLAGS).findLast(([, above]) => us > above)?.[0] ?? ' ';
  if (flag !== exceeded) throw new Error(`the flag is "${flag}" and not "${exceeded}": ${line}`);
  return us;
}

/** @throws Error with the line that is not as documented */
export function readFunctionGraph(text: string): GraphTotals {
  const lines = text.split('\n').filter((line) => line !== '');
  if (lines[0] !== '# tracer: function_graph') throw new Error(`no tracer is named: ${lines[0] ?? ''}`);
  const functions = new Map<string, { name: string; calls: number; self: number; total: number }>();
  const open: { name: string; inner: number }[] = [];
  const enter = (name: string): void => {
    const known = functions.get(name) ?? { name, calls: 0, self: 0, total: 0 };
    functions.set(name, known);
    known.calls++;
    open.push({ name, inner: 0 });
  };
  const leave = (us: number): void => {
    const { name, inner } = open.pop()!;
    const known = functions.get(name)!;
    known.self += us - inner;
    if (!open.some((outer) => outer.name === name)) known.total += us;
    const caller = open.at(-1);
    if (caller !== undefined) caller.inner += us;
  };
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    const { duration = '', indent = '', text: shown = '' } = LINE.exec(line)?.groups ?? {};
    if (duration.length !== DURATION_COLUMN) throw new Error(`the bar is not where it should be: ${line}`);
    const us = microseconds(duration, line);
    const [, opened] = /^(\S+)\(\) \{$/.exec(shown) ?? [];
    const [, leaf] = /^(\S+)\(\);$/.exec(shown) ?? [];
    const depth = open.length - (shown === '}' ? 1 : 0);
    if (indent.length !== depth * INDENT) throw new Error(`the depth is not ${depth}: ${line}`);
    if (opened !== undefined && us === undefined) {
      enter(opened);
    } else if (leaf !== undefined && us !== undefined) {
      enter(leaf);
      leave(us);
    } else if (shown === '}' && us !== undefined) {
      leave(us);
    } else {
      throw new Error(`neither a leaf, nor a beginning, nor an end: ${line}`);
    }
  }
  if (open.length > 0) throw new Error(`${open.at(-1)!.name}() does not end`);
  return { functions: [...functions.values()], comments: lines.filter((line) => line.startsWith('#')) };
}
