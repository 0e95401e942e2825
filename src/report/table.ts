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

/** Columns that a table may take, where what shows it has an end; undefined elsewhere. */
let limit: number | undefined;
/** What tables are moved to the right by, at most. */
const INDENT = 2;

/** Makes tables no wider than so many columns, if their words allow it; undefined gives each cell its line. */
export function fitTables(columns: number | undefined): void {
  limit = columns === undefined ? undefined : columns - INDENT;
}

const widest = (lines: readonly string[]): number => Math.max(0, ...lines.map((line) => stringWidth(line)));

/** Breaks cells of text, and the words above numbers, so that the table fits; undefined where words would have to be cut. */
function broken(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): readonly (readonly string[])[] | undefined {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const cellsOf = (column: number): string[] => rows.map((row) => row[column] ?? '');
  const widths = Array.from({ length: count }, (_, column) =>
    widest(cellsOf(column).flatMap((cell) => cell.split('\n'))),
  );
  const narrowest = widths.map((_, column) => {
    const [head = '', ...cells] = cellsOf(column);
    const words = alignments[column] === 'right' ? cells : cells.flatMap((cell) => cell.split(/\s/));
    return widest([...head.split(/\s/), ...words]);
  });
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  if (limit === undefined || total() <= limit) return rows;
  while (total() > limit) {
    const room = widths.map((width, column) => (width > narrowest[column]! ? width : 0));
    const most = Math.max(...room);
    if (most === 0) return undefined;
    widths[room.indexOf(most)]! -= 1;
  }
  return rows.map((row) => row.map((cell, column) => wrapAnsi(cell, widths[column]!)));
}

/** The lines of each row, each column as wide as its widest line. */
function besideEachOther(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string[][] {
  const cells = rows.map((row) => row.map((cell) => cell.split('\n')));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((lines, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widest(lines));
    });
  }
  return cells.map((row) => {
    const height = row.reduce((most, lines) => Math.max(most, lines.length), 0);
    return Array.from({ length: height }, (_, i) =>
      row
        .map((lines, column) => aligned(lines[i] ?? '', widths[column]!, alignments[column] ?? 'left'))
        .join(GAP)
        .trimEnd(),
    );
  });
}

/** What stands below a row begins here. */
const BELOW = '      ';

/** The rows as lines. A table that does not fit beside itself has its last column below the others. */
function layOut(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string[] {
  const fitting = broken(rows, alignments);
  if (fitting !== undefined) return besideEachOther(fitting, alignments).flat();
  const last = Math.max(...rows.map((row) => row.length)) - 1;
  const others = rows.map((row) => row.slice(0, last));
  return besideEachOther(broken(others, alignments) ?? others, alignments).flatMap((lines, row) => {
    const text = rows[row]![last] ?? '';
    const below = text === '' ? [] : wrapAnsi(text, limit! - BELOW.length).split('\n');
    return [...lines, ...below.map((line) => BELOW + line)];
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
