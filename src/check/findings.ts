// SPDX-License-Identifier: GPL-2.0-only

import type { StepResult } from '../scenario/runner.js';

/** What a kernel engineer would file: leaks, holes and violations, at the step that brought them. */

export interface Finding {
  /** Index of the step, from 0. */
  step: number;
  kind: 'leak' | 'hole' | 'violation' | 'stopped';
  text: string;
}

/** Findings of a run. A leak or hole that an earlier step left is not told again. */
export function findingsOf(results: readonly StepResult[]): Finding[] {
  const findings: Finding[] = [];
  const known = new Set<string>();
  results.forEach((result, step) => {
    const now = new Set<string>();
    const lasting = (kind: 'leak' | 'hole', texts: readonly string[]): void => {
      for (const text of texts) {
        const key = `${kind} ${text}`;
        now.add(key);
        if (!known.has(key)) findings.push({ step, kind, text });
      }
    };
    lasting('leak', result.leaks);
    lasting('hole', result.holes);
    for (const text of result.violations) findings.push({ step, kind: 'violation', text });
    if (result.ret === 'BUG') findings.push({ step, kind: 'stopped', text: 'the kernel stopped here' });
    known.clear();
    for (const key of now) known.add(key);
  });
  return findings;
}
