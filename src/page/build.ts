// SPDX-License-Identifier: GPL-2.0-only

import { decidingInTurns } from '../check/releases/deciding-traits.js';
import { DOCUMENT_SCHEMA, type ComparisonReport, type ReportDocument } from './document.js';
import { checksFor, runReport, type RunRequest } from './run-report.js';
import { toTheEnd } from '../scenario/turns.js';

/** Whether two runs are one scenario on two kernels, so that they can be followed event by event. */
function isSameScenario({ scenario: a }: RunRequest, { scenario: b }: RunRequest): boolean {
  const { config: one } = a.machine;
  const { config: other } = b.machine;
  const likes = ['arch', 'pageSize', 'structPageSize', 'mmu'] as const;
  return likes.every((key) => one[key] === other[key]) && JSON.stringify(a.steps) === JSON.stringify(b.steps);
}

function* compare(
  requests: readonly RunRequest[],
  from: number,
  to: number,
): Generator<undefined, ComparisonReport[], void> {
  const a = requests[from]!;
  const b = requests[to]!;
  if (!isSameScenario(a, b)) return [];
  const { differing, traits } = yield* decidingInTurns(a.scenario, b.scenario, checksFor(a.bug));
  return [
    {
      runs: [from, to],
      differing,
      deciding: traits.map(({ name, since, effect }) => ({ name, since, effect })),
    },
  ];
}

/**
 * {@link reportDocument} in turns: first all runs, which are what one sees, then what decides between them, with a halt before
 * each run that this takes.
 */
export function* reportInTurns(
  requests: readonly RunRequest[],
  version: string,
  onRun?: (request: RunRequest) => void,
): Generator<ReportDocument | undefined, ReportDocument, void> {
  let findings = 0;
  const runs = requests.map((request) => {
    onRun?.(request);
    const report = runReport(request, (finding) => `finding-${findings + finding + 1}`);
    findings += report.findings.length;
    return report;
  });
  const comparisons: ComparisonReport[] = [];
  const document = { schema: DOCUMENT_SCHEMA, version, runs, comparisons } as const;
  yield { ...document, comparisons: [] };
  for (let to = 1; to < requests.length; to++) {
    for (let from = 0; from < to; from++) comparisons.push(...(yield* compare(requests, from, to)));
  }
  return document;
}

/**
 * Runs what is wanted and describes it.
 * @param version of this program
 * @param onRun hears of each run before it begins
 * @throws InputError when a run has more to tell than a page can show
 */
export function reportDocument(
  requests: readonly RunRequest[],
  version: string,
  onRun?: (request: RunRequest) => void,
): ReportDocument {
  return toTheEnd(reportInTurns(requests, version, onRun));
}
