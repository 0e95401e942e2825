// SPDX-License-Identifier: GPL-2.0-only

import { memo } from 'preact/compat';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { stackOf } from '../../events/event.js';
import { say } from '../../events/words.js';
import type { Position, Session } from './session.js';

/** Steps, and below the current one its events; two kernels have one list. */

interface StepsProps {
  session: Session;
  position: Position;
  onGo: (position: Position) => void;
  /** Takes a step out of the scenario, where that can be done. */
  onDelete?: ((step: number) => void) | undefined;
}

/** What a step returned, where it was not as it should be. */
function Returned({ session, step }: { session: Session; step: number }) {
  const returns = session.lanes.map((_, lane) => session.stepOf(lane, step)?.ret);
  const texts = returns.map((ret) => (ret === 'BUG' ? 'stops' : typeof ret === 'number' && ret < 0 ? `→ ${ret}` : ''));
  if (texts.every((text) => text === '')) return null;
  if (texts.every((text) => text === texts[0])) return <b> {texts[0]}</b>;
  return (
    <>
      {texts.map((text, lane) => (
        <span key={lane}>
          {' '}
          <b>{session.lanes[lane]!.run.kernel}</b> {text === '' ? '→ 0' : text}
        </span>
      ))}
    </>
  );
}

export function Steps({ session, position, onGo, onDelete }: StepsProps) {
  const list = useRef<HTMLDivElement>(null);
  const follow = useCallback((): void => {
    const box = list.current!;
    const current =
      box.querySelector<HTMLElement>('.event[aria-current]') ?? box.querySelector<HTMLElement>('.step[aria-current]');
    // The list scrolls by itself on wide pages only; elsewhere the page must not jump.
    if (current === null || box.scrollHeight <= box.clientHeight || getComputedStyle(box).overflowY === 'visible')
      return;
    const top = current.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    const [above, below] = [60, 70];
    if (top - above < box.scrollTop) box.scrollTop = top - above;
    else if (top + current.offsetHeight + below > box.scrollTop + box.clientHeight)
      box.scrollTop = top + current.offsetHeight + below - box.clientHeight;
  }, []);
  useLayoutEffect(follow, [position, session]);
  return (
    <div class="steps" ref={list} role="region" aria-label="steps and events" tabIndex={-1}>
      {session.titles.length === 0 && (
        <p class="muted pad">No steps yet. Click a section in the picture, or take an entry of the catalogue.</p>
      )}
      {session.titles.map((title, step) => {
        const isCurrent = step === position.step;
        return (
          <div key={step}>
            <StepLine
              session={session}
              step={step}
              title={title}
              isCurrent={isCurrent}
              onGo={onGo}
              onDelete={onDelete}
            />
            {isCurrent && <Events session={session} position={position} onGo={onGo} onMore={follow} />}
          </div>
        );
      })}
    </div>
  );
}

/** Events on either side of the current one that are there at once: more than a screen has. */
const NEAR = 24;
/** Those that come whenever the browser has nothing else to do, until all are there. */
const MORE = 20;
/** They come at last even where it always has, ms. */
const LATEST = 300;

/** Calls when nothing else is to be done, where a browser can tell. @returns forgets it */
function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(act);
    return () => clearTimeout(timer);
  }
  const idle = requestIdleCallback(act, { timeout: LATEST });
  return () => cancelIdleCallback(idle);
}

/** The events of the current step. A step may have hundreds, and nobody waits for those that are not on the screen. */
function Events({
  session,
  position: { step, row: current },
  onGo,
  onMore,
}: Omit<StepsProps, 'onDelete'> & {
  /** There are more of them: the current one may have moved. */
  onMore: () => void;
}) {
  const rows = session.rows[step] ?? [];
  const [made, setMade] = useState({ rows, around: NEAR });
  const around = made.rows === rows ? made.around : NEAR;
  useEffect(() => {
    if (around >= rows.length) return undefined;
    return whenIdle(() => setMade({ rows, around: around + MORE }));
  }, [rows, around]);
  useLayoutEffect(onMore, [around]);
  const first = Math.max(0, current - around);
  const wrong = new Set(session.faults.flatMap(({ position }) => (position.step === step ? [position.row] : [])));
  return (
    <>
      {rows.slice(first, current + around + 1).map((_, i) => {
        const row = first + i;
        const state = row === current ? 'now' : row > current ? 'ahead' : 'past';
        const isWrong = wrong.has(row);
        return (
          <EventLine key={row} session={session} step={step} row={row} state={state} isWrong={isWrong} onGo={onGo} />
        );
      })}
    </>
  );
}

