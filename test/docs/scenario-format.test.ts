// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { FAULT_POINTS } from '../../src/mm/system-memory.js';
import { scenarioJsonSchema } from '../../src/scenario/json-schema.js';
import { PAGES } from './pages.js';

/** The page of the scenario format beside the schema. */

interface Schema {
  properties?: Record<string, Schema>;
  const?: string;
  oneOf?: Schema[];
  items?: Schema;
  additionalProperties?: Schema;
}

const { prose } = PAGES.find(({ path }) => path === 'src/docs/scenario-format.md')!;
const schema = scenarioJsonSchema() as Schema;
const fields = schema.properties!;
const steps = fields['steps']!.items!.oneOf!;

/** Rows of tables on the page, by the first thing in code of their first cell. */
const rows = new Map([...prose.matchAll(/^\| `([\w$-]+)`.*$/gm)].map(([row, name = '']) => [name, row] as const));

const unknown = (names: readonly string[]): string[] => names.filter((name) => !rows.has(name));

test('has a row for every field of a scenario, of a machine and of an altmap', () => {
  expect(unknown(Object.keys(fields))).toEqual([]);
  expect(unknown(Object.keys(fields['machine']!.properties!))).toEqual([]);
  expect(unknown(Object.keys(fields['altmaps']!.additionalProperties!.properties!))).toEqual([]);
});

test.each(steps.map(({ properties }) => [properties!['op']!.const!, properties!] as const))(
  'has a row for the step %s with all of its fields',
  (op, properties) => {
    const row = rows.get(op) ?? '';
    const range = ['pfn', 'nrPages', 'start', 'size'];
    const hasRange = range.every((name) => name in properties);
    expect(row.includes(' range')).toBe(hasRange);
    const rest = Object.keys(properties).filter((name) => name !== 'op' && !(hasRange && range.includes(name)));
    expect(rest.filter((name) => !row.includes(`\`${name}\``))).toEqual([]);
  },
);

test('names every place that can fail', () => {
  expect(FAULT_POINTS.filter((point) => !prose.includes(`\`${point}\``))).toEqual([]);
});
