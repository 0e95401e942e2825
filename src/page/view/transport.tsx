// SPDX-License-Identifier: GPL-2.0-only

import { memo } from 'preact/compat';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { START, type Position, type Session } from './session.js';

/** The stepper: by event, by step, by itself; and all events of the scenario as ticks to drag over. */

interface TransportProps {
  session: Session;
  position: Position;
  onGo: (position: Position) => void;
}

/** Between two events while it plays, milliseconds. */
const PLAY_PERIOD = 700;

const ICONS = {
  'step back': 'M1 1h2v12H1zM13 1v12L4 7z',
  'event back': 'M11 2v10L4 7z',
  'event on': 'M5 2v10l7-5z',
  'step on': 'M13 1h2v12h-2zM3 1v12l9-6z',
} as const;

export const positionText = (session: Session, { step, row }: Position): string => {
  const events = session.rows[step]?.length ?? 0;
  const where = session.steps === 0 ? 'no steps' : `step ${step + 1} of ${session.steps}`;
  return events === 0 ? where : `${where}, event ${row + 1} of ${events}`;
};

export const stepBack = (session: Session, { step }: Position): Position =>
  step === 0 ? START : session.endOf(step - 1);
export const stepOn = (session: Session, { step }: Position): Position => session.endOf(step + 1);

export function Transport({ session, position, onGo }: TransportProps) {
  const [isPlaying, setPlaying] = useState(false);
  const now = useRef(position);
  now.current = position;
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setInterval(() => {
      const next = session.next(now.current);
      onGo(next);
      if (session.isAtEnd(next) && next.step >= session.steps - 1) setPlaying(false);
    }, PLAY_PERIOD);
    return () => clearInterval(timer);
  }, [isPlaying, session, onGo]);
  const play = (): void => {
    const isOver = position.step === session.steps - 1 && session.isAtEnd(position);
    if (!isPlaying && isOver) onGo(START);
    setPlaying(!isPlaying);
  };
  const button = (name: keyof typeof ICONS, key: string, to: Position) => (
    <button type="button" class="icon" aria-label={name} title={key} onClick={() => onGo(to)}>
      <svg width="16" height="14" viewBox="0 0 16 14" aria-hidden="true" fill="currentColor">
        <path d={ICONS[name]} />
      </svg>
    </button>
  );
  return (
    <div class="transport">
      <div class="buttons" role="toolbar" aria-label="stepper">
        {button('step back', '↑', stepBack(session, position))}
        {button('event back', '←', session.previous(position))}
        <button type="button" id="play" title="space" aria-pressed={isPlaying} onClick={play}>
          {isPlaying ? 'stop' : 'play'}
        </button>
        {button('event on', '→', session.next(position))}
        {button('step on', '↓', stepOn(session, position))}
        <span class="position" aria-live="polite">
          {positionText(session, position)}
        </span>
      </div>
      <Overview session={session} position={position} onGo={onGo} />
    </div>
  );
}

/** Ticks nearer to each other than this are a density, pixels. */
const DENSE = 2.2;
const EVERY = 50;
const HEIGHT = 36;

/** Where each step begins, and how wide an event is, pixels. */
interface Measures {
  readonly starts: readonly number[];
  readonly counts: readonly number[];
  readonly unit: number;
}

function measuresOf({ rows }: Session, width: number): Measures {
  const counts = rows.map((events) => Math.max(1, events.length) + 1);
  const all = counts.reduce((sum, count) => sum + count, 0);
  const unit = width / Math.max(1, all);
  const starts: number[] = [];
  let at = 0;
  for (const count of counts) {
    starts.push(at);
    at += count * unit;
  }
  return { starts, counts, unit };
}

const tickX = ({ starts, unit }: Measures, step: number, row: number): number => starts[step]! + unit * (row + 1);

