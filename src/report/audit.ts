// SPDX-License-Identifier: GPL-2.0-only

import type { Cell, Verdict } from '../audit/audit.js';
import { SHAPES } from '../audit/shapes.js';
import { tableText } from './table.js';
import type { TestCase } from './test-case.js';

/** The altmap audit for people and for CI. */

/** "arm64 4K", "ppc64 64K radix". */
const machineName = ({ arch, pageSize, mmu }: Cell): string =>
  [arch, `${pageSize / 1024}K`, mmu].filter(Boolean).join(' ');

/** One word for a cell of the table. */
const WORDS: Readonly<Record<Verdict, string>> = {
  supported: 'ok',
  ignored: 'ram',
  refused: 'refuses',
  broken: 'BROKEN',
  untestable: '-',
};

/** Values by a key, in the order in which keys first appear. */
const groupBy = <T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
};

/** Cells of the last release, in a table of machines and shapes; "*" where other releases differ. */
function matrix(cells: readonly Cell[]): string[] {
  const newest = cells[cells.length - 1]!.release;
  const shapes = SHAPES.map(({ name }) => name).filter((name) => cells.some(({ shape }) => shape === name));
  const word = (column: readonly Cell[]): string => {
    const last = column.find(({ release }) => release === newest);
    if (last === undefined) return '';
    return WORDS[last.verdict] + (column.some(({ verdict }) => verdict !== last.verdict) ? '*' : '');
  };
  const rows = [...groupBy(cells, (cell) => `${machineName(cell)} ${cell.structPageSize}`).values()].map((row) => ({
    machine: machineName(row[0]!),
    structPageSize: row[0]!.structPageSize,
    words: shapes.map((shape) => word(row.filter((cell) => cell.shape === shape))),
  }));
  // Sizes of struct page that agree in every shape share a line.
  const lines = [...groupBy(rows, ({ machine, words }) => [machine, ...words].join()).values()].map((same) => [
    same[0]!.machine,
    same.map(({ structPageSize }) => structPageSize).join(' '),
    ...same[0]!.words,
  ]);
  return tableText([newest, 'struct page', ...shapes], lines);
}

/** Without frames and addresses: what stays the same from release to release. */
const plain = (reason: string): string =>
  reason
    .replace(/\b[0-9a-f]{5,16}(-[0-9a-f]{5,16})?(, [0-9a-f]{5,16})*\b/g, '…')
    .replace(/^step \d+ breaks [a-z-]+: /, (text) => text.replace(/ breaks [a-z-]+:/, ':'));

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Names in an order as runs without a gap: "4.18..5.2 6.19". */
function spanText(order: readonly string[], names: ReadonlySet<string>): string {
  const runs: [first: string, last: string][] = [];
  let inRun = false;
  for (const name of order) {
    if (names.has(name) && inRun) runs[runs.length - 1]![1] = name;
    else if (names.has(name)) runs.push([name, name]);
    inRun = names.has(name);
  }
  return runs.map(([first, last]) => (first === last ? first : `${first}..${last}`)).join(' ');
}

/** Broken cells that differ in nothing but release and struct page size, as one line each. */
function brokenLines(cells: readonly Cell[]): string[] {
  const order = unique(cells.map(({ release }) => release));
  const broken = cells.filter(({ verdict }) => verdict === 'broken');
  const rows = [...groupBy(broken, (cell) => [machineName(cell), cell.shape, ...cell.breaks!].join()).values()].map(
    (group) => {
      const [first] = group;
      const span = spanText(order, new Set(group.map(({ release }) => release)));
      const sizes = unique(group.map(({ structPageSize }) => structPageSize)).join(' ');
      return [machineName(first!), first!.shape, sizes, span, `${first!.breaks!.join(', ')}: ${plain(first!.reason)}`];
    },
  );
  return rows.length === 0
    ? []
    : tableText(['broken', '', 'struct page', 'releases', 'what breaks, and first where'], rows);
}

/** The table, the legend, and a line for each kind of broken cell. */
export function auditText(cells: readonly Cell[]): string {
  const count = (verdict: Verdict): number => cells.filter((cell) => cell.verdict === verdict).length;
  const releases = new Set(cells.map(({ release }) => release)).size;
  const legend = [
    'ok: the altmap carries the memmap; ram: it does not, and nobody says so; refuses: adding fails and leaves nothing',
    ...(releases > 1 ? ['*: another verdict on some other release'] : []),
  ];
  const totals = (Object.keys(WORDS) as Verdict[]).map((verdict) => `${count(verdict)} ${verdict}`).join(', ');
  const broken = brokenLines(cells);
  return [
    ...matrix(cells),
    ...legend,
    '',
    ...broken,
    ...(broken.length > 0 ? [''] : []),
    `${cells.length} cells: ${totals}`,
  ].join('\n');
}

const cellName = ({ structPageSize, shape, release }: Cell): string => `${release} sp${structPageSize} ${shape}`;

/** A suite for each machine, a case for each cell: broken fails; what says nothing about altmaps is skipped. */
export const auditCases = (cells: readonly Cell[]): TestCase[] =>
  cells.map((cell) => ({
    suite: machineName(cell),
    name: cellName(cell),
    ...(cell.verdict === 'broken'
      ? { failure: cell.reason }
      : cell.verdict === 'supported'
        ? { output: cell.reason }
        : { skipped: `${cell.verdict}: ${cell.reason}` }),
  }));
