// SPDX-License-Identifier: GPL-2.0-only

import { useState } from 'preact/hooks';
import type { RunReport } from '../document.js';
import { Altmaps } from './altmaps.js';
import { Cycles } from './cycles.js';
import { Findings } from './findings.js';
import { size, stateAt } from './format.js';
import { LeafDetail } from './leaf-detail.js';
import { Books } from './books.js';
import { chosenAt, Strip, type Chosen } from './strip.js';
import { Tables } from './tables.js';
import { Verdict } from './verdict.js';

/** One run: which it is and what went wrong in it; the address space, the chosen leaf, and the books. */

interface RunProps {
  run: RunReport;
  position: number;
  onMove: (position: number) => void;
}

interface RunHeadProps extends RunProps {
  /** Which run stands here, where there are more than columns. */
  choice: { runs: readonly RunReport[]; at: number; onChoose: (at: number) => void } | undefined;
}

const nameOf = ({ name, arch, kernel }: RunReport): string => `${name}: ${arch} ${kernel}`;

export function RunHead({ run, position, onMove, choice }: RunHeadProps) {
  return (
    <div class="column">
      <header class="run-head">
        <h2>
          {run.arch} <span class="kernel">{run.kernel}</span>
        </h2>
        {choice !== undefined && (
          <select
            aria-label="run shown in this column"
            value={choice.at}
            onChange={(event) => choice.onChoose(Number(event.currentTarget.value))}
          >
            {choice.runs.map((other, at) => (
              <option key={at} value={at}>
                {nameOf(other)}
              </option>
            ))}
          </select>
        )}
        <p class="machine">
          {size(run.pageSize)} pages, struct page {run.structPageSize} B, sections of {size(run.sectionSize)}
          {run.proposal !== null && <>; proposal: {run.proposal}</>}
        </p>
      </header>
      <Verdict run={run} position={position} onMove={onMove} />
    </div>
  );
}

export function Column({ run, position, onMove }: RunProps) {
  const [chosen, setChosen] = useState<Chosen | undefined>();
  const state = stateAt(run, position);
  const here = chosenAt(run, position, chosen);
  const isOver = position > run.steps.length;
  return (
    <article class="column" aria-label={nameOf(run)}>
      {run.remarks.map((remark) => (
        <p key={remark} class="note">
          {remark}
        </p>
      ))}
      {isOver && <p class="note">The kernel stopped in step {run.steps.length}; this is what it left.</p>}
      <Strip run={run} position={position} chosen={here} onChoose={setChosen} />
      <LeafDetail run={run} position={position} chosen={here} />
      <Findings run={run} position={position} onMove={onMove} onChoose={setChosen} />
      <div class="panels">
        <Altmaps altmaps={state.altmaps} />
        <Tables run={run} position={position} onChoose={setChosen} />
        <Cycles run={run} position={position} />
        <Books state={state} />
      </div>
    </article>
  );
}
