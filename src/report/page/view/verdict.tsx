// SPDX-License-Identifier: GPL-2.0-only

import type { FindingReport, RunReport } from '../document.js';

/** What went wrong, where and why, in plain words: the first thing that a reader sees. */

/** What a step does that breaks an invariant, or what one may expect. */
const HARM: Readonly<Record<string, string>> = {
  'no-crash': 'stops the kernel',
  'no-hole': 'leaves memmap in use unmapped',
  'no-leak': 'leaks memory',
  'right-owner': 'gives memory to the wrong owner',
  'altmap-books': 'leaves the books of an altmap wrong',
  'no-cross-talk': 'changes the memmap of memory it was not given',
  'roll-back': 'fails and is not undone',
  counters: 'leaves a counter wrong',
  'section-state': 'leaves a section half present',
  'initialised-pages': 'leaves struct pages uninitialised',
  'no-warning': 'makes the kernel warn',
  'add-succeeds': 'fails to add memory',
  'altmap-serves': 'does not use the altmap',
  'large-leaves': 'maps base pages where a large leaf fits',
};

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
  const { findings, steps } = run;
  const finding = spokenOf(run, position);
  if (finding === undefined) {
    return (
      <div role="group" class="verdict is-fine" aria-label="Verdict">
        <p class="verdict-head">
          Nothing is wrong after {steps.length === 1 ? 'its one step' : `any of its ${steps.length} steps`}.
        </p>
      </div>
    );
  }
  const { step, why, sentence, invariant, text, id } = finding;
  const known = finding.known ?? findings.find((other) => other.known !== null)?.known ?? null;
  return (
    <div role="group" class="verdict is-wrong" aria-label="Verdict">
      <p class="verdict-head">
        Step {step + 1} of {steps.length} {HARM[invariant] ?? 'goes wrong'}.
      </p>
      <dl>
        <dt>Step</dt>
        <dd>
          <code>{steps[step]?.text}</code>
        </dd>
        <dt>Found</dt>
        <dd>{text}</dd>
        {finding.function !== null && (
          <>
            <dt>Where</dt>
            <dd>
              <code>{finding.function}()</code>
            </dd>
          </>
        )}
        {why.length > 0 && (
          <>
            <dt>Why</dt>
            <dd>{why.join(' ')}</dd>
          </>
        )}
        <dt>Rule</dt>
        <dd>
          {sentence} <span class="muted">({invariant})</span>
        </dd>
        {known !== null && (
          <>
            <dt>Known</dt>
            <dd>
              {known.explanation}{' '}
              <span class="muted">
                {known.id} <code>{known.name}</code>; {known.fix === 'open' ? 'open' : `ended by ${known.fix}`}.
              </span>
            </dd>
          </>
        )}
      </dl>
      <p class="verdict-foot">
        <a href={`#${id}`}>
          {findings.length === 1 ? 'The finding' : `All ${findings.length} findings`}, with the kernel’s stack and the
          command that repeats it
        </a>
        {step + 1 !== position && (
          <>
            {' · '}
            <button type="button" class="link" onClick={() => onMove(step + 1)}>
              show step {step + 1}
            </button>
          </>
        )}
      </p>
    </div>
  );
}
