// SPDX-License-Identifier: GPL-2.0-only

import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Stretch } from '../../events/event.js';
import type { MachineState } from '../../events/replay.js';
import { address, hex, pages, size } from '../../events/words.js';
import { Scale, type Axis, type View } from './axis.js';
import { boxesOf, bytesOf, differences, faultsAt, holesOf, type Area, type Box } from './drawing.js';
import { Patterns, type Mark } from './legend.js';
import { Ruler, Sections } from './sections.js';
import type { Lane, Position, Session } from './session.js';
import { fitting, textWidth } from './text-width.js';

/** Sections above the leaves that map their struct pages, kernels one under the other on one axis. */

/** What of the picture is pointed at or chosen, addresses of the first lane. */
export type Chosen = Stretch | null;

export interface PictureProps {
  session: Session;
  position: Position;
  axis: Axis;
  view: View;
  selected: Chosen;
  hovered: Chosen;
  onHover: (stretch: Chosen) => void;
  onSelect: (stretch: Chosen) => void;
  /** Plugs or unplugs a section, where that can be done. */
  onSection?: ((section: number) => void) | undefined;
  /** Marks that are in the picture. */
  onMarks: (marks: readonly Mark[]) => void;
  isPlay: boolean;
}

/** Sizes, pixels. */
const NARROW_PAGE = 560;
/** A page that is hidden, or is being given another size, has no width for a while. */
const LEAST_WIDTH = 240;
const GUTTER = 124;
const MARGIN = 10;
const TINY = 2.5;
const TINY_WIDTH = 4;
/** Left and right of a label. */
const PADDING = 14;
/** Letters of a frame's text stand so much wider than those of a label. */
const MONOSPACE = 1.1;

interface Shown {
  readonly lane: Lane;
  readonly at: number;
  readonly label: string;
  readonly sub: string | undefined;
  readonly state: MachineState;
  /** The machine before the step: nothing happens to it here. */
  readonly isBefore: boolean;
}

/** Two kernels, or one before the step and now; the one that is there where another is still running. */
function shownLanes(session: Session, position: Position): Shown[] {
  const now = session.lanes.map((lane, at): Shown => {
    const state = session.stateAt(at, position);
    return { lane, at, label: lane.run.kernel, sub: undefined, state, isBefore: false };
  });
  if (session.lanes.length > 1 || session.awaited.length > 0) return now;
  const before = session.stateAt(0, { step: position.step, row: -1 });
  const sub = `step ${position.step + 1}`;
  return [{ ...now[0]!, label: 'before', sub, state: before, isBefore: true }, ...now];
}

export function laneHeight(isNarrow: boolean, isPlay: boolean, lanes: number): number {
  if (isNarrow) return 62;
  const free = (innerHeight - (isPlay ? 740 : lanes > 1 ? 690 : 640)) / 2.6;
  return Math.round(Math.max(60, Math.min(104, free)));
}

const WORDS = { written: 'struct pages', unused: 'PAGE_UNUSED 0xFD', never: 'never written' } as const;
const SHORT = { written: 'written', unused: '0xFD', never: 'never written' } as const;
const FILL = { written: 'var(--used)', unused: 'url(#fd)', never: 'url(#nv)' } as const;

/** Writes that are too small to draw stand in front of what is beside them. */
const inDrawingOrder = (areas: readonly Area[], scale: Scale): Area[] => {
  const isTiny = ({ start, end }: Area): boolean => (end - start) * scale.perByte < TINY;
  return [...areas.filter((area) => !isTiny(area)), ...areas.filter(isTiny)];
};

