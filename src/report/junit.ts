// SPDX-License-Identifier: GPL-2.0-only

import { create } from 'xmlbuilder2';

/** JUnit XML, as CI servers read it. */

export interface JunitCase {
  suite: string;
  name: string;
  /** What failed; absent where nothing did. */
  failure?: string;
  /** Why it says nothing; absent where it does. */
  skipped?: string;
  output?: string;
}

const count = (cases: readonly JunitCase[], key: 'failure' | 'skipped'): number =>
  cases.filter((each) => each[key] !== undefined).length;

/** Characters that XML 1.0 cannot hold. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;
const text = (value: string): string => value.replace(CONTROL, '');

/** The report as text. Cases of a suite stand together, in the order in which suites first appear. */
export function junit(cases: readonly JunitCase[]): string {
  const totals = (of: readonly JunitCase[]): Record<string, number> => ({
    tests: of.length,
    failures: count(of, 'failure'),
    errors: 0,
    skipped: count(of, 'skipped'),
  });
  const document = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', totals(cases));
  for (const name of new Set(cases.map(({ suite }) => suite))) {
    const own = cases.filter(({ suite }) => suite === name);
    const suite = document.ele('testsuite', { name: text(name), ...totals(own) });
    for (const each of own) {
      const element = suite.ele('testcase', { classname: text(name), name: text(each.name) });
      if (each.failure !== undefined) element.ele('failure', { message: text(each.failure) });
      if (each.skipped !== undefined) element.ele('skipped', { message: text(each.skipped) });
      if (each.output !== undefined) element.ele('system-out').txt(text(each.output));
    }
  }
  return document.end({ prettyPrint: true });
}
