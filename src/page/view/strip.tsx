// SPDX-License-Identifier: GPL-2.0-only

import { useMemo, useRef } from 'preact/hooks';
import type { LeafRun, RunReport, StepReport, Stretch } from '../document.js';
import { address, backing, endOf, grouped, hex, isLeak, leavesAt, overlaps, range, size, stateAt } from './format.js';
import { segmentsOf } from './segments.js';

/** The address space: sections above the leaves that map them. */

/** A leaf or a hole that is looked at, by where it starts. */
export interface Chosen {
  readonly start: number;
}

/** Marks inside a run of leaves, up to so many. */
const MARKED_LEAVES = 64;

/** What the scrubber's place shows as chosen: what the reader chose if it is there, else what is blamed, else the first. */
export function chosenAt(run: RunReport, position: number, chosen: Chosen | undefined): Chosen | undefined {
  const leaves = leavesAt(run, position);
  const { holes } = stateAt(run, position);
  const things: Stretch[] = [...holes, ...leaves.map((leaf): Stretch => [leaf.start, endOf(leaf)])];
  const at = (start: number): Stretch | undefined => things.find(([from, to]) => start >= from && start < to);
  const places = run.findings.flatMap(({ step, place }) => (step + 1 === position && place !== null ? [place[0]] : []));
  const candidates = [...(chosen === undefined ? [] : [chosen.start]), ...places];
  for (const start of candidates) {
    const thing = at(start);
    if (thing !== undefined) return { start: thing[0] };
  }
  const [first] = leaves;
  return first && { start: first.start };
}

interface StripProps {
  run: RunReport;
  position: number;
  chosen: Chosen | undefined;
  onChoose: (chosen: Chosen) => void;
}

export function Strip({ run, position, chosen, onChoose }: StripProps) {
  const segments = useMemo(() => segmentsOf(run), [run]);
  const state = stateAt(run, position);
  const leaves = leavesAt(run, position);
  const box = useRef<HTMLDivElement>(null);

  /** Arrow keys go from leaf to leaf. */
  const press = (event: KeyboardEvent): void => {
    const leap = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (leap === undefined || box.current === null) return;
    const buttons = [...box.current.querySelectorAll<HTMLButtonElement>('button')];
    const now = buttons.findIndex((button) => button === event.target);
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, now + leap))];
    event.preventDefault();
    next?.focus();
    next?.click();
  };

  const blamed = run.findings.flatMap(({ step, place }) => (step + 1 === position && place !== null ? [place] : []));
  return (
    <div role="group" class="strip" aria-label="Address space">
      <div ref={box} role="toolbar" aria-label="Leaves, by address" onKeyDown={press}>
        {segments.map((segment) => (
          <Segment
            key={segment[0]}
            segment={segment}
            run={run}
            state={state}
            leaves={leaves}
            blamed={blamed}
            chosen={chosen}
            onChoose={onChoose}
          />
        ))}
      </div>
      {segments.length === 0 && <p class="note">No memmap is made in any step.</p>}
    </div>
  );
}

interface SegmentProps {
  segment: Stretch;
  run: RunReport;
  state: StepReport;
  leaves: readonly LeafRun[];
  blamed: readonly Stretch[];
  chosen: Chosen | undefined;
  onChoose: (chosen: Chosen) => void;
}

/** Where a stretch stands in a segment, in percent. */
function place([start, end]: Stretch, [from, to]: Stretch): { left: string; width: string } {
  const percent = (value: number): string => `${Number((value * 100).toFixed(4))}%`;
  const first = Math.max(start, from);
  return { left: percent((first - from) / (to - from)), width: percent((Math.min(end, to) - first) / (to - from)) };
}