/** A box: its bytes, its border, and below it what frame it stands on. */
function Leaf({
  box,
  lane,
  scale,
  y,
  height,
  pick,
}: {
  box: Box;
  lane: Lane;
  scale: Scale;
  y: number;
  height: number;
  pick: Picking;
}) {
  const left = scale.x(box.start);
  const width = scale.x(box.end) - left;
  if (width <= 0) return null;
  const { run } = box;
  const each = run.size * scale.perByte;
  const owner = run.from === 'altmap' ? `altmap ${run.altmap}` : box.isFreed ? 'free memory' : OWNERS[run.from];
  const many = box.leaves > 1 ? `${box.leaves} ${run.level} leaves` : `${run.level} leaf`;
  const frame =
    box.leaves > 1 && run.count === box.leaves
      ? `frames ${hex(run.frame)}–${hex(Math.floor(run.frame + run.frameStep * (run.count - 1)))}`
      : `frame ${hex(Math.floor(run.frame))}`;
  const twice = box.isShared ? ' ×2' : '';
  const text = fitting(
    width / MONOSPACE,
    `${many}, ${frame}, ${owner}${twice}`,
    `${many}, ${frame}${twice}`,
    `${frame}${twice}`,
  );
  const isWrong = box.isShared || box.isFreed;
  return (
    <g>
      {inDrawingOrder(box.areas, scale).map((area) => {
        const x = scale.x(area.start);
        const w = scale.x(area.end) - x;
        const isTiny = w < TINY && area.holds !== 'never';
        if (w <= 0 || (w < TINY && !isTiny)) return null;
        const label = isTiny
          ? ''
          : fitting(
              w - PADDING,
              `${WORDS[area.holds]} · ${size(area.end - area.start)}`,
              WORDS[area.holds],
              SHORT[area.holds],
            );
        return (
          <g key={area.start}>
            <rect
              class="seg"
              data-start={area.start}
              data-end={area.end}
              x={x}
              y={y}
              width={isTiny ? TINY_WIDTH : w}
              height={height}
              fill={FILL[area.holds]}
              stroke="var(--ink)"
              stroke-opacity={isTiny ? 1 : 0.35}
              stroke-width={isTiny ? 0.8 : 1}
              {...pick([area.start, area.end])}
            />
            {isTiny && <path class="no-pick" d={`M${x} ${y + 12}l9 5-9 5z`} fill="var(--ink)" />}
            {label !== '' && (
              <g class="no-pick">
                <rect
                  x={x + 5}
                  y={y + height / 2 - 10}
                  width={textWidth(label) + 8}
                  height={20}
                  rx={3}
                  fill="var(--pane)"
                  fill-opacity={0.93}
                />
                <text x={x + 9} y={y + height / 2 + 4}>
                  {label}
                </text>
              </g>
            )}
          </g>
        );
      })}
      <rect
        class="no-pick"
        x={left + 0.75}
        y={y}
        width={Math.max(0.5, width - 1.5)}
        height={height}
        fill="none"
        stroke="var(--ink)"
        stroke-width={1.5}
      />
      {box.leaves > 1 &&
        each >= 24 &&
        Array.from({ length: Math.min(run.count, 80) }, (_, i) => {
          const start = scale.axis.address(scale.view[0]);
          const first = Math.max(1, Math.floor((start - box.start) / run.size));
          const x = scale.x(box.start + (first + i) * run.size);
          return x > left + 1 && x < left + width - 1 ? (
            <path key={i} class="no-pick" d={`M${x} ${y}v${height}`} stroke="var(--ink)" stroke-width={1} />
          ) : null;
        })}
      <rect
        x={left + 1}
        y={y + height + 2}
        width={Math.max(1, width - 2)}
        height={6}
        fill={box.isFreed ? 'var(--bad)' : run.from === 'altmap' ? 'url(#al)' : 'var(--alloc)'}
      />
      {text !== '' && width > 60 && (
        <text class={isWrong ? 'm bad strong' : 'm'} x={left + 3} y={y + height + 21} font-size="11.5">
          {text}
        </text>
      )}
      <title>{`${many}, ${address(lane.run, box.start + lane.shift)}, ${frame}, ${owner}`}</title>
    </g>
  );
}

export const OWNERS = { buddy: 'page allocator', boot: 'boot memory', unknown: 'nobody the kernel knows' } as const;

type Picking = (stretch: Stretch) => {
  onPointerEnter: () => void;
  onPointerLeave: (event: PointerEvent) => void;
  onClick: () => void;
};

