// SPDX-License-Identifier: GPL-2.0-only

import { useState } from 'preact/hooks';
import type { FieldReport, FrameReport, LeafRun, RunReport, Settled, Stretch } from '../document.js';
import { backing, endOf, grouped, hex, isLeak, leavesAt, overlaps, pages, range, size, stateAt } from './format.js';
import type { Chosen } from './strip.js';
import { Words } from './words.js';

/** The leaf that is looked at: what it describes, its entry by field, its frame, why it is there. */

interface LeafDetailProps {
  run: RunReport;
  position: number;
  chosen: Chosen | undefined;
}

const WORD = 64;
const DIGITS = 16;

export function LeafDetail({ run, position, chosen }: LeafDetailProps) {
  const leaf = leavesAt(run, position).find(({ start }) => start === chosen?.start);
  const hole = stateAt(run, position).holes.find(([start]) => start === chosen?.start);
  if (leaf !== undefined) return <Leaf key={`${leaf.start} ${leaf.level}`} run={run} position={position} leaf={leaf} />;
  if (hole !== undefined) return <Hole run={run} position={position} hole={hole} />;
  return (
    <div role="group" class="detail" aria-label="Leaf">
      <p class="note">No leaf maps memmap at this step.</p>
    </div>
  );
}

function Hole({ run, position, hole }: { run: RunReport; position: number; hole: Stretch }) {
  return (
    <div role="group" class="detail" aria-label="Hole">
      <h3 class="detail-head">
        <span class="kind is-wrong">hole</span> <code>{range(run, hole)}</code>{' '}
        <span class="muted">{size(hole[1] - hole[0])}</span>
      </h3>
      <p>
        Here belong the struct pages of <Frames run={run} stretch={hole} />, which are in use.
      </p>
      <h4>Which tests settled how it was mapped</h4>
      <Decisions run={run} settled={settledOver(run, hole, 0, position)} />
    </div>
  );
}

/** The frames whose struct pages lie in a stretch. */
function Frames({ run, stretch: [start, end] }: { run: RunReport; stretch: Stretch }) {
  const { vmemmap, structPageSize, pageSize } = run;
  const first = Math.floor((start - vmemmap) / structPageSize);
  const last = Math.ceil((end - vmemmap) / structPageSize) - 1;
  return (
    <>
      frames{' '}
      <code>
        {hex(first)}–{hex(last)}
      </code>{' '}
      (memory from <code>0x{hex(first * pageSize)}</code>)
    </>
  );
}

/** The step since which a leaf is there without a break; 0 for the boot. */
function sinceStep(run: RunReport, position: number, { start, level, frame }: LeafRun): number {
  let at = position;
  const isThere = (where: number): boolean =>
    leavesAt(run, where).some(
      (leaf) =>
        leaf.level === level &&
        start >= leaf.start &&
        start < endOf(leaf) &&
        leaf.frame + ((start - leaf.start) / leaf.size) * leaf.frameStep === frame,
    );
  while (at > 0 && isThere(at - 1)) at--;
  return at;
}

/** What settled a stretch in steps [since, position], both as places of the scrubber. */
const settledOver = (run: RunReport, stretch: Stretch, since: number, position: number): Settled[] =>
  run.settled.filter(
    ([step, , start, end]) => step + 1 >= since && step + 1 <= position && overlaps([start, end], stretch),
  );

