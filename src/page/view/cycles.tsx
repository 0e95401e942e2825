// SPDX-License-Identifier: GPL-2.0-only

import type { RunReport } from '../document.js';
import { grouped, stateAt } from './format.js';

/** What the step cost, by cause: modelled cycles. */

export function Cycles({ run, position }: { run: RunReport; position: number }) {
  const { cycles } = stateAt(run, position);
  if (cycles === null || run.cpu === null) return null;
  const causes = Object.entries(cycles.causes).sort(([, a], [, b]) => b - a);
  const most = causes[0]?.[1] ?? 1;
  return (
    <div role="group" class="panel" aria-label="Cycles by cause">
      <h3>
        Cycles of step {Math.min(position, run.steps.length)}: {grouped(cycles.total)}{' '}
        <span class="muted">{cycles.microseconds.toFixed(2)} µs</span>
      </h3>
      <table class="bars">
        <tbody>
          {causes.map(([cause, count]) => (
            <tr key={cause}>
              <th scope="row">{cause}</th>
              <td class="number">{grouped(count)}</td>
              <td class="bars-bar">
                <span style={{ width: `${(100 * count) / most}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">modelled on {run.cpu}</p>
    </div>
  );
}
