// SPDX-License-Identifier: GPL-2.0-only

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { Stretch } from '../../events/event.js';
import type { Axis, View } from './axis.js';
import { CounterPicture } from './counter-picture.js';
import { Legend, type Mark } from './legend.js';
import { Panels } from './panels.js';
import { PhysicalPicture } from './physical-picture.js';
import { Picture, type Chosen } from './picture.js';
import type { Position, Session } from './session.js';
import { Keys, Steps } from './steps.js';
import { Transport } from './transport.js';
import { Verdict } from './verdict.js';

/** A session on the page: the stepper and the steps beside the verdict, the picture and what answers to it. */

interface ViewerProps {
  session: Session;
  position: Position;
  axis: Axis;
  view: View;
  selected: Chosen;
  onGo: (position: Position) => void;
  onSelect: (stretch: Chosen) => void;
  onNext: () => void;
  onSection?: ((section: number) => void) | undefined;
  onDelete?: ((step: number) => void) | undefined;
  isPlay: boolean;
  /** The page has the emulator, and with it the catalogue. */
  canPlay: boolean;
  /** Stands above the verdict. */
  controls?: ComponentChildren;
  /** Stands in the verdict's place. */
  instead?: ComponentChildren;
  /** Stands behind the verdict on a kernel while another is running. */
  running?: ComponentChildren;
  /** What is shown is from before something went wrong. */
  isStale?: boolean;
  /** An answer is to come that changes what is shown. */
  isBehind: boolean;
}

/** What a reader should know of a run: its first clause, and the rest when he asks for it. */
function Remark({ kernel, text }: { kernel: string; text: string }) {
  const [first = '', ...rest] = text.split('; ');
  const lead = (
    <>
      <b>{kernel}</b>: {first}
    </>
  );
  if (rest.length === 0) return <p class="remark">{lead}</p>;
  return (
    <details class="remark">
      <summary>{lead}</summary>
      {rest.join('; ')}
    </details>
  );
}

export function Viewer(props: ViewerProps) {
  const {
    session,
    position,
    axis,
    view,
    selected,
    onGo,
    onSelect,
    onNext,
    onSection,
    onDelete,
    isPlay,
    canPlay,
    controls,
    instead,
    running,
    isStale,
    isBehind,
  } = props;
  const [hovered, setHovered] = useState<Chosen>(null);
  // Before it is drawn: what was pointed at is told of no more.
  useLayoutEffect(() => setHovered(null), [position]);
  const [marks, setMarks] = useState<readonly Mark[]>([]);
  const fault = session.focus(position);
  const blamed = useMemo((): Chosen => {
    const stretch = fault?.finding.blamed[0];
    const shift = fault === undefined ? 0 : session.lanes[fault.lane]!.shift;
    return stretch === undefined ? null : [stretch[0] - shift, stretch[1] - shift];
  }, [fault, session]);
  const bytes: Stretch | null = hovered ?? selected ?? blamed;
  const isHere = fault?.position.step === position.step;
  const inBooks = isHere && fault.finding.books !== null && fault.finding.books !== 'lines';
  return (
    <div class="viewer">
      <aside class="rail" aria-label="steps and events">
        <Transport session={session} position={position} onGo={onGo} />
        <Steps session={session} position={position} onGo={onGo} onDelete={onDelete} />
        <Keys isPlay={isPlay} canPlay={canPlay} />
      </aside>
      <main class={isStale === true ? 'stage is-stale' : 'stage'} aria-busy={isBehind}>
        {controls}
        {instead ?? <Verdict session={session} position={position} onGo={onGo} onNext={onNext} />}
        {running}
        {session.lanes.flatMap(({ run }) =>
          run.remarks.map((remark) => <Remark key={`${run.kernel} ${remark}`} kernel={run.kernel} text={remark} />),
        )}
        {inBooks && <PhysicalPicture session={session} position={position} fault={fault} />}
        {isHere && fault.finding.counter !== null && (
          <CounterPicture session={session} fault={fault} counter={fault.finding.counter} />
        )}
        <Picture
          session={session}
          position={position}
          axis={axis}
          view={view}
          selected={selected}
          hovered={hovered}
          onHover={setHovered}
          onSelect={onSelect}
          onSection={onSection}
          onMarks={setMarks}
          isPlay={isPlay}
        />
        <Legend marks={marks} />
        {session.steps > 0 && (
          <Panels session={session} position={position} bytes={bytes} onGo={onGo} onSelect={onSelect} />
        )}
      </main>
    </div>
  );
}
