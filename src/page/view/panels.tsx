// SPDX-License-Identifier: GPL-2.0-only

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Stretch } from '../../events/event.js';
import { stackOf } from '../../events/event.js';
import { endOf } from '../../events/replay.js';
import { address, hex, say, size } from '../../events/words.js';
import type { TableReport } from '../document.js';
import { Bytes } from './bytes.js';
import { Copy, MomentLink, WithCommits } from './links.js';
import { OWNERS } from './picture.js';
import type { Position, Session } from './session.js';

/** What answers to the picture: the bytes that are pointed at, how a finding came about, the event that is looked at. */

interface PanelsProps {
  session: Session;
  position: Position;
  bytes: Stretch | null;
  onGo: (position: Position) => void;
  onSelect: (stretch: Stretch) => void;
}

export function Panels({ session, position, bytes, onGo, onSelect }: PanelsProps) {
  return (
    <>
      <div class="panels">
        {bytes !== null && (
          <Bytes
            session={session}
            position={position}
            bytes={bytes}
            onGo={(to) => {
              // The bytes are followed to their writer.
              onSelect(bytes);
              onGo(to);
            }}
          />
        )}
        <Chain session={session} position={position} onGo={onGo} />
        <ThisEvent session={session} position={position} />
      </div>
      <div class="panels folded">
        <Folded summary={`Step ${position.step + 1} in numbers`}>
          {() => <Numbers session={session} step={position.step} />}
        </Folded>
        <Folded summary="Page table">{() => <PageTable session={session} position={position} bytes={bytes} />}</Folded>
        <Folded summary="The picture as a table">
          {() => <Twin session={session} position={position} onSelect={onSelect} />}
        </Folded>
      </div>
    </>
  );
}

function Chain({
  session,
  position,
  onGo,
}: {
  session: Session;
  position: Position;
  onGo: (position: Position) => void;
}) {
  const fault = session.focus(position);
  const { comparison } = session;
  if (fault === undefined) return null;
  const { finding, lane } = fault;
  const { known } = finding;
  return (
    <section class="panel" aria-label="how it came about">
      <h3>How {session.lanes[lane]!.run.kernel} came to it</h3>
      {finding.chain.length > 0 && (
        <ol>
          {finding.chain.map(({ at, text }, i) => (
            <li key={i}>
              <MomentLink session={session} lane={lane} at={at} onGo={onGo} />: {text}
            </li>
          ))}
        </ol>
      )}
      {comparison !== undefined && comparison.deciding.length > 0 && (
        <p>
          <b>
            Of {comparison.differing} {comparison.differing === 1 ? 'trait' : 'traits'} that differ,{' '}
            {comparison.deciding.length === 1 ? 'one decides' : `${comparison.deciding.length} decide, each by itself`}:
          </b>{' '}
          {comparison.deciding.map(({ name, since }, i) => (
            <span key={name}>
              {i > 0 && '; '}
              <code>{name}</code>, <WithCommits text={since.replace(/^since /, '')} />
            </span>
          ))}
          .
        </p>
      )}
      <details>
        <summary>{known === null ? 'the rule' : `${known.id} ${known.name}`}</summary>
        {known !== null && (
          <>
            <p>{known.explanation}</p>
            <p>
              Fix: <WithCommits text={known.fix} />
            </p>
          </>
        )}
        <p>
          <b>{finding.invariant}</b>: {finding.sentence}
        </p>
        {finding.also.map(({ invariant, sentence, text }) => (
          <p key={text}>
            <b>{invariant}</b>: {sentence} <span class="muted">{text}</span>
          </p>
        ))}
      </details>
    </section>
  );
}

function ThisEvent({ session, position }: { session: Session; position: Position }) {
  const own = session.lanes.flatMap(({ run }, lane) => {
    const event = session.eventAt(lane, position);
    return event === undefined ? [] : [{ run, event, said: say(run, event), stack: stackOf(run.recording, event) }];
  });
  const fault = session.focus(position);
  const command = fault?.finding.command ?? session.first.command;
  const isOne = session.lanes.length > 1 && own.length === 1;
  const same = own.every(({ stack }) => stack.join() === own[0]!.stack.join());
  return (
    <section class="panel" aria-label="this event">
      <h3>This event</h3>
      {own.length === 0 && <p class="muted">{position.row < 0 ? 'Before the first event of the step.' : 'Nothing.'}</p>}
      {own.length > 0 && (
        <p>
          {own[0]!.said.text}
          {own.length > 1 && own[0]!.said.answer !== own[1]!.said.answer
            ? own.map(({ run, said }) => (
                <span key={run.kernel}>
                  {' '}
                  <b>{run.kernel}</b> → {said.answer ?? 'done'}
                </span>
              ))
            : own[0]!.said.answer !== undefined && ` → ${own[0]!.said.answer}`}
          {isOne && (
            <>
              {' '}
              <b>only {own[0]!.run.kernel}</b>
            </>
          )}
        </p>
      )}
      {(same ? own.slice(0, 1) : own).map(({ run, stack }) => (
        <p key={run.kernel} class="stack">
          {!same && <b>{run.kernel} </b>}
          {stack.join(' › ')}
        </p>
      ))}
      {fault === undefined && session.first.proposal !== null && <p>{session.first.proposal}</p>}
      <p class="stack">
        {command} <Copy text={command} />
      </p>
    </section>
  );
}

/** A panel that is folded; what it has is worked out when it is open, since every key would do it again. */
function Folded({ summary, children }: { summary: string; children: () => ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="panel" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && children()}
    </details>
  );
}

