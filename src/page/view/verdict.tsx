// SPDX-License-Identifier: GPL-2.0-only

import type { FindingReport, RunReport } from '../document.js';
import { Words } from './words.js';

/** What went wrong, where and why, in plain words: the first thing that a reader sees. */

/** What a step does that breaks an invariant or an expectation, and what that means. */
const HARM: Readonly<Record<string, readonly [does: string, means: string]>> = {
  'no-crash': ['stops the kernel', 'The kernel touches memory that is not mapped, or meets a BUG().'],
  'no-hole': [
    'leaves struct pages in use unmapped',
    'Memory that is in use has struct pages with nothing behind them: whoever reads one faults.',
  ],
  'no-leak': ['leaks memory', 'Memory that backed the vmemmap is not given back, though nothing needs it any more.'],
  'right-owner': [
    'gives memory to the wrong owner',
    'Memory goes back to an owner that it did not come from, or is in use after it went back.',
  ],
  'altmap-books': [
    'leaves the books of an altmap wrong',
    'The pages that an altmap counts as handed out are not those that leaves map of it.',
  ],
  'no-cross-talk': [
    'changes struct pages of memory it was not given',
    'Memory that the step has nothing to do with loses its struct pages, or finds other bytes in them.',
  ],
  'roll-back': ['fails and is not undone', 'The step returns an error, and something that it made stays.'],
  counters: ['leaves a counter wrong', 'A number in /proc/vmstat is not what it should count.'],
  'section-state': ['leaves a section half present', 'The section has no memmap, and its section_mem_map says it has.'],
  'initialised-pages': ['leaves struct pages uninitialised', 'Struct pages are read that nobody has initialised.'],
  'no-warning': ['makes the kernel warn', 'The kernel itself finds something wrong.'],
  'add-succeeds': ['fails to add memory', 'The memory is refused, though there was room for its memmap.'],
  'altmap-serves': [
    'does not use the altmap',
    'The memmap lies elsewhere than in the pages that were set aside for it.',
  ],
  'large-leaves': ['maps base pages where a large leaf fits', 'Hundreds of entries do what one could.'],
};
const UNNAMED = ['goes wrong', ''] as const;

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
  const [does, means] = HARM[invariant] ?? UNNAMED;
  const known = finding.known ?? findings.find((other) => other.known !== null)?.known ?? null;
  return (
    <div role="group" class="verdict is-wrong" aria-label="Verdict">
      <p class="verdict-head">
        Step {step + 1} of {steps.length} {does}.
      </p>
      <p>{means}</p>
      <dl>
        <dt>Step</dt>
        <dd>
          <code>{steps[step]?.text}</code>
        </dd>
        <dt>Found</dt>
        <dd>
          <Words text={text} />
        </dd>
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
            <dd>
              <Words text={why.join(' ')} />
            </dd>
          </>
        )}
        {known !== null && (
          <>
            <dt>Known as</dt>
            <dd>
              {known.id} <code>{known.name}</code>, {known.fix === 'open' ? 'not ended yet' : `ended by ${known.fix}`}.{' '}
              <Words text={known.explanation} />
            </dd>
          </>
        )}
        <dt>Rule</dt>
        <dd class="muted">
          {sentence} ({invariant})
        </dd>
      </dl>
      <p class="verdict-foot">
        <a href={`#${id}`}>
          {findings.length === 1 ? 'The finding' : `The ${findings.length} findings`}, with the kernel’s stack and the
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
