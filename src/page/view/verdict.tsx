// SPDX-License-Identifier: GPL-2.0-only

import type { Stretch } from '../../events/event.js';
import { size } from '../../events/words.js';
import { innermostOf } from './bytes.js';
import { MomentLink, WithCommits } from './links.js';
import { samePlace, type Fault, type Position, type Session } from './session.js';

/** What went wrong, in one sentence, and which call decided it; beside it what the other kernel did with the same bytes. */

interface VerdictProps {
  session: Session;
  position: Position;
  onGo: (position: Position) => void;
  onNext: () => void;
}

/** A change as an entry has it: commit, title, release. */
const CHANGE = /^([0-9a-f]{12}) .* in (v[\d.]+)$/;

/** Which change ended a bug, in few letters. */
function fixText({ finding: { known } }: Fault): string {
  if (known === null) return '';
  const [, commit, release] = CHANGE.exec(known.fix) ?? [];
  if (commit !== undefined && release !== undefined) return `fix: ${commit}, ${release}`;
  return known.fix === 'open' ? 'fix: open' : `fix: ${known.fix}`;
}

export function Verdict({ session, position, onGo, onNext }: VerdictProps) {
  const fault = session.focus(position);
  const { lanes, faults } = session;
  if (fault === undefined) {
    const names = lanes.map(({ run }) => run.kernel).join(' and ');
    return (
      <div class="verdicts" role="group" aria-label="verdict">
        <section class="verdict">
          <h2>Nothing wrong on {names}</h2>
          <p>
            <span class="muted">
              {session.steps === 1 ? 'One step' : `All ${session.steps} steps`}; every invariant was asked after each.
            </span>{' '}
            <Same session={session} />
            {session.refused.map((why) => (
              <span key={why} class="muted">
                {why}
              </span>
            ))}
            {session.awaited.map((kernel) => (
              <span key={kernel} class="muted">
                {kernel} is running …
              </span>
            ))}
          </p>
        </section>
      </div>
    );
  }
  const { finding, lane } = fault;
  const isHere = samePlace(fault.position, position);
  const { step, row } = fault.position;
  const other = lanes.length > 1 ? 1 - lane : undefined;
  const [awaited] = session.awaited;
  const [refused] = session.refused;
  const isAlone = other === undefined && awaited === undefined && refused === undefined;
  const event =
    isHere || (position.step === step && position.row >= row)
      ? `event ${row + 1}`
      : `go to step ${step + 1}, event ${row + 1}`;
  return (
    <div class={isAlone ? 'verdicts' : 'verdicts are-two'} role="group" aria-label="verdict">
      <section class="verdict is-wrong">
        <h2>
          <span aria-hidden="true">✗ </span>
          {lanes[lane]!.run.kernel} step {finding.step + 1}: {finding.headline}
        </h2>
        <p>
          {finding.cause}{' '}
          {row >= 0 && (
            <button type="button" class="link" onClick={() => onGo(fault.position)}>
              {event}
            </button>
          )}{' '}
          <span class="muted">
            {finding.known === null ? (
              <span title={finding.sentence}>{finding.invariant}</span>
            ) : (
              <>
                <b title={finding.known.title}>{finding.known.id}</b> · <WithCommits text={fixText(fault)} />
              </>
            )}
            {finding.also.length > 0 && (
              <span title={finding.also.map(({ sentence }) => sentence).join(' ')}>
                {' '}
                · breaks {finding.also.length + 1} rules
              </span>
            )}
            {faults.length > 1 && (
              <>
                {' '}
                · finding {faults.indexOf(fault) + 1} of {faults.length}{' '}
                <button type="button" class="link" onClick={onNext}>
                  next
                </button>
              </>
            )}
          </span>
        </p>
      </section>
      {other !== undefined && <Other session={session} lane={other} fault={fault} onGo={onGo} />}
      {refused !== undefined && (
        <section class="verdict">
          <p class="muted">{refused}</p>
        </section>
      )}
      {awaited !== undefined && (
        <section class="verdict">
          <h2>{awaited} is running …</h2>
        </section>
      )}
    </div>
  );
}