function Leaf({ run, position, leaf }: { run: RunReport; position: number; leaf: LeafRun }) {
  const [picked, pick] = useState(0);
  const at = Math.min(picked, leaf.count - 1);
  const start = leaf.start + at * leaf.size;
  const stretch: Stretch = [start, start + leaf.size];
  const state = stateAt(run, position);
  const frame = leaf.frame + at * leaf.frameStep;
  const entry = BigInt.asUintN(WORD, BigInt(`0x${leaf.entry}`) + BigInt(at) * BigInt(`0x${leaf.entryStep}`));
  const since = sinceStep(run, position, leaf);
  const leak = isLeak(leaf, state);
  return (
    <div role="group" class="detail" aria-label="Leaf">
      <h3 class="detail-head">
        <span class={`kind from-${leaf.from}`}>{leaf.level}</span> <code>{range(run, stretch)}</code>{' '}
        <span class="muted">{size(leaf.size)}</span>
      </h3>
      {leaf.count > 1 && (
        <p class="pick">
          <label>
            leaf{' '}
            <input
              type="number"
              min={1}
              max={leaf.count}
              value={at + 1}
              onInput={(event) => pick(Math.max(0, Math.min(leaf.count, event.currentTarget.valueAsNumber || 1) - 1))}
            />{' '}
            of {grouped(leaf.count)}
          </label>{' '}
          <span class="muted">
            alike in {range(run, [leaf.start, endOf(leaf)])}
            {leaf.frameStep === 0 && ', all of one frame'}
          </span>
        </p>
      )}
      <p>
        It holds the struct pages of <Frames run={run} stretch={stretch} />;{' '}
        {leak ? <b class="wrong-text">none of them is in use.</b> : <ActiveShare state={state} stretch={stretch} />} It
        maps <code>frame {hex(frame)}</code> (<code>0x{hex(frame * run.pageSize)}</code>), {backing(leaf)}
        {leaf.from === 'altmap' && <>, {pages(leaf.offset + at * leaf.frameStep)} from its base</>}.
        {leaf.freed === true && <b class="wrong-text"> This memory was given back.</b>}
      </p>
      <Bytes leaf={leaf} unusedStart={state.unusedStart} />
      <div class="detail-parts">
        <Entry run={run} leaf={leaf} entry={entry} />
        <div>
          <h4>Why a {leaf.level} leaf</h4>
          <Decisions run={run} settled={settledOver(run, stretch, since, position)} />
          <h4>
            Frame {hex(leaf.frame)}
            {leaf.count > 1 && ', the first'}
          </h4>
          <History run={run} events={(run.frames[hex(leaf.frame)] ?? []).filter(({ step }) => step < position)} />
        </div>
      </div>
    </div>
  );
}

/** How much of what a leaf describes is active. */
function ActiveShare({ state, stretch }: { state: { active: Stretch[] }; stretch: Stretch }) {
  const [start, end] = stretch;
  const bytes = state.active.reduce(
    (sum, [from, to]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)),
    0,
  );
  const share = bytes / (end - start);
  return <>{share === 1 ? 'all of them are in use.' : `${Math.round(share * 1000) / 10} % of it is in use.`}</>;
}

/** Which bytes of a leaf describe memory, from its own bytes. */
function Bytes({ leaf, unusedStart }: { leaf: LeafRun; unusedStart: number | null }) {
  const { start, size: bytes, unused, count } = leaf;
  const deferred =
    unusedStart !== null && unusedStart > start && unusedStart < start + bytes ? unusedStart - start : null;
  if (count > 1 || (unused.length === 0 && deferred === null)) return null;
  const share = (value: number): string => `${(100 * value) / bytes}%`;
  const total = unused.reduce((sum, [from, to]) => sum + to - from, 0);
  return (
    <div class="bytes">
      <div class={`bytes-bar from-${leaf.from}`} aria-hidden="true">
        {unused.map(([from, to]) => (
          <span key={from} class="unused" style={{ left: share(from), width: share(to - from) }} />
        ))}
        {deferred !== null && (
          <span class="deferred" style={{ left: share(deferred), width: share(bytes - deferred) }} />
        )}
      </div>
      <p class="muted">
        {unused.length > 0 && (
          <>
            {size(total)} of {size(bytes)} hold 0xFD (PAGE_UNUSED, in x86_64 kernels before 5.13 PAGE_INUSE): bytes{' '}
            {unused.map(([from, to]) => `${grouped(from)}–${grouped(to - 1)}`).join(', ')}.{' '}
          </>
        )}
        {deferred !== null && <>From byte {grouped(deferred)} on it is unused, and that is not yet written.</>}
      </p>
    </div>
  );
}

