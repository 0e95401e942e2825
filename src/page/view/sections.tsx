// SPDX-License-Identifier: GPL-2.0-only

import type { Stretch } from '../../events/event.js';
import { address, hex, sectionsOf, size } from '../../events/words.js';
import type { Scale } from './axis.js';
import { overlaps, type Position, type Session } from './session.js';
import { fitting } from './text-width.js';

/** The ruler of the vmemmap, and the sections whose struct pages lie below them. */

/** Labels of the ruler stand at least so far apart, pixels. */
const LABEL_APART = 170;
const LABEL_HALF = 58;
const PAGE = 4096;

export function Ruler({ session, scale, isNarrow }: { session: Session; scale: Scale; isNarrow: boolean }) {
  const { axis, view, left, right } = scale;
  const y = 18;
  let grid = PAGE;
  while (grid * scale.perByte < LABEL_APART) grid *= 2;
  const ticks = scale.parts().flatMap(([start, end]) => {
    const first = Math.ceil(start / grid) * grid;
    const count = Math.floor((end - first) / grid) + 1;
    const inside = Array.from({ length: Math.max(0, count) }, (_, i) => first + i * grid);
    // A part without a round address in it is told by where it begins.
    return inside.length > 0 ? inside : [start];
  });
  let last = -Infinity;
  const isPart = view[1] - view[0] < axis.length;
  const whole = (place: number): number => left + (place / axis.length) * (right - left);
  return (
    <g class="no-pick">
      {!isNarrow && (
        <text x={10} y={y} class="muted">
          vmemmap
        </text>
      )}
      {ticks.map((at) => {
        const x = scale.x(at);
        if (x - last < LABEL_APART - 20) return null;
        last = x;
        const anchor = x - left < LABEL_HALF ? 'start' : right - x < LABEL_HALF ? 'end' : 'middle';
        return (
          <g key={at}>
            <path d={`M${x} ${y + 4}v6`} stroke="var(--mut)" />
            <text class="m" x={x} y={y} font-size="11" text-anchor={anchor}>
              {address(session.first, at)}
            </text>
          </g>
        );
      })}
      {axis.parts.slice(1).map(({ start, at }, i) => {
        const from = axis.parts[i]!.end;
        const place = at - axis.notch / 2;
        if (place < view[0] || place > view[1]) return null;
        const x = left + (place - view[0]) * scale.perByte;
        return (
          <g key={start}>
            <path d={`M${x - 4} ${y + 22}l5-7M${x} ${y + 22}l5-7`} stroke="var(--mut)" fill="none" />
            <text x={x} y={y + 34} text-anchor="middle" font-size="11" class="muted">
              ≈
            </text>
            <title>{`${size(start - from)} that no step touches`}</title>
          </g>
        );
      })}
      {isPart && (
        <g>
          <rect x={left} y={y + 14} width={right - left} height={5} fill="var(--soft)" />
          <rect
            x={whole(view[0])}
            y={y + 14}
            width={Math.max(4, whole(view[1]) - whole(view[0]))}
            height={5}
            fill="var(--mut)"
          />
        </g>
      )}
    </g>
  );
}

type Presence = 'absent' | 'part' | 'present' | 'online';

/** Sections with one state, next to each other where they are too narrow. */
interface Tile {
  readonly first: number;
  last: number;
  readonly presence: Presence;
  readonly isGiven: boolean;
}

const HEIGHT = 44;
/** Left and right of the words of a section, and the width up to which its number says enough, pixels. */
const PADDING = 12;
const NAME_ONLY = 84;
/** A section is drawn by itself from this width on, pixels. */
const OWN_TILE = 12;
const WORDS: Readonly<Record<Presence, string>> = {
  absent: 'absent',
  part: 'part present',
  present: 'present',
  online: 'online',
};

const DEEDS: readonly [RegExp, string][] = [
  [/^(add|memremap|create|kmem$)/, '▼ added'],
  [/^(remove|offline-and|memunmap|destroy|kmem-release)/, '▲ removed'],
  [/^use$/, '● used'],
];
const deedOf = (op: string): string => DEEDS.find(([pattern]) => pattern.test(op))?.[1] ?? `● ${op}`;

interface SectionsProps {
  session: Session;
  position: Position;
  scale: Scale;
  y: number;
  isNarrow: boolean;
  onSection?: ((section: number) => void) | undefined;
  isPlay: boolean;
}