function Segment({ segment, run, state, leaves, blamed, chosen, onChoose }: SegmentProps) {
  const { vmemmap, sectionBytes, sectionSize } = run;
  const first = Math.floor((segment[0] - vmemmap) / sectionBytes);
  const last = Math.ceil((segment[1] - vmemmap) / sectionBytes);
  const sections = Array.from({ length: last - first }, (_, i) => first + i);
  const inside = leaves.filter((leaf) => overlaps([leaf.start, endOf(leaf)], segment));
  const holes = state.holes.filter((hole) => overlaps(hole, segment));
  return (
    <figure class="segment">
      <figcaption>
        <span>{address(run, segment[0])}</span>
        <span class="segment-size">{size(segment[1] - segment[0])} of vmemmap</span>
        <span>{address(run, segment[1])}</span>
      </figcaption>
      <div class="row sections" aria-hidden="true">
        {sections.map((section) => {
          const start = vmemmap + section * sectionBytes;
          const stretch: Stretch = [start, start + sectionBytes];
          return (
            <span key={section} class="section" style={place(stretch, segment)}>
              <SectionName
                section={section}
                start={section * sectionSize}
                share={sectionBytes / (segment[1] - segment[0])}
              />
            </span>
          );
        })}
        {state.active
          .filter((active) => overlaps(active, segment))
          .map((active) => (
            <span key={active[0]} class="active" style={place(active, segment)} />
          ))}
        {state.given !== null && overlaps(state.given, segment) && (
          <span class="given" style={place(state.given, segment)} />
        )}
      </div>
      <div class="row leaves">
        {inside.map((leaf) => (
          <LeafButton
            key={`${leaf.start} ${leaf.level}`}
            leaf={leaf}
            run={run}
            state={state}
            segment={segment}
            isBlamed={blamed.some((stretch) => overlaps(stretch, [leaf.start, endOf(leaf)]))}
            isChosen={chosen?.start === leaf.start}
            onChoose={onChoose}
          />
        ))}
        {holes.map((hole) => (
          <button
            key={hole[0]}
            type="button"
            class={`hole${chosen?.start === hole[0] ? ' is-chosen' : ''}`}
            style={place(hole, segment)}
            tabIndex={chosen?.start === hole[0] ? 0 : -1}
            aria-pressed={chosen?.start === hole[0]}
            aria-label={`hole ${range(run, hole)}: memmap in use that nothing maps`}
            onClick={() => onChoose({ start: hole[0] })}
          >
            <span class="leaf-name">hole</span>
          </button>
        ))}
      </div>
    </figure>
  );
}

/** Parts of a segment from which on a section has room for its number, for the word, and for its address. */
const ROOM = { number: 1 / 32, word: 1 / 10, address: 1 / 5 } as const;

function SectionName({ section, start, share }: { section: number; start: number; share: number }) {
  if (share < ROOM.number) return null;
  return (
    <>
      {share >= ROOM.word && 'section '}
      {section} {share >= ROOM.address && <span class="muted">0x{hex(start)}</span>}
    </>
  );
}

interface LeafButtonProps {
  leaf: LeafRun;
  run: RunReport;
  state: StepReport;
  segment: Stretch;
  isBlamed: boolean;
  isChosen: boolean;
  onChoose: (chosen: Chosen) => void;
}

function LeafButton({ leaf, run, state, segment, isBlamed, isChosen, onChoose }: LeafButtonProps) {
  const { start, count, level, size: bytes, unused, freed } = leaf;
  const stretch: Stretch = [start, endOf(leaf)];
  const leak = isLeak(leaf, state);
  const isWrong = leak || freed === true || isBlamed;
  const { unusedStart } = state;
  const isDeferred = unusedStart !== null && unusedStart > start && unusedStart < stretch[1];
  const what = count === 1 ? `${level} leaf` : `${grouped(count)} ${level} leaves`;
  const faults = [leak && 'describes nothing', freed === true && 'freed', isBlamed && 'a finding is about it'].filter(
    (fault) => fault !== false,
  );
  return (
    <button
      type="button"
      class={`leaf from-${leaf.from}${isWrong ? ' is-wrong' : ''}${isChosen ? ' is-chosen' : ''}`}
      style={{ ...place(stretch, segment), '--leaves': count }}
      tabIndex={isChosen ? 0 : -1}
      aria-pressed={isChosen}
      aria-label={[`${what} ${range(run, stretch)}, ${size(bytes)} each, ${backing(leaf)}`, ...faults].join(', ')}
      data-start={address(run, start)}
      onClick={() => onChoose({ start })}
    >
      {count > 1 && count <= MARKED_LEAVES && <span class="marks" />}
      {unused.map(([from, to]) => (
        <span key={from} class="unused" style={place([start + from, start + to], stretch)} />
      ))}
      {isDeferred && <span class="deferred" style={place([unusedStart, stretch[1]], stretch)} />}
      <span class="leaf-name">{count === 1 ? level : `${grouped(count)} ${level}`}</span>
    </button>
  );
}
