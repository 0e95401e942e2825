// SPDX-License-Identifier: GPL-2.0-only

import type { CounterReport } from '../document.js';
import type { Fault, Session } from './session.js';

/** A counter of the kernel and what it should say, as bars on one scale: for findings that no byte is to blame for. */

interface Bar {
  readonly name: string;
  readonly pages: number;
  readonly isWrong: boolean;
  readonly text: string;
}

const pagesText = (pages: number): string => `${pages} ${Math.abs(pages) === 1 ? 'page' : 'pages'}`;

/** What the other kernel counts at the same moment, and what of it is wrong. */
function others(session: Session, { lane, finding }: Fault, counter: CounterReport): Bar[] {
  if (counter.name !== 'nr_memmap_pages') return [];
  return session.lanes.flatMap(({ run }, at): Bar[] => {
    const pages = session.stepOf(at, finding.step)?.nrMemmapPages;
    if (at === lane || pages == null) return [];
    const isWrong = run.findings.some((other) => other.step === finding.step && other.counter?.name === counter.name);
    return [{ name: `${run.kernel} counts`, pages, isWrong, text: pagesText(pages) }];
  });
}

export function CounterPicture({
  session,
  fault,
  counter,
}: {
  session: Session;
  fault: Fault;
  counter: CounterReport;
}) {
  const { name, actual, expected, because } = counter;
  const bars: readonly Bar[] = [
    { name: `${session.lanes[fault.lane]!.run.kernel} counts`, pages: actual, isWrong: true, text: pagesText(actual) },
    { name: 'should be', pages: expected, isWrong: false, text: `${pagesText(expected)} ${because}` },
    ...others(session, fault, counter),
  ];
  const low = Math.min(0, ...bars.map(({ pages }) => pages));
  const high = Math.max(0, ...bars.map(({ pages }) => pages));
  const percent = (pages: number): number => (100 * (pages - low)) / (high - low);
  return (
    <div class="physical" role="group" aria-label={`the counter ${name}`}>
      <p class="muted">
        <code>{name}</code> behind step {fault.finding.step + 1}
      </p>
      {bars.map(({ name: whose, pages, isWrong, text }) => (
        <div key={whose} class={isWrong ? 'books is-wrong' : 'books'} data-pages={pages}>
          <span class="books-name">
            {isWrong && <b class="bad">✗ </b>}
            {whose}
          </span>
          <div class="counter-bar">
            <span
              style={{
                left: `${percent(Math.min(0, pages))}%`,
                width: `${percent(Math.max(0, pages)) - percent(Math.min(0, pages))}%`,
              }}
            />
            <b>{text}</b>
          </div>
        </div>
      ))}
    </div>
  );
}