export function Picture(props: PictureProps) {
  const { session, position, axis, view, selected, hovered, onHover, onSelect, onSection, onMarks, isPlay } = props;
  const svg = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(1080);
  useLayoutEffect(() => {
    const measure = (): void => setWidth(Math.max(LEAST_WIDTH, svg.current?.parentElement?.clientWidth ?? 1080));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(svg.current!.parentElement!);
    return () => observer.disconnect();
  }, []);

  const isNarrow = width < NARROW_PAGE;
  const left = isNarrow ? MARGIN : GUTTER;
  const scale = useMemo(() => new Scale(axis, view, left, width - MARGIN), [axis, view, left, width]);
  const shown = shownLanes(session, position);
  const height = laneHeight(isNarrow, isPlay, session.lanes.length + session.awaited.length);
  const marks = new Set<Mark>();
  const pick: Picking = (stretch) => ({
    onPointerEnter: () => onHover(stretch),
    // Who leaves the picture goes to what is told of the bytes: it stays.
    onPointerLeave: ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && svg.current?.contains(relatedTarget) === true) onHover(null);
    },
    onClick: () => onSelect(stretch),
  });

  const top = 36 + (view[1] - view[0] < axis.length ? 10 : 0);
  const lanesTop = top + 44 + (isNarrow ? 14 : 18);
  const [upper, lower] = shown;
  const differ = upper === undefined || lower === undefined ? [] : differences(upper, lower, scale);
  const differing = differ.reduce((sum, [start, end]) => sum + end - start, 0);
  if (differing > 0) marks.add(session.lanes.length > 1 ? 'differ' : 'changed');

  let y = lanesTop;
  const rows = [upper, lower].map((lane, i) => {
    const nameY = y;
    if (isNarrow) y += 18;
    const laneY = y;
    y += height + 30;
    const bandY = y;
    if (i === 0) y += 16;
    return { lane, nameY, laneY, bandY };
  });
  const bottom = y;

  const column = hovered ?? selected;
  const columnX = column === null ? 0 : scale.x(column[0]);
  const drawing = (
    <>
      <Patterns />
      <Ruler session={session} scale={scale} isNarrow={isNarrow} />
      <Sections
        session={session}
        position={position}
        scale={scale}
        y={top}
        isNarrow={isNarrow}
        onSection={onSection}
        isPlay={isPlay}
      />
      {rows.map(({ lane, nameY, laneY, bandY }, i) =>
        lane === undefined ? (
          <Awaited key={i} kernel={session.awaited[0] ?? ''} y={laneY} height={height} scale={scale} />
        ) : (
          <g
            key={i}
            role="group"
            aria-label={lane.isBefore ? `before step ${position.step + 1}` : `${lane.lane.run.arch} ${lane.label}`}
            data-lane={i}
          >
            <LaneName shown={lane} y={nameY} right={width - MARGIN} left={left} isNarrow={isNarrow} />
            {laneDrawing({ shown: lane, session, position, scale, y: laneY, height, pick, marks })}
            {i === 0 && (
              <g>
                {!isNarrow && (
                  <text x={10} y={bandY + 7} font-weight="600" class="difference">
                    {lower === undefined
                      ? ''
                      : differing === 0
                        ? session.lanes.length > 1
                          ? '= same bytes'
                          : 'unchanged'
                        : `${session.lanes.length > 1 ? '≠' : 'Δ'} ${size(differing)}`}
                  </text>
                )}
                <path d={`M${left} ${bandY + 2}H${width - MARGIN}`} stroke="var(--line)" />
                {differ
                  .filter((stretch) => scale.sees(stretch))
                  .map(([start, end]) => (
                    <rect
                      key={start}
                      class="seg"
                      data-start={start}
                      data-end={end}
                      x={scale.x(start)}
                      y={bandY - 2}
                      width={Math.max(2, scale.x(end) - scale.x(start))}
                      height={8}
                      fill="url(#df)"
                      {...pick([start, end])}
                    />
                  ))}
              </g>
            )}
          </g>
        ),
      )}
      {column !== null && (
        <rect
          class="no-pick column"
          x={columnX}
          y={top + 42}
          width={Math.max(2, scale.x(column[1]) - columnX)}
          height={bottom - top - 68}
          fill="var(--ink)"
          fill-opacity={0.05}
          stroke="var(--ink)"
          stroke-width={1.6}
          stroke-dasharray="3 3"
        />
      )}
    </>
  );
  const key = [...marks].sort().join();
  useLayoutEffect(() => onMarks(key === '' ? [] : (key.split(',') as Mark[])), [key]);
  return (
    <div class="picture">
      <svg
        ref={svg}
        id="picture"
        width={width}
        height={bottom}
        viewBox={`0 0 ${width} ${bottom}`}
        role="group"
        aria-label="sections above the leaves that map their struct pages"
      >
        {drawing}
      </svg>
    </div>
  );
}

