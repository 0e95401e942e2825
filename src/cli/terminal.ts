// SPDX-License-Identifier: GPL-2.0-only

import { spawnSync } from 'node:child_process';
import { stripVTControlCharacters, styleText } from 'node:util';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** How results look on a terminal, and that they fit it. Where none is, text is as it was written. */

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Columns of a terminal that does not say how many it has. */
export const DEFAULT_COLUMNS = 80;

/** Whether text is coloured: as FORCE_COLOR says, else on a terminal that has colours, and not where NO_COLOR is set. */
export function isColoured(env: NodeJS.ProcessEnv = process.env): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: refused } = env;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return process.stdout.isTTY && (refused ?? '') === '' && process.stdout.hasColors(env);
}

/** Text in a style where results are coloured, plain text elsewhere. */
export const styled = (style: Style, text: string): string => (isColoured() ? styleText(style, text) : text);

/** What stands out in a text that says nothing of styles: lines that begin in these ways. */
const STANDS_OUT: readonly [RegExp, Style][] = [
  [/^finding {2}step \d+: [a-z-]+:/, 'red'],
  [/^ {2}(leaks|holes|violations|log) /, 'red'],
  [/^no (findings|violation)$/, 'green'],
  [/^step \d+ /, 'bold'],
  [/^(invariant|broken) .*$/, 'bold'],
  [/^.* part in step \d+, event \d+$/, 'red'],
  [/^.* do just the same$/, 'green'],
  [/\bBROKEN\b/, 'red'],
];

/** A text with its findings in colour, where results are coloured. */
export function highlighted(text: string): string {
  if (!isColoured()) return text;
  const paint = (line: string): string =>
    STANDS_OUT.reduce(
      (painted, [pattern, style]) => painted.replace(pattern, (found) => styleText(style, found)),
      line,
    );
  return text.split('\n').map(paint).join('\n');
}

/** What is left and right of a gap: a label or other columns, and the last one. */
const LAST_COLUMN = /^(.*\S {2,}| +)(?=\S)/;

/** Where the lines that continue one begin: below its last column, if that leaves half of the width. */
function hangingIndent(line: string, columns: number): number {
  // Columns of a line that is in colours already do not stand where its characters do.
  if (stripVTControlCharacters(line) !== line) return 0;
  const half = line.slice(0, Math.floor(columns / 2) + 1);
  return LAST_COLUMN.exec(half)?.[1]?.length ?? 0;
}

/** Columns of the terminal that results go to; undefined where they go elsewhere. */
export function tableColumns(): number | undefined {
  const { isTTY, columns } = process.stdout;
  if (!isTTY) return undefined;
  return columns > 0 ? columns : DEFAULT_COLUMNS;
}

/** A text whose lines are no longer than a terminal is wide, where its words allow it. */
export function fitted(text: string, columns: number): string {
  const fit = (line: string): string => {
    if (stringWidth(line) <= columns) return line;
    const indent = hangingIndent(line, columns);
    const head = line.slice(0, indent);
    const lines = wrapAnsi(line.slice(indent), columns - indent, { trim: true, hard: false }).split('\n');
    return lines.map((each, i) => (i === 0 ? head : ' '.repeat(indent)) + each).join('\n');
  };
  return text.split('\n').map(fit).join('\n');
}

/** What a pager does if nobody says it: end where all fits, take colours, leave the text on the screen. As git has it. */
const LESS = 'FRX';

let isPaged = true;

/** Whether long text goes through a pager: `--no-pager`. */
export function usePager(isWanted: boolean): void {
  isPaged = isWanted;
}

/** Shows text in the pager that a person has named. Returns whether it was shown. */
function page(text: string): boolean {
  const pager = process.env['VMEMMAP_PAGER'] ?? process.env['PAGER'] ?? 'less';
  if (pager === '' || pager === 'cat') return false;
  const { status } = spawnSync('sh', ['-c', pager], {
    input: text,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS, LV: '-c', ...process.env },
  });
  // The shell's word for a program that is not there.
  return status !== null && status !== 126 && status !== 127;
}

/** Prints a result: coloured, fitted and paged on a terminal, and as it is elsewhere. */
export function show(text: string): void {
  const columns = tableColumns();
  if (columns === undefined) {
    process.stdout.write(highlighted(text));
    return;
  }
  const shown = highlighted(fitted(text, columns));
  const isLong = shown.split('\n').length > process.stdout.rows;
  if (isPaged && isLong && page(shown)) return;
  process.stdout.write(shown);
}