/** Whether two kernels do the same, where nothing is wrong. */
function Same({ session }: { session: Session }) {
  if (session.lanes.length < 2) return null;
  const rows = session.rows.flat();
  const differing = rows.filter(({ differs }) => differs).length;
  const traits = session.comparison?.differing ?? 0;
  if (differing > 0)
    return (
      <span class="muted">
        They do different things in {differing} of {rows.length} events.
      </span>
    );
  return (
    <span class="muted">
      Both do the same, event by event.
      {traits > 0 && ` ${traits} ${traits === 1 ? 'trait differs' : 'traits differ'}, none matters here.`}
    </span>
  );
}

/** What the other kernel has at the same bytes. */
function Other({
  session,
  lane,
  fault,
  onGo,
}: {
  session: Session;
  lane: number;
  fault: Fault;
  onGo: (position: Position) => void;
}) {
  const { run } = session.lanes[lane]!;
  const count = session.faults.filter((other) => other.lane === lane).length;
  const shift = session.lanes[lane]!.shift - session.lanes[fault.lane]!.shift;
  const [blamed] = fault.finding.blamed;
  const ids = [
    ...new Set(
      session.faults.flatMap((other) =>
        other.lane === lane && other.finding.known !== null ? [other.finding.known.id] : [],
      ),
    ),
  ];
  return (
    <section class={count > 0 ? 'verdict is-wrong' : 'verdict'}>
      <h2>
        {count > 0 ? (
          <>
            <span aria-hidden="true">✗ </span>
            {run.kernel}: {count === 1 ? 'one finding' : `${count} findings`} {ids.join(', ')}
          </>
        ) : (
          <>
            <span aria-hidden="true">✓ </span>
            {run.kernel}: nothing wrong
          </>
        )}
      </h2>
      <p>
        {blamed === undefined ? null : (
          <SameBytes
            session={session}
            lane={lane}
            fault={fault}
            bytes={[blamed[0] + shift, blamed[1] + shift]}
            onGo={onGo}
          />
        )}
      </p>
    </section>
  );
}

function SameBytes({
  session,
  lane,
  fault,
  bytes,
  onGo,
}: {
  session: Session;
  lane: number;
  fault: Fault;
  bytes: Stretch;
  onGo: (position: Position) => void;
}) {
  const { timeline, run } = session.lanes[lane]!;
  const position = fault.position.row < 0 ? session.endOf(fault.position.step) : fault.position;
  const state = session.stateAt(lane, position);
  const pieces = timeline.pieces(state, ...bytes);
  const [piece] = pieces;
  if (piece === undefined) return <>These bytes are not mapped there.</>;
  const part = pieces.length > 1 ? `The first ${size(piece.end - piece.start)} of these bytes` : 'These bytes';
  if (piece.by === null || piece.holds === 'never') {
    const own = session.lanes[fault.lane]!;
    const shift = own.shift - session.lanes[lane]!.shift;
    const isSame = own.timeline
      .pieces(session.stateAt(fault.lane, position), piece.start + shift, piece.end + shift)
      .some(({ holds }) => holds === 'never');
    return (
      <>
        {part}: never written{isSame && ' there either'}.
      </>
    );
  }
  const what = piece.holds === 'unused' ? '0xFD' : 'struct pages';
  const by = innermostOf(run, piece.by);
  return (
    <>
      {part}: {what}, written in{' '}
      <MomentLink session={session} lane={lane} at={piece.by} onGo={onGo}>
        step {piece.by[0] + 1}
      </MomentLink>
      {by !== '' && (
        <>
          {' '}
          by <code>{by}()</code>
        </>
      )}
      .
    </>
  );
}