/** The place of a kernel that the scenario is still running on. */
function Awaited({ kernel, y, height, scale }: { kernel: string; y: number; height: number; scale: Scale }) {
  const { left, right } = scale;
  return (
    <g role="group" aria-label={`${kernel} is running`}>
      <rect x={left} y={y} width={right - left} height={height} fill="none" stroke="var(--line)" />
      <text x={(left + right) / 2} y={y + height / 2 + 4} text-anchor="middle" class="muted">
        {kernel} is running …
      </text>
    </g>
  );
}

function LaneName({
  shown,
  y,
  left,
  right,
  isNarrow,
}: {
  shown: Shown;
  y: number;
  left: number;
  right: number;
  isNarrow: boolean;
}) {
  const { label, sub, state, lane } = shown;
  const out = state.ramPages < 0 ? `${-state.ramPages} too many` : `${pages(state.ramPages)} taken`;
  const altmap = Object.values(state.altmapPages).reduce((sum, count) => sum + count, 0);
  if (isNarrow) {
    const name = sub === undefined ? `${lane.run.arch} ${label}` : `${label} ${sub}`;
    return (
      <g>
        <text x={left} y={y + 12} font-weight="700">
          {name}
        </text>
        <text x={right} y={y + 12} text-anchor="end" font-size="11.5">
          {out}
        </text>
      </g>
    );
  }
  const lines = [...(sub === undefined ? [] : [sub]), out, ...(altmap === 0 ? [] : [`${altmap} of altmap`])];
  const short = label.length > 12 ? `${label.slice(0, 11)}…` : label;
  return (
    <g>
      <text x={10} y={y + 18} font-weight="700" font-size={label.length > 9 ? 12 : 15}>
        {short}
        {short !== label && <title>{label}</title>}
      </text>
      {lines.map((line, i) => (
        <text key={i} x={10} y={y + 34 + i * 14} font-size="11.5">
          {line}
        </text>
      ))}
    </g>
  );
}

