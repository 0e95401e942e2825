// SPDX-License-Identifier: GPL-2.0-only

import type { AltmapReport } from '../document.js';
import { grouped, hex, pages } from './format.js';

/** The books of altmaps as bars: reserved, handed out, skipped to align, left. */

export function Altmaps({ altmaps }: { altmaps: readonly AltmapReport[] }) {
  if (altmaps.length === 0) return null;
  return (
    <div role="group" class="panel" aria-label="Altmap books">
      <h3>Altmap books</h3>
      {altmaps.map((altmap) => (
        <Altmap key={altmap.name} altmap={altmap} />
      ))}
    </div>
  );
}

function Altmap({ altmap: { name, basePfn, reserve, free, alloc, align } }: { altmap: AltmapReport }) {
  const total = reserve + free;
  const left = free - alloc - align;
  const isWrong = alloc < 0 || left < 0;
  const parts = [
    { name: 'reserved', count: reserve, kind: 'bar-reserve' },
    { name: 'handed out', count: Math.max(0, alloc), kind: 'bar-alloc' },
    { name: 'skipped to align', count: align, kind: 'bar-align' },
    { name: 'left', count: Math.max(0, left), kind: 'bar-left' },
  ];
  return (
    <figure class="books">
      <figcaption>
        <b>{name}</b>{' '}
        <span class="muted">
          from frame {hex(basePfn)}, {pages(total)}
        </span>
      </figcaption>
      <div class="bar" aria-hidden="true">
        {parts.map(({ name: part, count, kind }) => (
          <span key={part} class={kind} style={{ width: `${total === 0 ? 0 : (100 * count) / total}%` }} />
        ))}
      </div>
      <p class={isWrong ? 'wrong-text' : 'muted'}>
        alloc {grouped(alloc)}, align {grouped(align)}, reserve {grouped(reserve)}, {grouped(left)} left of{' '}
        {grouped(free)}
      </p>
    </figure>
  );
}
