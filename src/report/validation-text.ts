// SPDX-License-Identifier: GPL-2.0-only

import { GROUPS, MEASUREMENTS, NOT_EXPRESSED } from '../bench/validation/measurements.js';
import type { ErrorSummary, HotAddBound, ValidationRow } from '../bench/validation/validate.js';
import type { GroupError, MeasuredMachine, MeasuredRow, MeasuredVerdict } from '../bench/validation/measured-file.js';
import { tableLines, type Column } from './table.js';

/** Predictions beside published measurements: as text, and as the tables of a page. */

const DIGITS = 3;
const number = (value: number): string =>
  value >= 1000 ? Math.round(value).toString() : Number(value.toPrecision(DIGITS)).toString();
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(0)} %`;
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

const ROWS: readonly Column<ValidationRow>[] = [
  { title: 'id', text: ({ id }) => id },
  { title: 'group', text: ({ group }) => GROUPS[group] },
  { title: 'machine', text: ({ machine }) => machine },
  { title: 'step', text: ({ step }) => step },
  { title: 'profile', text: ({ cpu }) => cpu },
  { title: 'measured', text: ({ measured }) => number(measured), right: true },
  { title: 'model', text: ({ predicted }) => number(predicted), right: true },
  { title: 'unit', text: ({ unit }) => unit },
  { title: 'ratio', text: ({ ratio }) => ratio.toFixed(2), right: true },
  { title: 'role', text: ({ role, isCovered }) => (role === 'test' && !isCovered ? 'shown' : role) },
];

const ERRORS: readonly Column<ErrorSummary>[] = [
  { title: 'group', text: ({ group }) => group },
  { title: 'test rows', text: ({ rows }) => String(rows), right: true },
  { title: 'mean signed error', text: ({ meanSigned }) => signed(meanSigned), right: true },
  { title: 'mean absolute error', text: ({ meanAbsolute }) => percent(meanAbsolute), right: true },
  { title: 'median absolute error', text: ({ medianAbsolute }) => percent(medianAbsolute), right: true },
];

const boundSentence = ({ id, what, machine, measured, predicted }: HotAddBound): string =>
  `Hot-add, an upper bound (${id}): ${what} took ${number(measured)} µs on a ${machine}; populating its memmap and ` +
  `initialising its struct pages take ${number(predicted)} µs in the model, ${percent(predicted / measured)} of it. ` +
  'The rest is firmware calls, devices in sysfs and onlining, none of it modelled.';

const MEASURED_ROWS: readonly Column<MeasuredRow>[] = [
  { title: 'id', text: ({ id }) => id },
  { title: 'measured', text: ({ measured }) => number(measured), right: true },
  { title: 'model', text: ({ predicted }) => number(predicted), right: true },
  { title: 'ratio', text: ({ ratio }) => ratio.toFixed(2), right: true },
];

const MEASURED_GROUPS: readonly Column<GroupError>[] = [
  { title: 'group', text: ({ group }) => group },
  { title: 'rows', text: ({ rows }) => String(rows), right: true },
  { title: 'model / measured', text: ({ medianRatio }) => medianRatio.toFixed(2), right: true },
  { title: 'median absolute error', text: ({ medianAbsoluteError }) => percent(medianAbsoluteError), right: true },
];

const machineHead = ({ machine, cpu }: MeasuredMachine): string => `${machine}, by ${cpu}; cycles a unit`;
const machineError = ({ rows, medianAbsoluteError }: MeasuredMachine): string =>
  `${rows.length} rows, median absolute error ${percent(medianAbsoluteError)}`;

/** Predictions beside the composites of a file, machine by machine. */
export const measuredText = ({ machines, medianAbsoluteError }: MeasuredVerdict): string =>
  [
    ...machines.flatMap((machine) => [
      machineHead(machine),
      '',
      ...tableLines(MEASURED_ROWS, machine.rows),
      '',
      ...tableLines(MEASURED_GROUPS, machine.groups),
      '',
      machineError(machine),
      ...machine.notExpressed.map(({ id, why }) => `not expressed: ${id}: ${why}`),
      '',
    ]),
    `all: median absolute error ${percent(medianAbsoluteError)}`,
  ].join('\n');

/** The same without the rows, as Markdown. */
export const measuredMarkdown = ({ machines, medianAbsoluteError }: MeasuredVerdict): string =>
  [
    ...machines.flatMap((machine) => [
      `${machineHead(machine)}: ${machineError(machine)}.`,
      '',
      ...markdownTable(MEASURED_GROUPS, machine.groups),
      '',
    ]),
    `Over all of them the median absolute error is ${percent(medianAbsoluteError)}.`,
  ].join('\n');

export const validationText = (
  rows: readonly ValidationRow[],
  errors: readonly ErrorSummary[],
  bound: HotAddBound,
): string => [...tableLines(ROWS, rows), '', ...tableLines(ERRORS, errors), '', boundSentence(bound)].join('\n');

function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ right }) => (right ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map(({ text }) => text(row)))),
  ];
}

const REMARKS: readonly Column<{ id: string; source: string; notModelled: string }>[] = [
  { title: 'id', text: ({ id }) => id },
  { title: 'source', text: ({ source }) => source },
  { title: 'what the model has not', text: ({ notModelled }) => notModelled },
];
const LEFT_OUT: readonly Column<{ what: string; why: string }>[] = [
  { title: 'what', text: ({ what }) => what },
  { title: 'why', text: ({ why }) => why },
];

/** The tables of the page, as Markdown. */
export const validationMarkdown = (
  rows: readonly ValidationRow[],
  errors: readonly ErrorSummary[],
  bound: HotAddBound,
): string =>
  [
    ...markdownTable(ERRORS, errors),
    '',
    ...markdownTable(ROWS, rows),
    '',
    boundSentence(bound),
    '',
    ...markdownTable(REMARKS, MEASUREMENTS),
    '',
    'Left out:',
    '',
    ...markdownTable(LEFT_OUT, NOT_EXPRESSED),
  ].join('\n');
