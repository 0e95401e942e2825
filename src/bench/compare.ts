// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import type { BenchResult } from './play.js';

/** Two results of `vmemmap bench --json`, row by row. */

export interface SuiteResult {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly BenchResult[];
}

/** What is needed of an earlier result. */
export const oldResultSchema = z.object({
  schema: z.literal('vmemmap/bench/v1', { error: 'must be "vmemmap/bench/v1"' }),
  suites: z.array(
    z.object({ name: z.string(), rows: z.array(z.object({ name: z.string(), cycles: z.number().positive() })) }),
  ),
});
export type OldResult = z.output<typeof oldResultSchema>;

export interface Comparison {
  readonly suite: string;
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** after / before. */
  readonly ratio: number;
  /** Slower by more than the threshold. */
  readonly regressed: boolean;
}

/**
 * Rows that both results have.
 * @param thresholdPercent slower than that is a regression
 */
export function compareResults(old: OldResult, suites: readonly SuiteResult[], thresholdPercent: number): Comparison[] {
  const before = new Map(
    old.suites.flatMap(({ name, rows }) => rows.map((row) => [`${name}/${row.name}`, row.cycles])),
  );
  return suites.flatMap(({ name: suite, rows }) =>
    rows.flatMap(({ name, cycles }) => {
      const known = before.get(`${suite}/${name}`);
      if (known === undefined) return [];
      const ratio = cycles / known;
      return [{ suite, name, before: known, after: cycles, ratio, regressed: ratio > 1 + thresholdPercent / 100 }];
    }),
  );
}