/** Draws a lane, and notes the marks that are in it. */
function laneDrawing(props: {
  shown: Shown;
  session: Session;
  position: Position;
  scale: Scale;
  y: number;
  height: number;
  pick: Picking;
  marks: Set<Mark>;
}) {
  const { shown, session, position, scale, y, height, pick, marks } = props;
  const { lane, at, state, isBefore } = shown;
  const boxes = boxesOf(lane, state, scale);
  const faults = isBefore ? [] : faultsAt(session, at, position);
  const event = isBefore ? undefined : session.eventAt(at, position);
  const bytes = bytesOf(event);
  const isSettled = isBefore || session.isAtEnd(position);
  const holes = holesOf(state, lane.shift).filter(({ start, end }) => scale.sees([start, end]));
  for (const box of boxes) {
    for (const { holds, start, end } of box.areas)
      marks.add((end - start) * scale.perByte < TINY && holds !== 'never' ? 'tiny' : holds);
    marks.add(box.isFreed ? 'freed' : box.run.from === 'altmap' ? 'altmap' : 'buddy');
    if (box.isShared) marks.add('shared');
  }
  const isSeen = bytes !== undefined && scale.sees([bytes[0] - lane.shift, bytes[1] - lane.shift]);
  if (isSeen) marks.add('now');
  const unused = state.unusedStart;
  const flag = unused === null ? undefined : unused - lane.shift;
  if (flag !== undefined) marks.add('unusedStart');
  return (
    <g>
      {scale.parts().map(([start, end]) => (
        <rect
          key={start}
          x={scale.x(start)}
          y={y}
          width={scale.x(end) - scale.x(start)}
          height={height}
          fill="none"
          stroke="var(--line)"
        />
      ))}
      {boxes.length === 0 && holes.length === 0 && (
        <text x={(scale.left + scale.right) / 2} y={y + height / 2 + 4} text-anchor="middle" class="muted">
          nothing mapped here
        </text>
      )}
      {boxes.map((box) => (
        <Leaf key={box.start} box={box} lane={lane} scale={scale} y={y} height={height} pick={pick} />
      ))}
      {holes.map(({ start, end }) => {
        const isWrong =
          isSettled ||
          faults.some(({ fault }) =>
            fault.finding.blamed.some(([from, to]) => from - lane.shift < end && to - lane.shift > start),
          );
        marks.add(isWrong ? 'hole' : 'notYet');
        const x = scale.x(start) + 1.5;
        const w = Math.max(2, scale.x(end) - scale.x(start) - 3);
        const label = isWrong
          ? fitting(w - PADDING, 'NOT MAPPED, in use', 'NOT MAPPED')
          : fitting(w - PADDING, 'not mapped yet', 'not yet');
        return (
          <g key={start}>
            <rect
              class="seg"
              data-start={start}
              data-end={end}
              x={x}
              y={y + 1.5}
              width={w}
              height={height - 3}
              fill={isWrong ? 'var(--badbg)' : 'var(--pane)'}
              stroke={isWrong ? 'var(--bad)' : 'var(--mut)'}
              stroke-width={isWrong ? 2.5 : 1}
              stroke-dasharray="7 4"
              {...pick([start, end])}
            />
            {label !== '' && (
              <text class={isWrong ? 'no-pick bad strong' : 'no-pick muted'} x={x + 8} y={y + height / 2 + 4}>
                {label}
              </text>
            )}
          </g>
        );
      })}
      {faults.flatMap(({ fault, isOld }) =>
        fault.finding.blamed
          .map(([start, end]): Stretch => [start - lane.shift, end - lane.shift])
          .filter((stretch) => scale.sees(stretch))
          .map(([start, end]) => {
            marks.add(isOld ? 'old' : 'blamed');
            const x = scale.x(start);
            const w = Math.max(6, scale.x(end) - x);
            return isOld ? (
              <path
                key={`${fault.finding.id} ${start}`}
                class="no-pick"
                d={`M${x} ${y - 4}h${w}M${x} ${y + height + 4}h${w}`}
                stroke="var(--bad)"
                stroke-width={2}
                stroke-dasharray="2 4"
              />
            ) : (
              <Brackets key={`${fault.finding.id} ${start}`} x={x} y={y} width={w} height={height} />
            );
          }),
      )}
      {flag !== undefined && scale.sees([flag, flag + 1]) && (
        <g class="no-pick">
          <path
            d={`M${scale.x(flag)} ${y + height}v${-height - 6}`}
            stroke="var(--ink)"
            stroke-width={1.5}
            stroke-dasharray="4 2"
          />
          <path d={`M${scale.x(flag)} ${y - 6}h9l-4 5 4 5h-9`} fill="var(--ink)" />
        </g>
      )}
      {bytes !== undefined && isSeen && (
        <rect
          class="no-pick now"
          x={scale.x(bytes[0] - lane.shift)}
          y={y + height - 8}
          width={Math.max(3, scale.x(bytes[1] - lane.shift) - scale.x(bytes[0] - lane.shift))}
          height={6}
          fill="var(--ink)"
        />
      )}
    </g>
  );
}

function Brackets({ x, y, width, height }: { x: number; y: number; width: number; height: number }) {
  const top = y - 4;
  const right = x + width - 1;
  const mark = x + Math.max(width - 13, width / 2);
  return (
    <g class="no-pick blamed">
      <path
        d={`M${x + 1} ${top + 10}V${top}H${right}V${top + 10}M${x + 1} ${y + height - 6}V${y + height + 4}H${right}V${y + height - 6}`}
        fill="none"
        stroke="var(--bad)"
        stroke-width={3.5}
      />
      <circle cx={mark} cy={y + 13} r={9} fill="var(--bad)" />
      <path d={`M${mark - 4} ${y + 9}l8 8m0-8l-8 8`} stroke="var(--pane)" stroke-width={2.2} />
    </g>
  );
}
