// SPDX-License-Identifier: GPL-2.0-only

import { isAlike, type FieldDifference, type ScenarioDifference } from '../check/releases/diff.js';
import type { Scenario } from '../scenario/scenario.js';
import { columns, listCell } from './table.js';
import { stepText } from './text.js';

/** Two kernels side by side, for people. */

const scalarText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? 'nothing' : JSON.stringify(value);

function valueLines(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [scalarText(value)];
  const lines = Array.isArray(value)
    ? value.map(scalarText)
    : Object.entries(value).map(([key, inner]) => `${key} ${scalarText(inner)}`);
  return lines.length === 0 ? ['none'] : lines;
}

/** Of two lists or records, what only one of them has: the rest says nothing about the difference. */
function onlyDifferent({ field, from, to }: FieldDifference): [string, string, string] {
  const left = valueLines(from);
  const right = valueLines(to);
  const of = (lines: string[], others: string[]): string => {
    const known = new Set(others);
    return listCell(lines.filter((line) => !known.has(line))) || '-';
  };
  return [field, of(left, right), of(right, left)];
}

/**
 * Where two kernels part, and in what their states differ after each step.
 * @param names of the kernels
 */
export function differenceLines(
  scenario: Scenario,
  [from, to]: readonly [string, string],
  difference: ScenarioDifference,
): string[] {
  if (isAlike(difference)) return [`${from} and ${to} do just the same`];
  const { first, steps } = difference;
  const { pageSize } = scenario.machine.config;
  const parting =
    first === undefined
      ? [`${from} and ${to} do the same to page tables and frames, and part in what they note of it`]
      : [
          `${from} and ${to} part in step ${first.step + 1}, event ${first.event + 1}`,
          ...first.before.map((event) => `  both    ${event}`),
          ...columns([
            [`  ${from}`, first.from ?? 'nothing more'],
            [`  ${to}`, first.to ?? 'nothing more'],
          ]),
        ];
  const states = steps.flatMap((fields, index) => {
    const head = `step ${index + 1}  ${stepText(scenario.steps[index]!, pageSize)}`;
    if (fields.length === 0) return [head, '  the same state'];
    const rows = fields.map(onlyDifferent).map(([field, left, right]) => [`  ${field}`, left, right]);
    return [head, ...columns([['  ', from, to], ...rows])];
  });
  return [...parting, '', ...states];
}
