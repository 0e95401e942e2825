// SPDX-License-Identifier: GPL-2.0-only

import { githubAnnotations } from './github.js';
import { junit } from './junit.js';
import { ktap, type KtapTest } from './ktap.js';
import type { TestCase } from './test-case.js';

/** What commands found, as test systems read it. */

const ktapCase = ({ name, failure, skipped }: TestCase): KtapTest => ({
  name,
  ok: failure === undefined,
  ...(failure !== undefined && { diagnostics: failure.split('\n') }),
  ...(skipped !== undefined && { skip: skipped }),
});

/** Cases of a suite stand together, in the order in which suites first appear. */
const ktapOf = (cases: readonly TestCase[]): string =>
  ktap(
    [...new Set(cases.map(({ suite }) => suite))].map((name) => ({
      name,
      tests: cases.filter(({ suite }) => suite === name).map(ktapCase),
    })),
  );

/** Forms of a report, by the option that asks for them. */
export const TEST_FORMATS = { ktap: ktapOf, junit, github: githubAnnotations } as const;
export type TestFormat = keyof typeof TEST_FORMATS;