/** Everything of the overview that stays while one steps. */
const Ticks = memo(function Ticks({ session, measures }: { session: Session; measures: Measures }) {
  const { rows, lanes, faults } = session;
  const { starts, counts, unit } = measures;
  const isDense = unit < DENSE;
  const wrong = new Set(faults.map(({ position: { step, row }, lane }) => `${step} ${row} ${lane}`));
  return (
    <g>
      {rows.map((events, step) => {
        const x = starts[step]!;
        const w = counts[step]! * unit;
        const isNumbered = isDense ? step % EVERY === 0 : w > 16;
        const differing = events.filter(({ differs }) => differs).length / Math.max(1, events.length);
        const tall = 14 * Math.min(1, events.length / 12);
        return (
          <g key={step}>
            {!isDense && (
              <rect x={x + 1} y={3} width={Math.max(0.5, w - 2)} height={30} rx={2} fill="none" stroke="var(--line)" />
            )}
            {isNumbered && (
              <text x={x + 4} y={13} font-size="11" fill="var(--mut)">
                {step + 1}
              </text>
            )}
            {isDense && (
              <rect
                x={x}
                y={30 - tall}
                width={Math.max(0.6, w - 0.3)}
                height={tall}
                fill="var(--mut)"
                fill-opacity={0.3 + 0.6 * differing}
              />
            )}
            {!isDense &&
              events.flatMap(({ at: own }, row) =>
                lanes.map((_, lane) => {
                  if (own[lane] == null) return null;
                  const isWrong = wrong.has(`${step} ${row} ${lane}`);
                  return (
                    <path
                      key={`${row} ${lane}`}
                      d={`M${tickX(measures, step, row)} ${lanes.length > 1 && lane === 1 ? 25 : 17}v${lanes.length > 1 ? 6 : 13}`}
                      stroke={isWrong ? 'var(--bad)' : 'var(--mut)'}
                      stroke-width={isWrong ? 4 : Math.min(2, unit / 2)}
                    />
                  );
                }),
              )}
          </g>
        );
      })}
      {isDense &&
        faults.map(({ finding, position: { step, row } }) => (
          <path key={finding.id} d={`M${tickX(measures, step, row)} 15v17`} stroke="var(--bad)" stroke-width={1.6} />
        ))}
    </g>
  );
});

function Overview({ session, position, onGo }: TransportProps) {
  const svg = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(296);
  useLayoutEffect(() => {
    const measure = (): void => setWidth(svg.current?.clientWidth || 296);
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, []);
  const { rows } = session;
  const measures = useMemo(() => measuresOf(session, width), [session, width]);
  const { starts, counts, unit } = measures;

  const scrub = (event: PointerEvent): void => {
    const x = event.clientX - svg.current!.getBoundingClientRect().left;
    const step = Math.max(
      0,
      starts.findLastIndex((start) => start <= x),
    );
    const row = Math.round((x - (starts[step] ?? 0)) / unit) - 1;
    onGo({ step, row: Math.max(-1, Math.min((rows[step]?.length ?? 0) - 1, row)) });
  };
  const here = Math.min(position.step, rows.length - 1);
  const cursor = rows.length === 0 ? 0 : tickX(measures, here, position.row);
  return (
    <svg
      ref={svg}
      id="overview"
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="slider"
      tabindex={0}
      aria-label="position in the scenario"
      aria-valuemin={1}
      aria-valuemax={Math.max(1, rows.length)}
      aria-valuenow={position.step + 1}
      aria-valuetext={positionText(session, position)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        scrub(event);
      }}
      onPointerMove={(event) => event.buttons !== 0 && scrub(event)}
    >
      {rows.length > 0 && (
        <rect
          x={starts[here]! + 1}
          y={3}
          width={Math.max(0.5, counts[here]! * unit - 2)}
          height={30}
          rx={2}
          fill="var(--soft)"
          stroke="var(--line)"
        />
      )}
      <Ticks session={session} measures={measures} />
      {rows.length > 0 && (
        <g>
          <path d={`M${cursor} 1v34`} stroke="var(--ink)" stroke-width={2} />
          <path d={`M${cursor - 5} 0h10l-5 6z`} fill="var(--ink)" />
        </g>
      )}
    </svg>
  );
}
