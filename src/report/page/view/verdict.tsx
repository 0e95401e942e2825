// SPDX-License-Identifier: GPL-2.0-only

import type { FindingReport, RunReport } from '../document.js';

/** What went wrong, where and why, in plain words: the first thing that a reader sees. */

interface VerdictProps {
  run: RunReport;
  position: number;
  onMove: (position: number) => void;
}

/** The finding to speak of: of the step that is shown, or else the first. */
const spokenOf = ({ findings }: RunReport, position: number): FindingReport | undefined => {
  const here = findings.filter(({ step }) => step + 1 === position);
  return here.find(({ known }) => known !== null) ?? here[0] ?? findings[0];
};

export function Verdict({ run, position, onMove }: VerdictProps) {
  const finding = spokenOf(run, position);
  if (finding === undefined) {
    return (
      <section class="verdict is-fine" aria-label="Verdict">
        <p class="verdict-head">Nothing is wrong in any of the {run.steps.length} steps.</p>
      </section>
    );
  }
  const { step, known, why, sentence } = finding;
  return (
    <section class="verdict is-wrong" aria-label="Verdict" aria-live="polite">
      <p class="verdict-head">
        Step {step + 1} goes wrong
        {finding.function !== null && (
          <>
            , in <code>{finding.function}()</code>
          </>
        )}
        .
      </p>
      <p>
        <code>{run.steps[step]?.text}</code>: {finding.text}.
      </p>
      {why.length > 0 && <p>{why.join(' ')}</p>}
      {known !== null && <p>{known.explanation}</p>}
      <p class="verdict-foot">
        Broken: <b>{finding.invariant}</b>, “{sentence}”
        {known !== null && (
          <>
            {' '}
            Known as {known.id} <code>{known.name}</code>;{' '}
            {known.fix === 'open' ? 'nothing has ended it yet' : <>ended by {known.fix}</>}.
          </>
        )}{' '}
        <a href={`#${finding.id}`}>All findings</a>
        {step + 1 !== position && (
          <>
            {' '}
            <button type="button" class="link" onClick={() => onMove(step + 1)}>
              Show step {step + 1}
            </button>
          </>
        )}
      </p>
    </section>
  );
}