export function Sections({ session, position, scale, y, isNarrow, onSection, isPlay }: SectionsProps) {
  const run = session.first;
  const { vmemmap, sectionBytes, sectionSize } = run;
  const { active } = session.stateAt(0, position);
  const step = session.stepOf(0, position.step);
  const settled = session.isAtEnd(position) ? step : (session.stepOf(0, position.step - 1) ?? run.boot);
  const online = settled?.online ?? [];
  const memmap = (section: number): Stretch => [
    vmemmap + section * sectionBytes,
    vmemmap + (section + 1) * sectionBytes,
  ];
  const presenceOf = (section: number): Presence => {
    const own = memmap(section);
    const mine = active.filter((stretch) => overlaps(stretch, own));
    if (mine.length === 0) return 'absent';
    if (online.some((stretch) => overlaps(stretch, own))) return 'online';
    return mine.some(([start, end]) => start <= own[0] && end >= own[1]) ? 'present' : 'part';
  };
  const width = sectionBytes * scale.perByte;
  const tiles: Tile[] = [];
  for (const [start, end] of scale.parts()) {
    const [first, last] = sectionsOf(run, [start, end]);
    for (let section = first; section <= last; section++) {
      const presence = presenceOf(section);
      const isGiven = step?.given != null && overlaps(step.given, memmap(section));
      const tile = tiles[tiles.length - 1];
      if (width < OWN_TILE && tile?.last === section - 1 && tile.presence === presence && tile.isGiven === isGiven)
        tile.last = section;
      else if (tile?.last !== section) tiles.push({ first: section, last: section, presence, isGiven });
    }
  }
  const gap = isNarrow ? 14 : 18;
  return (
    <g>
      {!isNarrow && (
        <g class="no-pick">
          <text x={10} y={y + 20}>
            sections
          </text>
          <text x={10} y={y + 35} class="muted" font-size="11">
            {size(sectionSize)} each
          </text>
        </g>
      )}
      {tiles.map((tile) => {
        const from = scale.x(memmap(tile.first)[0]);
        const to = scale.x(memmap(tile.last)[1]);
        return to - from < 2 ? null : (
          <SectionTile
            key={tile.first}
            tile={tile}
            from={from}
            to={to}
            y={y}
            sectionSize={sectionSize}
            op={step?.op ?? ''}
            onSection={onSection}
            isPlay={isPlay}
          />
        );
      })}
      {tiles.map(({ first }) => {
        const x = scale.x(memmap(first)[0]);
        return x <= scale.left || x >= scale.right ? null : (
          <path key={first} d={`M${x} ${y + HEIGHT}v${gap}`} stroke="var(--mut)" stroke-dasharray="2 3" />
        );
      })}
      {!isNarrow && width > 270 && (
        <text class="no-pick muted" x={scale.left + 6} y={y + HEIGHT + 13} font-size="11">
          struct pages of each section lie below it
        </text>
      )}
    </g>
  );
}

interface TileProps {
  tile: Tile;
  from: number;
  to: number;
  y: number;
  sectionSize: number;
  op: string;
  onSection?: ((section: number) => void) | undefined;
  isPlay: boolean;
}

function SectionTile({ tile, from, to, y, sectionSize, op, onSection, isPlay }: TileProps) {
  const { first, last, presence, isGiven } = tile;
  const width = to - from;
  const isThere = presence !== 'absent';
  const name = first === last ? `${first}` : `${first}–${last}`;
  const word = WORDS[presence];
  const click = onSection === undefined ? undefined : () => onSection(first);
  const [middle, anchor] = width > NAME_ONLY ? [from + 8, 'start' as const] : [(from + to) / 2, 'middle' as const];
  const named = `section${first === last ? '' : 's'} ${name}`;
  const isNamed = width > NAME_ONLY;
  const title = fitting(width - PADDING, `${named}, ${word}`, ...(isNamed ? [named] : []), name);
  const deeds = isThere ? [`${word}, unplug`, 'unplug', '−'] : ['+ plug', '+'];
  const facts = width > 150 ? [hex(first * sectionSize)] : [word];
  const sub = fitting(width - PADDING, ...(isPlay && click !== undefined ? deeds : facts));
  /** What one sees stands first in what is read out. */
  const seen = `${title} ${sub}`.trim() || name;
  const action =
    click === undefined
      ? {}
      : {
          role: 'button' as const,
          tabindex: 0,
          'aria-label': `${seen}, ${word}: ${isThere ? 'unplug' : 'plug'}`,
          onClick: click,
          onKeyDown: (event: KeyboardEvent) => {
            if (event.key !== 'Enter' && event.key !== ' ') return;
            event.preventDefault();
            event.stopPropagation();
            click();
          },
        };
  return (
    <g
      class={click === undefined ? 'section' : 'section can-click'}
      data-section={first}
      data-presence={presence}
      {...action}
    >
      <rect
        x={from + 1}
        y={y}
        width={Math.max(1, width - 2)}
        height={HEIGHT}
        rx={3}
        fill={presence === 'online' ? 'var(--onl)' : isThere ? 'var(--act)' : 'var(--pane)'}
        stroke={isThere ? 'var(--alloc)' : 'var(--line)'}
        {...(isThere ? {} : { 'stroke-dasharray': '4 3' })}
      />
      <g class="no-pick">
        <text x={middle} y={y + 17} text-anchor={anchor} font-weight="600" font-size={isNamed ? 12 : 11.5}>
          {title}
        </text>
        <text x={middle} y={y + 34} text-anchor={anchor} font-size="11.5" class={sub.startsWith('0x') ? 'm' : ''}>
          {sub}
        </text>
      </g>
      {isGiven && width > 270 && (
        <text class="no-pick" x={to - 10} y={y + 34} text-anchor="end" font-size="11.5" font-weight="600">
          {deedOf(op)}
        </text>
      )}
      {isGiven && width <= 270 && (
        <path class="no-pick" d={`M${from + 2} ${y + 41}H${to - 2}`} stroke="var(--ink)" stroke-width={4} />
      )}
      <title>{`section ${name}, ${word}, ${hex(first * sectionSize)}`}</title>
    </g>
  );
}
