// SPDX-License-Identifier: GPL-2.0-only

import { DOCUMENT_SCHEMA, type PlotReport, type ReportDocument } from './document.js';
import { runReport, type RunRequest } from './run-report.js';

/**
 * Runs what is wanted and describes it.
 * @param version of this program
 * @throws InputError when a run has more to show than a page can
 */
export function reportDocument(
  requests: readonly RunRequest[],
  version: string,
  plots: readonly PlotReport[] = [],
): ReportDocument {
  let findings = 0;
  const runs = requests.map((request) => {
    const report = runReport(request, (finding) => `finding-${findings + finding + 1}`);
    findings += report.findings.length;
    return report;
  });
  return { schema: DOCUMENT_SCHEMA, version, runs, plots: [...plots] };
}
