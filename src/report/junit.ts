// SPDX-License-Identifier: GPL-2.0-only

import type { TestCase } from './test-case.js';

/** JUnit XML, as CI servers read it. */

const count = (cases: readonly TestCase[], key: 'failure' | 'skipped'): number =>
  cases.filter((each) => each[key] !== undefined).length;

/** Characters that XML 1.0 cannot hold. */
const UNSPEAKABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};
const text = (value: string): string =>
  value.replace(UNSPEAKABLE, '').replace(/[&<>"\n\r\t]/g, (character) => ENTITIES[character]!);

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${text(String(value))}"`)
    .join('');

const totals = (cases: readonly TestCase[]): Record<string, number> => ({
  tests: cases.length,
  failures: count(cases, 'failure'),
  errors: 0,
  skipped: count(cases, 'skipped'),
});

function caseLines({ suite, name, failure, skipped, output }: TestCase): string[] {
  const inside = [
    ...(failure === undefined ? [] : [`      <failure${attributes({ message: failure })}/>`]),
    ...(skipped === undefined ? [] : [`      <skipped${attributes({ message: skipped })}/>`]),
    ...(output === undefined ? [] : [`      <system-out>${text(output)}</system-out>`]),
  ];
  const head = `    <testcase${attributes({ classname: suite, name })}`;
  return inside.length === 0 ? [`${head}/>`] : [`${head}>`, ...inside, '    </testcase>'];
}

/** The report as text. Cases of a suite stand together, in the order in which suites first appear. */
export function junit(cases: readonly TestCase[]): string {
  const suites = [...new Set(cases.map(({ suite }) => suite))].flatMap((name) => {
    const own = cases.filter(({ suite }) => suite === name);
    return [`  <testsuite${attributes({ name, ...totals(own) })}>`, ...own.flatMap(caseLines), '  </testsuite>'];
  });
  const head = `<testsuites${attributes(totals(cases))}>`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, '</testsuites>'].join('\n');
}