/** The value of a field in an entry. */
const fieldValue = (entry: bigint, mask: bigint): bigint => (entry & mask) / (mask & -mask);

/** "bit 7", "bits 2–4". */
function bitsOf(mask: bigint): string {
  const digits = mask.toString(2);
  const high = digits.length - 1;
  const low = high - digits.lastIndexOf('1');
  return low === high ? String(low) : `${high}–${low}`;
}

function Entry({ run, leaf, entry }: { run: RunReport; leaf: LeafRun; entry: bigint }) {
  const fields = run.fields.filter(({ levels }) => levels === undefined || levels.includes(leaf.level));
  const flags = BigInt(leaf.flags);
  const named = fields.reduce((mask, field) => mask | BigInt(`0x${field.mask}`), 0n);
  const others = flags & ~named;
  return (
    <div class="entry">
      <h4>Entry</h4>
      <p>
        <code class="entry-word">0x{entry.toString(16).padStart(DIGITS, '0')}</code>{' '}
        <span class="muted">
          without its frame <code data-flags={leaf.level}>{leaf.flags}</code>
        </span>
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">bit</th>
            <th scope="col">field</th>
            <th scope="col">value</th>
            <th scope="col">says</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <Field key={field.name} field={field} flags={flags} />
          ))}
          {others !== 0n && (
            <tr>
              <td class="number" />
              <td>other bits</td>
              <td class="number">0x{others.toString(16)}</td>
              <td class="muted">no name is known</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

function Field({ field, flags }: { field: FieldReport; flags: bigint }) {
  const mask = BigInt(`0x${field.mask}`);
  const value = fieldValue(flags, mask);
  return (
    <tr class={value === 0n ? 'is-clear' : ''} data-field={field.name}>
      <td class="number">{bitsOf(mask)}</td>
      <td>
        <code>{field.name}</code>
      </td>
      <td class="number">{value.toString()}</td>
      <td>
        {value === 0n ? <span class="muted">{(mask & (mask - 1n)) === 0n ? 'clear' : field.says}</span> : field.says}
      </td>
    </tr>
  );
}

/** Neighbouring pages that the same test settled in one step are one. */
const unrepeated = (settled: readonly Settled[]): Settled[] =>
  settled.filter(([step, decision], i) => {
    const before = settled[i - 1];
    return before?.[0] !== step || before[1] !== decision;
  });

function Decisions({ run, settled }: { run: RunReport; settled: readonly Settled[] }) {
  if (settled.length === 0) return <p class="muted">It was there since boot; nothing has asked since.</p>;
  return (
    <ol class="events">
      {unrepeated(settled).map(([step, decision], i) => {
        const { by, because, so } = run.decisions[decision]!;
        return (
          <li key={i}>
            <span class="event-step">step {step + 1}</span> <code>{by}()</code>: <Words text={because} /> →{' '}
            <Words text={so} />
          </li>
        );
      })}
    </ol>
  );
}

function History({ run, events }: { run: RunReport; events: readonly FrameReport[] }) {
  if (events.length === 0) return <p class="muted">Nobody took it or gave it back: it is the boot’s.</p>;
  return (
    <ol class="events">
      {events.map(({ step, what, nrPages, stack, times = 1 }, i) => (
        <li key={i}>
          <span class="event-step">step {step + 1}</span> {what}
          {nrPages > 1 && <> with {pages(nrPages)}</>}
          {times > 1 && <> {times} times</>}
          <Stack names={run.stacks[stack] ?? []} />
        </li>
      ))}
    </ol>
  );
}

/** Kernel functions, outermost first. */
export function Stack({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <span class="stack">
      {names.map((name, i) => (
        <span key={i}>
          {i > 0 && <span class="muted"> › </span>}
          <code>{name}</code>
        </span>
      ))}
    </span>
  );
}
