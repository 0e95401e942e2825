// SPDX-License-Identifier: GPL-2.0-only

import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Tables for people: columns apart, without frames. Their cost is that of their text. */

/** Between two columns. */
const GAP = '  ';

/** A column of text stands to the left, one of numbers to the right. */
type Alignment = 'left' | 'right';

function aligned(text: string, width: number, alignment: Alignment): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return alignment === 'right' ? blanks + text : text + blanks;
}

/** The rows as lines, each column as wide as its widest line. */
function layOut(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string[] {
  const cells = rows.map((row) => row.map((cell) => cell.split('\n')));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((lines, column) => {
      for (const line of lines) widths[column] = Math.max(widths[column] ?? 0, stringWidth(line));
    });
  }
  return cells.flatMap((row) => {
    const height = row.reduce((most, lines) => Math.max(most, lines.length), 0);
    return Array.from({ length: height }, (_, i) =>
      row
        .map((lines, column) => aligned(lines[i] ?? '', widths[column]!, alignments[column] ?? 'left'))
        .join(GAP)
        .trimEnd(),
    );
  });
}

/** Columns of text, each as wide as its widest cell; cells may have several lines. */
export const columns = (rows: readonly (readonly string[])[]): string[] => layOut(rows);

const PARAGRAPH_WIDTH = 100;

/** Text broken into lines. */
export const paragraph = (text: string): string[] =>
  wrapAnsi(text, PARAGRAPH_WIDTH)
    .split('\n')
    .map((line) => line.trimEnd());

/** Lines of a list that a cell shows, before it counts the others. */
const SHOWN_LINES = 24;

/** A list as the lines of a cell: the first of them, and how many there are besides. */
export function listCell(lines: readonly string[]): string {
  if (lines.length <= SHOWN_LINES + 1) return lines.join('\n');
  return [...lines.slice(0, SHOWN_LINES), `… and ${lines.length - SHOWN_LINES} more`].join('\n');
}

/** Rows below a line of headings. */
export const tableText = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  columns([head, ...rows]);

/** A column of a table of rows. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Numbers stand to the right. */
  readonly right?: true;
}

/** Rows below their titles, numbers to the right. */
export const tableLines = <Row>(shape: readonly Column<Row>[], rows: readonly Row[]): string[] =>
  layOut(
    [shape.map(({ title }) => title), ...rows.map((row) => shape.map(({ text }) => text(row)))],
    shape.map(({ right }) => (right ? 'right' : 'left')),
  );

/** A whole number in groups of three. */
export const grouped = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
