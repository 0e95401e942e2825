// SPDX-License-Identifier: GPL-2.0-only

import type { RunReport } from '../document.js';
import { returned } from './format.js';

/** The steps, and the scrubber that moves between them. */

interface ScrubberProps {
  /** 0 is the boot, 1 the first step. */
  position: number;
  steps: number;
  onMove: (position: number) => void;
}

interface StepsProps extends ScrubberProps {
  runs: readonly RunReport[];
}

const findingsAt = (runs: readonly RunReport[], position: number): number =>
  runs.reduce((sum, { findings }) => sum + findings.filter(({ step }) => step + 1 === position).length, 0);

/** What a step does and returns: once where all runs agree, else run by run. */
function stepWords(runs: readonly RunReport[], step: number): string[] {
  const words = runs.map((run) => {
    const state = run.steps[step];
    return state === undefined ? 'not reached' : `${state.text} ${returned(state)}`.trim();
  });
  return new Set(words).size === 1 ? words.slice(0, 1) : words;
}

export function Scrubber({ position, steps, onMove }: ScrubberProps) {
  const label = position === 0 ? 'before step 1' : `step ${position} of ${steps}`;
  return (
    <section class="scrubber" aria-label="Scrubber">
      <label for="scrubber">Step</label>
      <button type="button" onClick={() => onMove(Math.max(0, position - 1))} aria-label="previous step">
        ‹
      </button>
      <input
        id="scrubber"
        type="range"
        min={0}
        max={steps}
        step={1}
        value={position}
        aria-valuetext={label}
        onInput={(event) => onMove(event.currentTarget.valueAsNumber)}
      />
      <button type="button" onClick={() => onMove(Math.min(steps, position + 1))} aria-label="next step">
        ›
      </button>
      <output for="scrubber">{label}</output>
    </section>
  );
}

export function Steps({ runs, position, steps, onMove }: StepsProps) {
  return (
    <ol class="steps" start={0} aria-label="Steps">
      <StepButton isNow={position === 0} number={0} words={['boot']} findings={0} onClick={() => onMove(0)} />
      {Array.from({ length: steps }, (_, step) => (
        <StepButton
          key={step}
          isNow={position === step + 1}
          number={step + 1}
          words={stepWords(runs, step)}
          findings={findingsAt(runs, step + 1)}
          onClick={() => onMove(step + 1)}
        />
      ))}
    </ol>
  );
}

interface StepProps {
  isNow: boolean;
  number: number;
  words: readonly string[];
  findings: number;
  onClick: () => void;
}

function StepButton({ isNow, number, words, findings, onClick }: StepProps) {
  return (
    <li>
      <button
        type="button"
        class={`step${findings > 0 ? ' is-wrong' : ''}`}
        aria-current={isNow ? 'step' : undefined}
        onClick={onClick}
      >
        <span class="step-number">{number}</span>
        <span class="step-words">
          {words.map((line, i) => (
            <span key={i}>{line}</span>
          ))}
        </span>
        {findings > 0 && (
          <span class="step-findings">
            {findings} {findings === 1 ? 'finding' : 'findings'}
          </span>
        )}
      </button>
    </li>
  );
}
