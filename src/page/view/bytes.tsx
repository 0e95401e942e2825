// SPDX-License-Identifier: GPL-2.0-only

import { stackOf, type Moment, type Stretch } from '../../events/event.js';
import { endOf, type MachineState, type Mapped } from '../../events/replay.js';
import { address, hex, pfnsOf, sectionText, size } from '../../events/words.js';
import type { FieldReport, RunReport } from '../document.js';
import { Copy, MomentLink } from './links.js';
import { OWNERS } from './picture.js';
import { overlaps, type Position, type Session } from './session.js';

/** What some bytes hold on each kernel, who wrote them and when, and the leaf that maps them. */

/** The kernel function that ran innermost at a moment; empty where none is known. */
export function innermostOf({ recording }: RunReport, [step, event]: Moment): string {
  const seen = recording.steps[step]?.[event];
  return seen === undefined ? '' : (stackOf(recording, seen).at(-1) ?? '');
}

interface BytesProps {
  session: Session;
  position: Position;
  /** Addresses of the first lane. */
  bytes: Stretch;
  onGo: (position: Position) => void;
}

/** Pieces that are told one by one. */
const SHOWN = 6;

export function Bytes({ session, position, bytes, onGo }: BytesProps) {
  const { first } = session;
  const [start, end] = bytes;
  const [pfn, lastPfn] = pfnsOf(first, bytes);
  const state = session.stateAt(0, position);
  const isPresent = state.active.some((stretch) => overlaps(stretch, bytes));
  const leaf = leafOf(state, start + session.lanes[0]!.shift);
  return (
    <section class="panel" aria-label="these bytes">
      <h3>
        These bytes{' '}
        <code>
          {address(first, start)}–{address(first, end)}
        </code>{' '}
        <Copy text={`0x${address(first, start)}`} />
      </h3>
      <table>
        <tbody>
          <tr>
            <th scope="row">length</th>
            <td>
              {size(end - start)} <code>{hex(end - start)}</code>
              {leaf !== undefined && (
                <>
                  , offset <code>{hex((start - leaf.run.start) % leaf.run.size)}</code> in the leaf
                </>
              )}
            </td>
          </tr>
          <tr>
            <th scope="row">struct pages of</th>
            <td>
              pfn <code>{pfn === lastPfn ? hex(pfn) : `${hex(pfn)}–${hex(lastPfn)}`}</code>, {sectionText(first, bytes)}{' '}
              ({isPresent ? 'present' : 'absent'})
            </td>
          </tr>
          {session.lanes.map((_, lane) => (
            <tr key={lane}>
              <th scope="row">{session.lanes[lane]!.run.kernel}</th>
              <td>
                <Held session={session} lane={lane} position={position} bytes={bytes} onGo={onGo} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const leafOf = ({ mapped }: MachineState, at: number): Mapped | undefined =>
  mapped.find(({ run }) => at >= run.start && at < endOf(run));

function Held({ session, lane, position, bytes, onGo }: BytesProps & { lane: number }) {
  const { timeline, run, shift } = session.lanes[lane]!;
  const state = session.stateAt(lane, position);
  const [start, end] = [bytes[0] + shift, bytes[1] + shift];
  const pieces = timeline.pieces(state, start, end);
  if (pieces.length === 0)
    return <NotMapped session={session} lane={lane} position={position} at={start} onGo={onGo} />;
  const leaves = [...new Set(pieces.map(({ mapped }) => mapped))];
  return (
    <>
      {pieces.slice(0, SHOWN).map((piece) => {
        const { holds, by, mapped } = piece;
        const event = by === null ? undefined : run.recording.steps[by[0]]![by[1]]!;
        const isMark = event?.what === 'memset' && event.end - event.start === run.structPageSize;
        const what =
          holds === 'unused'
            ? 'PAGE_UNUSED 0xFD'
            : holds === 'never'
              ? 'never written'
              : isMark
                ? 'one struct page'
                : 'struct pages';
        return (
          <div key={piece.start}>
            {pieces.length > 1 && (
              <>
                <code>+{hex(piece.start - start)}</code> {size(piece.end - piece.start)}{' '}
              </>
            )}
            <b>{what}</b>{' '}
            {holds === 'never' ? (
              mapped.by === null ? (
                'since boot'
              ) : (
                <>
                  since{' '}
                  <MomentLink
                    session={session}
                    lane={lane}
                    at={mapped.by}
                    onGo={onGo}
                  >{`step ${mapped.by[0] + 1}`}</MomentLink>{' '}
                  made the leaf
                </>
              )
            ) : by === null ? (
              'since boot'
            ) : (
              <>
                by <MomentLink session={session} lane={lane} at={by} onGo={onGo} />{' '}
                <code>{innermostOf(run, by)}()</code>
              </>
            )}
          </div>
        );
      })}
      {pieces.length > SHOWN && <div class="muted">and {pieces.length - SHOWN} parts more</div>}
      {leaves.slice(0, 2).map((mapped) => (
        <LeafText key={mapped.run.start} run={run} mapped={mapped} at={Math.max(start, mapped.run.start)} />
      ))}
    </>
  );
}

/** Since when bytes are not mapped. */
function NotMapped({
  session,
  lane,
  position,
  at,
  onGo,
}: {
  session: Session;
  lane: number;
  position: Position;
  at: number;
  onGo: (position: Position) => void;
}) {
  const { run } = session.lanes[lane]!;
  const [step, event] = session.momentAt(lane, position);
  for (let s = step; s >= 0; s--) {
    const events = run.recording.steps[s] ?? [];
    for (let i = Math.min(events.length - 1, s === step ? event : Infinity); i >= 0; i--) {
      const seen = events[i]!;
      if (seen.what !== 'clear' || at < seen.start || at >= seen.end) continue;
      return (
        <>
          <b>not mapped</b> since <MomentLink session={session} lane={lane} at={[s, i]} onGo={onGo} /> cleared the{' '}
          {seen.level} entry, <code>{innermostOf(run, [s, i])}()</code>
        </>
      );
    }
  }
  return <b>not mapped</b>;
}

function LeafText({ run, mapped, at }: { run: RunReport; mapped: Mapped; at: number }) {
  const leaf = mapped.run;
  const index = Math.floor((at - leaf.start) / leaf.size);
  const entry = BigInt.asUintN(64, BigInt(`0x${leaf.entry}`) + BigInt(index) * BigInt(`0x${leaf.entryStep}`));
  const owner = leaf.from === 'altmap' ? `altmap ${leaf.altmap}` : OWNERS[leaf.from];
  return (
    <details class="leaf">
      <summary>
        {leaf.count > 1 ? `one of ${leaf.count} ${leaf.level} leaves` : `${leaf.level} leaf`}{' '}
        <code>{address(run, leaf.start + index * leaf.size)}</code>, entry <code class="entry-word">{hex(entry)}</code>,
        frame <code>{hex(Math.floor(leaf.frame + index * leaf.frameStep))}</code>, {owner}
      </summary>
      <EntryFields run={run} level={leaf.level} flags={BigInt(leaf.flags)} />
    </details>
  );
}

/** "7", "2–4". */
function bitsOf(mask: bigint): string {
  const digits = mask.toString(2);
  const high = digits.length - 1;
  const low = high - digits.lastIndexOf('1');
  return low === high ? String(low) : `${high}–${low}`;
}

/** The fields of an entry that are set; of the rest their number. */
function EntryFields({ run, level, flags }: { run: RunReport; level: string; flags: bigint }) {
  const fields = run.fields.filter(({ levels }) => levels === undefined || levels.includes(level));
  const maskOf = ({ mask }: FieldReport): bigint => BigInt(`0x${mask}`);
  const set = fields.filter((field) => (flags & maskOf(field)) !== 0n);
  const named = fields.reduce((mask, field) => mask | maskOf(field), 0n);
  const others = flags & ~named;
  return (
    <table class="entry">
      <caption>
        without its frame <code>{hex(flags)}</code>; {fields.length - set.length} other fields are clear
      </caption>
      <tbody>
        {set.map((field) => {
          const mask = maskOf(field);
          return (
            <tr key={field.name} data-mask={field.mask}>
              <td>{bitsOf(mask)}</td>
              <td>
                <code>{field.name}</code>
              </td>
              <td class="value">{((flags & mask) / (mask & -mask)).toString()}</td>
              <td>{field.says}</td>
            </tr>
          );
        })}
        {others !== 0n && (
          <tr>
            <td />
            <td>other bits</td>
            <td>{hex(others)}</td>
            <td>no name is known</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
