// SPDX-License-Identifier: GPL-2.0-only

import type { FindingReport, RunReport } from '../document.js';
import { Stack } from './leaf-detail.js';
import type { Chosen } from './strip.js';
import { Words } from './words.js';

/** Every finding of a run, each with an anchor and the command that shows it again. */

interface FindingsProps {
  run: RunReport;
  position: number;
  onMove: (position: number) => void;
  onChoose: (chosen: Chosen) => void;
}

export function Findings({ run, position, onMove, onChoose }: FindingsProps) {
  const { findings } = run;
  if (findings.length === 0) return null;
  return (
    <div role="group" class="findings" aria-label="Findings">
      <h3>Findings</h3>
      {findings.map((finding) => (
        <Finding
          key={finding.id}
          finding={finding}
          isNow={finding.step + 1 === position}
          onShow={() => {
            onMove(finding.step + 1);
            if (finding.place !== null) onChoose({ start: finding.place[0] });
          }}
        />
      ))}
    </div>
  );
}

function Finding({ finding, isNow, onShow }: { finding: FindingReport; isNow: boolean; onShow: () => void }) {
  const { id, step, invariant, text, why, stack, command, known } = finding;
  return (
    <article id={id} class={`finding${isNow ? ' is-now' : ''}`}>
      <p class="finding-head">
        <a href={`#${id}`} aria-label={`link to this finding of step ${step + 1}`}>
          #
        </a>{' '}
        <button type="button" class="link" onClick={onShow}>
          step {step + 1}
        </button>{' '}
        <b>{invariant}</b> <Words text={text} />
        {known !== null && (
          <span class="muted">
            {' '}
            ({known.id} {known.name}: {known.title})
          </span>
        )}
      </p>
      {why.length > 0 && (
        <p>
          <Words text={why.join(' ')} />
        </p>
      )}
      {stack.length > 1 && (
        <p>
          <Stack names={stack} />
        </p>
      )}
      <p class="again">
        again: <code class="command">{command}</code>
      </p>
    </article>
  );
}