/** What the kernel did in the step, by counters, and what it took. */
function Numbers({ session, step }: { session: Session; step: number }) {
  const steps = session.lanes.map((_, lane) => session.stepOf(lane, step));
  const names = [...new Set(steps.flatMap((report) => Object.keys(report?.counters ?? {})))];
  const most = Math.max(1, ...steps.map((report) => report?.cycles?.total ?? 0));
  const lines = steps.flatMap((report, lane) =>
    Object.entries(report?.lines ?? {}).map(([name, text]) => ({
      kernel: session.lanes[lane]!.run.kernel,
      name,
      text,
    })),
  );
  return (
    <>
      <table>
        <thead>
          <tr>
            <th scope="col">counter</th>
            {session.lanes.map(({ run }) => (
              <th key={run.kernel} scope="col">
                {run.kernel}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {steps.map((report, lane) => (
                <td key={lane}>{report?.counters[name] ?? 0}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {steps.map((report, lane) => {
        const { run } = session.lanes[lane]!;
        if (report?.cycles == null) return null;
        const causes = Object.entries(report.cycles.causes).sort(([, a], [, b]) => b - a);
        return (
          <div key={lane} class="cycles">
            <p>
              <b>{run.kernel}</b>: {report.cycles.total.toLocaleString('en')} cycles,{' '}
              {report.cycles.microseconds.toFixed(2)} µs, modelled on {run.cpu}
            </p>
            <div class="stacked" style={{ width: `${(100 * report.cycles.total) / most}%` }}>
              {causes.map(([cause, count]) => (
                <span key={cause} style={{ flexGrow: count }} title={`${cause}: ${count}`} />
              ))}
            </div>
            <p class="muted">{causes.map(([cause, count]) => `${cause} ${count.toLocaleString('en')}`).join(', ')}</p>
          </div>
        );
      })}
      {lines.map(({ kernel, name, text }) => (
        <div key={`${kernel} ${name}`}>
          <p>
            <b>{kernel}</b> {name}
          </p>
          <pre>{text.join('\n')}</pre>
        </div>
      ))}
    </>
  );
}

/** Tables that are listed below one another; more are counted. */
const SHOWN_TABLES = 12;

/** The tables above some bytes, and what is empty. */
function PageTable({ session, position, bytes }: { session: Session; position: Position; bytes: Stretch | null }) {
  return (
    <>
      {session.lanes.map(({ run, shift }, lane) => {
        const report = session.isAtEnd(position)
          ? session.stepOf(lane, position.step)
          : (session.stepOf(lane, position.step - 1) ?? run.boot);
        const tables = (report?.tables ?? []).map((at) => run.tables[at]!);
        const { mapped } = session.stateAt(lane, position);
        const isEmpty = ({ start, span, level }: TableReport): boolean =>
          !mapped.some((leaf) => leaf.run.start < start + span && endOf(leaf.run) > start) &&
          !tables.some(
            (other) => other.level !== level && other.span < span && other.start >= start && other.start < start + span,
          );
        const over =
          bytes === null
            ? tables
            : tables.filter(({ start, span }) => bytes[0] + shift < start + span && bytes[1] + shift > start);
        const empty = tables.filter(isEmpty);
        const list = [...new Set([...over, ...empty])];
        return (
          <div key={lane}>
            <p>
              <b>{run.kernel}</b>: {tables.length} tables below the root
              {tables.length > 0 && `, ${over.length} above these bytes`}
            </p>
            <ul class="tree">
              {list.slice(0, SHOWN_TABLES).map((table) => (
                <li key={`${table.level} ${table.start}`}>
                  <b>{table.level}</b> table <code>{address(run, table.start)}</code>, frame{' '}
                  <code>{hex(table.frame)}</code>, covers {size(table.span)}
                  {isEmpty(table) && <b>, empty</b>}
                </li>
              ))}
              {list.length > SHOWN_TABLES && <li class="muted">and {list.length - SHOWN_TABLES} more</li>}
            </ul>
          </div>
        );
      })}
    </>
  );
}

const HELD = { unused: 'PAGE_UNUSED 0xFD', written: 'struct pages', never: 'never written' } as const;
const SHOWN_ROWS = 200;

/** The picture as a table, for those who do not see it. */
function Twin({
  session,
  position,
  onSelect,
}: {
  session: Session;
  position: Position;
  onSelect: (stretch: Stretch) => void;
}) {
  return (
    <>
      {session.lanes.map((own, lane) => {
        const state = session.stateAt(lane, position);
        const rows = state.mapped.flatMap(({ run }) => own.timeline.pieces(state, run.start, endOf(run)));
        return (
          <table key={lane}>
            <caption>
              {own.run.arch} {own.run.kernel}
            </caption>
            <thead>
              <tr>
                <th scope="col">bytes</th>
                <th scope="col">hold</th>
                <th scope="col">leaf, frame</th>
                <th scope="col">written in</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, SHOWN_ROWS).map(({ start, end, holds, by, mapped: { run } }) => (
                <tr key={start}>
                  <td>
                    <button type="button" class="link" onClick={() => onSelect([start - own.shift, end - own.shift])}>
                      <code>{address(own.run, start)}</code>
                    </button>{' '}
                    {size(end - start)}
                  </td>
                  <td>{HELD[holds]}</td>
                  <td>
                    {run.level} {hex(Math.floor(run.frame))},{' '}
                    {run.from === 'altmap' ? `altmap ${run.altmap}` : OWNERS[run.from]}
                  </td>
                  <td>{by === null || holds === 'never' ? '–' : `step ${by[0] + 1}, event ${by[1] + 1}`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        );
      })}
    </>
  );
}