interface StepLineProps {
  session: Session;
  step: number;
  title: string;
  isCurrent: boolean;
  onGo: (position: Position) => void;
  onDelete?: ((step: number) => void) | undefined;
}

const StepLine = memo(function StepLine({ session, step, title, isCurrent, onGo, onDelete }: StepLineProps) {
  const isReached = step < session.steps;
  const wrong = [
    ...new Set(
      session.faults.flatMap((fault) => (fault.finding.step === step ? [session.lanes[fault.lane]!.run.kernel] : [])),
    ),
  ];
  const differs = session.rows[step]?.some((row) => row.differs) === true;
  const full = session.stepOf(0, step)?.text ?? session.stepOf(1, step)?.text ?? title;
  return (
    <div class={isCurrent ? 'step-line is-current' : 'step-line'}>
      <button
        type="button"
        class="step"
        disabled={!isReached}
        title={full}
        onClick={() => onGo(session.endOf(step))}
        {...(isCurrent ? { 'aria-current': 'step' as const } : {})}
      >
        <span class="number">{step + 1}</span>
        <span>
          {title}
          {isReached ? <Returned session={session} step={step} /> : <span class="muted"> not reached</span>}
        </span>
        <span class="sign">
          {wrong.length > 0 ? (
            <b class="bad">✗ {session.lanes.length > 1 ? wrong.join(', ') : ''}</b>
          ) : differs ? (
            <span title="the kernels do different things in this step" aria-label="the kernels differ">
              ≠
            </span>
          ) : null}
        </span>
      </button>
      {onDelete !== undefined && (
        <button type="button" class="link delete" aria-label={`delete step ${step + 1}`} onClick={() => onDelete(step)}>
          ×
        </button>
      )}
    </div>
  );
});

interface EventLineProps {
  session: Session;
  step: number;
  row: number;
  state: 'past' | 'now' | 'ahead';
  isWrong: boolean;
  onGo: (position: Position) => void;
}

/** Rows are those of the recordings: a session that knows more of the same runs has the same, and they stay as they are. */
const isSameLine = (a: EventLineProps, b: EventLineProps): boolean =>
  a.session.rows[a.step] === b.session.rows[b.step] &&
  a.row === b.row &&
  a.step === b.step &&
  a.state === b.state &&
  a.isWrong === b.isWrong &&
  a.onGo === b.onGo;

const EventLine = memo(function EventLine({ session, step, row, state, isWrong, onGo }: EventLineProps) {
  const place = { step, row };
  const { at, differs } = session.rows[step]![row]!;
  const own = session.lanes.flatMap(({ run }, lane) => {
    const event = session.eventAt(lane, place);
    if (event === undefined) return [];
    const stack = stackOf(run.recording, event);
    return [{ kernel: run.kernel, said: say(run, event), by: stack[stack.length - 1] ?? '' }];
  });
  const [first] = own;
  const isOne = session.lanes.length > 1 && own.length === 1;
  const functions = [...new Set(own.map(({ by }) => by).filter((by) => by !== ''))];
  if (first === undefined) return null;
  return (
    <button
      type="button"
      class={`event is-${state}${isOne ? ' is-one' : ''}${isWrong ? ' is-wrong' : ''}`}
      data-row={row}
      data-lanes={at.map((event) => (event === null ? '-' : '+')).join('')}
      onClick={() => onGo(place)}
      {...(state === 'now' ? { 'aria-current': true as const } : {})}
    >
      <span class="which">
        {isOne ? first.kernel : `${differs ? '≠ ' : ''}${row + 1}`}
        {isWrong && <b class="bad"> ✗</b>}
      </span>
      <span>
        {first.said.text}
        {own.length > 1 && differs
          ? own.map(({ kernel, said }) => (
              <span key={kernel} class="answer">
                <b>{kernel}</b> → {said.answer ?? said.text}
              </span>
            ))
          : first.said.answer !== undefined && <span class="muted"> → {first.said.answer}</span>}
        <code class="by">{functions.join(' | ')}</code>
      </span>
    </button>
  );
}, isSameLine);

export function Keys({ isPlay, canPlay }: { isPlay: boolean; canPlay: boolean }) {
  return (
    <p class="keys">
      <kbd>← →</kbd> event <kbd>↑ ↓</kbd> step <kbd>n</kbd> next ✗ <kbd>d</kbd> next ≠ <kbd>b</kbd> bytes{' '}
      <kbd>+ − 0 [ ]</kbd> zoom <kbd>c</kbd> {canPlay ? 'catalogue' : 'findings'}
      {isPlay && (
        <>
          {' '}
          <kbd>1–8</kbd> plug
        </>
      )}{' '}
      <kbd>?</kbd> all keys
    </p>
  );
}
