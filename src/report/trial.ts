// SPDX-License-Identifier: GPL-2.0-only

import { OUTCOMES, type Outcome, type TestResult, type Trial } from '../trial/test-result.js';
import type { PartResults } from '../trial/trial.js';
import type { OutputOf } from './output-schemas/index.js';
import type { KtapTest } from './ktap.js';
import { tableText } from './table.js';

/** What a kernel on trial did, for people and for CI. */

/** Whether something is there that nobody knew of. */
export const hasNews = (parts: readonly PartResults[]): boolean => countOf(parts, 'failed') > 0;

const countOf = (parts: readonly PartResults[], outcome: Outcome): number =>
  parts.reduce((sum, { results }) => sum + results.filter((result) => result.outcome === outcome).length, 0);

const counts = (parts: readonly PartResults[]): Record<Outcome, number> =>
  Object.fromEntries(OUTCOMES.map((outcome) => [outcome, countOf(parts, outcome)])) as Record<Outcome, number>;

const ids = ({ entries }: TestResult): string => entries.map(({ id, name }) => `${id} ${name}`).join(', ');

/** What is known of a result that is no news: an entry, or that the other kernel does it, too. */
const knownAs = (result: TestResult, { against }: Trial): string =>
  ids(result) || (against === undefined ? '' : `as on ${against.name}`);

/** A suite for each part. What is known to fail is expected to: a TODO with the entry. */
export const trialKtap = (parts: readonly PartResults[], trial: Trial): KtapTest[] =>
  parts.map(({ part, results }) => ({ name: part, tests: results.map((result) => ktapOf(result, trial)) }));

function ktapOf(result: TestResult, trial: Trial): KtapTest {
  const { name, outcome, text } = result;
  switch (outcome) {
    case 'passed':
      return { name, ok: true };
    case 'skipped':
      return { name, ok: true, skip: text };
    case 'gone':
      return { name, ok: true, todo: text };
    case 'known':
      return { name, ok: false, todo: `${knownAs(result, trial)}: ${text}` };
    case 'failed':
      return { name, ok: false, diagnostics: [text, ...(result.entries.length > 0 ? [`see ${ids(result)}`] : [])] };
  }
}

export function trialJson(
  parts: readonly PartResults[],
  { kernel, against, depth, sections }: Trial,
): OutputOf<'test'> {
  return {
    schema: 'vmemmap/test/v1',
    kernel: kernel.name,
    tree: kernel.tree ?? null,
    against: against?.name ?? null,
    depth,
    sections,
    counts: counts(parts),
    parts: parts.map(({ part, results }) => ({
      part,
      results: results.map(({ entries, ...result }) => ({
        ...result,
        entries: entries.map(({ id, name }) => ({ id, name })),
      })),
    })),
  };
}

/** What is new, then what is known and what is gone, a line each; and how much there was of everything. */
export function trialText(parts: readonly PartResults[], trial: Trial): string {
  const rows = (wanted: Outcome): string[] =>
    tableText(
      [wanted, '', '', ''],
      parts.flatMap(({ part, results }) =>
        results
          .filter(({ outcome }) => outcome === wanted)
          .map((result) => [part, result.name, knownAs(result, trial), result.text]),
      ),
    );
  const shown = (['known', 'gone', 'failed'] as const).filter((outcome) => countOf(parts, outcome) > 0);
  const all = Object.entries(counts(parts)).map(([outcome, count]) => `${count} ${outcome}`);
  const { kernel, against } = trial;
  const than = against === undefined ? '' : `, compared with ${against.name}`;
  const verdict = hasNews(parts) ? 'has what nobody knew of' : 'has nothing that nobody knew of';
  return [
    ...shown.flatMap((outcome) => [...rows(outcome), '']),
    `${kernel.name}${than}: ${all.join(', ')}`,
    `${kernel.name} ${verdict}`,
  ].join('\n');
}
