// SPDX-License-Identifier: GPL-2.0-only

import type { TestCase } from '../report/test-case.js';
import { TEST_FORMATS, type TestFormat } from '../report/test-report.js';

/** Options of commands whose results test systems read. */
export type TestFormatOptions = Readonly<Partial<Record<TestFormat, true>>>;

/** A result in the form that its options ask for; undefined where they ask for none. */
export function testReport(options: TestFormatOptions, cases: () => readonly TestCase[]): string | undefined {
  const format = (Object.keys(TEST_FORMATS) as TestFormat[]).find((each) => options[each] === true);
  return format && TEST_FORMATS[format](cases());
}
