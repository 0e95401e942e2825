// SPDX-License-Identifier: GPL-2.0-only

import Table from 'cli-table3';

/** Tables for people: columns apart, without frames. */

const NO_FRAME = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns of text, each as wide as its widest cell; cells may have several lines. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const table = new Table({ chars: NO_FRAME, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

const PARAGRAPH_WIDTH = 100;

/** Text broken into lines. */
export function paragraph(text: string): string[] {
  const table = new Table({
    chars: NO_FRAME,
    style: { 'padding-left': 0, 'padding-right': 0 },
    colWidths: [PARAGRAPH_WIDTH],
    wordWrap: true,
  });
  table.push([text]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
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
export function tableLines<Row>(shape: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const table = new Table({
    chars: NO_FRAME,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: shape.map(({ right }) => (right ? 'right' : 'left')),
  });
  table.push(
    shape.map(({ title }) => title),
    ...rows.map((row) => shape.map(({ text }) => text(row))),
  );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** A whole number in groups of three. */
export const grouped = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
