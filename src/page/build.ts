// SPDX-License-Identifier: GPL-2.0-only

import { decidingTraits } from '../check/releases/deciding-traits.js';
import { DOCUMENT_SCHEMA, type ComparisonReport, type ReportDocument } from './document.js';
import { checksFor, runReport, type RunRequest } from './run-report.js';

/** Whether two runs are one scenario on two kernels, so that they can be followed event by event. */
function isSameScenario({ scenario: a }: RunRequest, { scenario: b }: RunRequest): boolean {
  const { config: one } = a.machine;
  const { config: other } = b.machine;
  const likes = ['arch', 'pageSize', 'structPageSize', 'mmu'] as const;
  return likes.every((key) => one[key] === other[key]) && JSON.stringify(a.steps) === JSON.stringify(b.steps);
}

function compare(requests: readonly RunRequest[], from: number, to: number): ComparisonReport[] {
  const a = requests[from]!;
  const b = requests[to]!;
  if (!isSameScenario(a, b)) return [];
  const { differing, traits } = decidingTraits(a.scenario, b.scenario, checksFor(a.bug));
  return [
    {
      runs: [from, to],
      differing,
      deciding: traits.map(({ name, since, effect }) => ({ name, since, effect })),
    },
  ];
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
  let findings = 0;
  const runs = requests.map((request) => {
    onRun?.(request);
    const report = runReport(request, (finding) => `finding-${findings + finding + 1}`);
    findings += report.findings.length;
    return report;
  });
  const comparisons = requests.flatMap((_, to) =>
    requests.slice(0, to).flatMap((_, from) => compare(requests, from, to)),
  );
  return { schema: DOCUMENT_SCHEMA, version, runs, comparisons };
}
