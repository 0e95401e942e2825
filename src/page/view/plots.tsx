// SPDX-License-Identifier: GPL-2.0-only

import type { PlotReport } from '../document.js';

/** Plots that were drawn when the report was made. */

export function Plots({ plots }: { plots: readonly PlotReport[] }) {
  if (plots.length === 0) return null;
  return (
    <section class="plots" aria-label="Plots">
      {plots.map(({ name, title, svg }) => (
        <figure key={name} id={`plot-${name}`}>
          <figcaption>{title}</figcaption>
          <div class="plot" dangerouslySetInnerHTML={{ __html: svg }} />
        </figure>
      ))}
    </section>
  );
}
