// SPDX-License-Identifier: GPL-2.0-only

import { githubAnnotations } from './github.js';
import { junit } from './junit.js';
import { ktap, type KtapTest } from './ktap.js';

/** What commands found, as test systems read it. */

/** One thing that was asked, and what came of it. */
export interface TestCase {
  /** What it belongs to: a machine, a file, an entry. */
  suite: string;
  name: string;
  /** What failed; absent where nothing did. */
  failure?: string;
  /** Why it says nothing; absent where it does. */
  skipped?: string;
  output?: string;
  /** The place in a file that it is about. */
  place?: { file: string; line?: number };
}

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
