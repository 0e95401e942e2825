// SPDX-License-Identifier: GPL-2.0-only

import type { ComparisonReport, RunReport } from '../document.js';

/** Where the two runs that stand side by side part, and which change of the kernel decides. */

interface PartingProps {
  comparison: ComparisonReport;
  from: RunReport;
  to: RunReport;
  onMove: (position: number) => void;
}

export function Parting({ comparison: { parting, differing, deciding }, from, to, onMove }: PartingProps) {
  return (
    <section class="parting" aria-label="Difference">
      {parting === null ? (
        <p>Both kernels do just the same, event by event.</p>
      ) : (
        <>
          <p>
            They part in{' '}
            <button type="button" class="link" onClick={() => onMove(parting.step + 1)}>
              step {parting.step + 1}
            </button>
            :
          </p>
          <dl>
            <dt>{from.kernel}</dt>
            <dd>{parting.from ?? 'does nothing more'}</dd>
            <dt>{to.kernel}</dt>
            <dd>{parting.to ?? 'does nothing more'}</dd>
          </dl>
        </>
      )}
      {deciding.map(({ name, since, effect }) => (
        <p key={name}>
          Of {differing} {differing === 1 ? 'behaviour' : 'behaviours'} in which the kernels differ, <code>{name}</code>{' '}
          decides ({since}): {effect}
        </p>
      ))}
    </section>
  );
}
