// SPDX-License-Identifier: GPL-2.0-only

import { hex } from '../../events/words.js';
import type { PhysicalReport } from '../document.js';
import type { Fault, Position, Session } from './session.js';

/** Memory blocks, zones and the iomem tree on the axis of physical memory: for findings that are in none of what maps the vmemmap. */

type Row = keyof PhysicalReport;
const ROWS: readonly [Row, string][] = [
  ['blocks', 'memory blocks'],
  ['zones', 'zones'],
  ['iomem', '/proc/iomem'],
];
/** Letters of a bar's text, as a part of the width of all. */
const LETTER = 0.9;

export function PhysicalPicture({ session, position, fault }: { session: Session; position: Position; fault: Fault }) {
  const all = session.lanes.flatMap((_, lane) => {
    const report = session.stepOf(lane, position.step);
    return report?.physical == null ? [] : [{ lane, physical: report.physical }];
  });
  const bars = all.flatMap(({ physical }) => ROWS.flatMap(([row]) => physical[row]));
  if (bars.length === 0) return null;
  const low = Math.min(...bars.map(({ start }) => start));
  const high = Math.max(...bars.map(({ end }) => end));
  const percent = (pfn: number): number => (100 * (pfn - low)) / (high - low);
  return (
    <div class="physical" role="group" aria-label="books over physical memory">
      <p class="muted">
        physical memory <code>pfn {hex(low)}</code> to <code>{hex(high)}</code>
      </p>
      {all.map(({ lane, physical }) => (
        <div key={lane}>
          <h3>{session.lanes[lane]!.run.kernel}</h3>
          {ROWS.filter(([row]) => physical[row].length > 0).map(([row, name]) => {
            const isWrong = fault.finding.books === row && fault.lane === lane;
            return (
              <div key={row} class={isWrong ? 'books is-wrong' : 'books'}>
                <span class="books-name">
                  {isWrong && <b class="bad">✗ </b>}
                  {name}
                </span>
                <div class="books-bars">
                  {physical[row].map(({ start, end, text }, i) => {
                    const left = percent(start);
                    const width = Math.max(0.4, percent(end) - left);
                    return (
                      <span
                        key={i}
                        style={{ left: `${left}%`, width: `${width}%` }}
                        title={`${text}: pfn ${hex(start)}–${hex(end - 1)}`}
                      >
                        {text.length * LETTER < width ? text : ''}
                      </span>
                    );
                  })}
                </div>
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}
