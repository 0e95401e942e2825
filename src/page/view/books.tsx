// SPDX-License-Identifier: GPL-2.0-only

import type { StepReport } from '../document.js';
import { grouped } from './format.js';

/** What the step did in numbers, and the books of memory hot-plug as lines. */

export function Books({ state: { counters, lines, ramPages } }: { state: StepReport }) {
  return (
    <div role="group" class="panel" aria-label="What the step did">
      <h3>What the step did</h3>
      <dl class="counters">
        {Object.entries(counters).map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{grouped(count)}</dd>
          </div>
        ))}
        <div>
          <dt>RAM pages taken</dt>
          <dd>{grouped(ramPages)}</dd>
        </div>
      </dl>
      {Object.entries(lines).map(([name, text]) => (
        <div key={name}>
          <h4>{name}</h4>
          <pre tabIndex={0} aria-label={name}>
            {text.join('\n')}
          </pre>
        </div>
      ))}
    </div>
  );
}
