// SPDX-License-Identifier: GPL-2.0-only

import type { Comparison, SuiteResult } from '../bench/compare.js';
import type { BenchResult } from '../bench/play.js';
import type { Elsewhere } from '../bench/elsewhere.js';
import type { WallResult, WallTime } from '../bench/wall.js';
import { CAUSES, type Cause } from '../cycles/causes.js';
import { grouped, tableLines, type Column } from './table.js';
import { sizeText } from './text.js';

/** Results of the suites, for people and for spreadsheets. */

/** Causes that are named in the text; the rest is in the JSON. */
const NAMED_CAUSES = 3;

/** The largest causes with their share. */
export function causesText(causes: Readonly<Partial<Record<Cause, number>>>): string {
  const entries = CAUSES.flatMap((cause) => (causes[cause] === undefined ? [] : [[cause, causes[cause]] as const]));
  const total = entries.reduce((sum, [, cycles]) => sum + cycles, 0);
  return entries
    .sort(([, a], [, b]) => b - a)
    .slice(0, NAMED_CAUSES)
    .map(([cause, cycles]) => `${cause} ${Math.round((100 * cycles) / total)}%`)
    .join(', ');
}

/** How many times as long it takes as on the CPU's own node and on bare metal. */
export const timesPlain = ({ cycles, plainCycles }: { cycles: number; plainCycles?: number }): string =>
  plainCycles === undefined || plainCycles === 0 ? '' : (cycles / plainCycles).toFixed(2);

/** Where memory and page tables are not the plain ones, in words. */
export const elsewhereText = ({ node, nested }: Elsewhere): string =>
  [
    ...(node ? [`memory is added to a node at distance ${node.distances.join(' or ')} (${node.name})`] : []),
    ...(nested === undefined ? [] : [`under nested paging by leaves of ${sizeText(nested)}`]),
  ].join('; ');

const COLUMNS: readonly Column<BenchResult>[] = [
  { title: 'case', text: ({ name }) => name },
  { title: 'CPU', text: ({ cpu }) => cpu },
  { title: 'cycles', text: ({ cycles }) => grouped(cycles), right: true },
  { title: 'µs', text: ({ microseconds }) => microseconds.toFixed(2), right: true },
  { title: 'cycles a section', text: ({ cyclesPerSection }) => grouped(cyclesPerSection), right: true },
  { title: 'bytes touched', text: ({ bytesTouched }) => grouped(bytesTouched), right: true },
  { title: 'tables', text: ({ tables }) => String(tables), right: true },
  { title: 'spent on', text: ({ causes }) => causesText(causes) },
];

const blocks = (suites: readonly { name: string; title: string; lines: readonly string[] }[]): string =>
  suites
    .map(({ name, title, lines }) => [`${name}: ${title}`, ...lines.map((line) => `  ${line}`)].join('\n'))
    .join('\n\n');

const RANGE: Column<BenchResult> = {
  title: 'range of cycles',
  text: ({ range }) => (range === undefined ? '' : `${grouped(range[0])} to ${grouped(range[1])}`),
  right: true,
};

const TIMES_PLAIN: Column<BenchResult> = { title: 'times plain', text: timesPlain, right: true };

export const benchText = (suites: readonly SuiteResult[]): string =>
  blocks(
    suites.map(({ name, title, rows }) => {
      const more = [
        ...(rows.some(({ plainCycles }) => plainCycles !== undefined) ? [TIMES_PLAIN] : []),
        ...(rows.some(({ range }) => range !== undefined) ? [RANGE] : []),
      ];
      return { name, title, lines: tableLines([...COLUMNS, ...more], rows) };
    }),
  );

const CSV_FIELDS = [
  'name',
  'arch',
  'kernel',
  'cpu',
  'hypervisor',
  'pageSize',
  'structPageSize',
  'sections',
  'cycles',
  'microseconds',
  'cyclesPerSection',
  'bytesTouched',
  'tables',
] as const satisfies readonly (keyof BenchResult)[];

const quoted = (value: string | number): string =>
  typeof value === 'number' ? String(value) : `"${value.replaceAll('"', '""')}"`;

/** Columns that are there where a case has such a field. */
const CSV_ELSEWHERE = ['node', 'nestedLeaf', 'plainCycles'] as const satisfies readonly (keyof BenchResult)[];

/** One line a case, one column a cause (RFC 4180). */
export function benchCsv(suites: readonly SuiteResult[]): string {
  const rows = suites.flatMap(({ name, rows }) => rows.map((row) => ({ suite: name, row })));
  const more = CSV_ELSEWHERE.filter((field) => rows.some(({ row }) => row[field] !== undefined));
  return [
    ['suite', ...CSV_FIELDS, ...CAUSES, ...more].join(','),
    ...rows.map(({ suite, row }) =>
      [
        quoted(suite),
        ...CSV_FIELDS.map((field) => quoted(row[field])),
        ...CAUSES.map((cause) => row.causes[cause] ?? 0),
        ...more.map((field) => quoted(row[field] ?? '')),
      ].join(','),
    ),
  ].join('\n');
}

const COMPARISON: readonly Column<Comparison>[] = [
  { title: 'suite', text: ({ suite }) => suite },
  { title: 'case', text: ({ name }) => name },
  { title: 'before', text: ({ before }) => grouped(before), right: true },
  { title: 'after', text: ({ after }) => grouped(after), right: true },
  { title: 'ratio', text: ({ ratio }) => ratio.toFixed(3), right: true },
  { title: '', text: ({ regressed }) => (regressed ? 'slower' : '') },
];

/** Rows that differ, and how many there are. */
export function comparisonText(rows: readonly Comparison[]): string {
  const changed = rows.filter(({ ratio }) => ratio !== 1);
  const regressed = rows.filter((row) => row.regressed).length;
  const last = `${rows.length} compared, ${changed.length} changed, ${regressed} slower than the threshold`;
  return [...(changed.length > 0 ? tableLines(COMPARISON, changed) : []), last].join('\n');
}

const wall = ({ nanoseconds, errorPercent }: WallTime): string =>
  `${grouped(nanoseconds)} ±${errorPercent.toFixed(1)}%`;

const WALL: readonly Column<WallResult>[] = [
  { title: 'case', text: ({ name }) => name },
  { title: 'ns a section, clock off', text: ({ clockOff }) => wall(clockOff), right: true },
  { title: 'clock on', text: ({ clockOn }) => wall(clockOn), right: true },
  {
    title: 'ratio',
    text: ({ clockOff, clockOn }) => (clockOn.nanoseconds / clockOff.nanoseconds).toFixed(1),
    right: true,
  },
];

export const wallText = (suites: readonly { name: string; title: string; rows: readonly WallResult[] }[]): string =>
  blocks(suites.map(({ name, title, rows }) => ({ name, title, lines: tableLines(WALL, rows) })));
