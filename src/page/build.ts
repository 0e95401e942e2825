// SPDX-License-Identifier: GPL-2.0-only

import { decidingInTurns } from '../check/releases/deciding-traits.js';
import { DOCUMENT_SCHEMA, type ComparisonReport, type ReportDocument, type RunReport } from './document.js';
import { checksFor, runInTurns, type RunRequest } from './run-report.js';
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
  const { differing, traits } = yield* decidingInTurns(a.scenario, b.scenario, checksFor(a));
  return [
    {
      runs: [from, to],
      differing,
      deciding: traits.map(({ name, since, effect }) => ({ name, since, effect })),
    },
  ];
}

/**
 * {@link reportDocument} in turns, with a halt between any two. First the runs, each as soon as it is made, since they are what
 * one sees; then what else there is to say of them, and what decides between them.
 */
export function* reportInTurns(
  requests: readonly RunRequest[],
  version: string,
  onRun?: (request: RunRequest) => void,
): Generator<ReportDocument, ReportDocument, void> {
  let document: ReportDocument = { schema: DOCUMENT_SCHEMA, version, runs: [], comparisons: [] };
  let findings = 0;
  const begun: Generator<RunReport, RunReport, void>[] = [];
  for (const request of requests) {
    onRun?.(request);
    const before = findings;
    const turns = runInTurns(request, (finding) => `finding-${before + finding + 1}`);
    const run = turns.next().value;
    begun.push(turns);
    findings += run.findings.length;
    document = { ...document, runs: [...document.runs, run] };
    yield document;
  }
  const runs: RunReport[] = [];
  for (const turns of begun) {
    runs.push(toTheEnd(turns));
    yield document;
  }
  const comparisons: ComparisonReport[] = [];
  for (let to = 1; to < requests.length; to++) {
    for (let from = 0; from < to; from++) {
      const comparing = compare(requests, from, to);
      let turn = comparing.next();
      for (; turn.done !== true; turn = comparing.next()) yield document;
      comparisons.push(...turn.value);
    }
  }
  return { ...document, runs, comparisons };
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
