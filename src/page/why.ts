// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../check/checked-run.js';
import { innermost } from '../check/kernel-stack.js';
import { common, outside } from '../check/snapshot.js';
import { PAGE_UNUSED } from '../mm/unused-sub-pmd.js';
import type { AddressRange, AddressText } from '../kernel/vmemmap-view.js';
import { sizeText } from '../report/text.js';
import type { LeafRun } from './document.js';
import { concerns, type Subject, type Testimony, type Touch } from './witness.js';

/** Why a finding came about, in sentences made of what the kernel was seen doing. Nothing is guessed: no event, no sentence. */

export interface Cause {
  /** The kernel function that did it. */
  readonly function: string | undefined;
  /** Functions that were running then, outermost first. */
  readonly stack: readonly string[];
  readonly why: readonly string[];
}

/** What a cause is told from. */
export interface Evidence {
  readonly finding: Finding;
  readonly subject: Subject;
  readonly testimony: Testimony;
  /** Memmap that the step was given. */
  readonly given: AddressRange | null;
  /** The leaf at the finding's place after the step, if there is one. */
  readonly leaf: LeafRun | undefined;
  /** Why the kernel stopped, if it did. */
  readonly stopped: string | undefined;
  readonly text: AddressText;
  readonly pageSize: number;
}

const functionOf = ({ stack }: Touch): string | undefined => innermost(stack);
const called = (touch: Touch): string => {
  const name = functionOf(touch);
  return name === undefined ? 'the kernel' : `${name}()`;
};
const inStep = ({ step }: { step: number }): string => `step ${step + 1}`;
const hex = (value: number): string => value.toString(16);
const byteText = (byte: number): string =>
  byte === PAGE_UNUSED ? `0x${hex(byte)} (PAGE_UNUSED)` : `0x${hex(byte).padStart(2, '0')}`;

const causeOf = (touch: Touch, ...why: string[]): Cause => ({ function: functionOf(touch), stack: touch.stack, why });

/** Byte ranges of a leaf that are not marked unused. */
function usedBytes({ size, unused }: LeafRun): AddressRange[] {
  const used: AddressRange[] = [];
  let at = 0;
  for (const [from, to] of [...unused, [size, size] as const]) {
    if (from > at) used.push({ start: at, end: from });
    at = to;
  }
  return used;
}

/** Bytes of the vmemmap, and who wrote them last: nobody, if undefined. */
type Written = readonly [range: AddressRange, writer: Touch | undefined];

/** Touches since a leaf was made: what was written before, was written to other memory. */
function touchesOf({ testimony, finding }: Evidence, leaf: LeafRun): Touch[] {
  const touches = testimony.touches.filter(({ step }) => step <= finding.step);
  const made = touches.findLastIndex(
    (touch) => touch.what === 'set' && touch.start === leaf.start && width(touch) === leaf.size,
  );
  return touches.slice(made + 1);
}

/** Who wrote some bytes of a leaf last, part by part in ascending order. */
function writersOf(evidence: Evidence, leaf: LeafRun, range: AddressRange): Written[] {
  let left = [range];
  const parts: Written[] = [];
  for (const touch of touchesOf(evidence, leaf).toReversed()) {
    if (!(touch.what === 'memset' || touch.what === 'initialise')) continue;
    for (const part of common(left, [touch])) parts.push([part, touch]);
    left = outside(left, touch);
  }
  for (const part of left) parts.push([part, undefined]);
  return parts.sort(([a], [b]) => a.start - b.start);
}

/** What is known of the bytes that kept a leaf from being freed. */
function bytesThatKeep(evidence: Evidence): string[] {
  const { leaf } = evidence;
  if (leaf?.count !== 1) return [];
  const used = usedBytes(leaf).map(({ start, end }) => ({ start: leaf.start + start, end: leaf.start + end }));
  return used
    .flatMap((range) => writersOf(evidence, leaf, range))
    .map(([{ start, end }, writer]) => {
      const bytes = `${sizeText(end - start)} of it (bytes ${start - leaf.start} to ${end - leaf.start - 1})`;
      if (writer === undefined) {
        return `${bytes} were never written: no section used them, and nobody marked them unused with ${byteText(PAGE_UNUSED)}.`;
      }
      if (writer.what === 'initialise') return `${bytes} hold struct pages, initialised in ${inStep(writer)}.`;
      return `${bytes} are as ${called(writer)} left them in ${inStep(writer)}: ${byteText(writer.byte ?? 0)}.`;
    });
}

/** A leaf that should be gone. */
function leafStays(evidence: Evidence): Cause {
  const { finding, testimony, subject } = evidence;
  const touches = testimony.touches.filter((touch) => concerns(touch, { ...subject, frames: [] }));
  const here = touches.filter(({ step }) => step === finding.step);
  const scan = here.findLast(({ what, filled }) => what === 'scan' && filled === false);
  if (scan !== undefined) {
    const looked = `${called(scan)} looks for a byte other than ${byteText(scan.byte ?? 0)} in the ${sizeText(scan.end - scan.start)} of the leaf, finds one, and so keeps the leaf.`;
    return causeOf(scan, looked, ...bytesThatKeep(evidence));
  }
  const made = touches.findLast(({ what }) => what === 'set');
  if (made?.step === finding.step)
    return causeOf(made, `${called(made)} made it in this step, and nothing took it back.`);
  const origin = made === undefined ? 'It was there since boot' : `It was made in ${inStep(made)} by ${called(made)}`;
  const free = 'vmemmap_free';
  const wasFreed = testimony.called[finding.step]?.has(free) === true;
  const untouched = wasFreed
    ? `${free}() was called and neither cleared its entry nor looked at its bytes.`
    : `no kernel function cleared its entry or looked at its bytes.`;
  return {
    function: wasFreed ? free : undefined,
    stack: wasFreed ? [free] : [],
    why: [`${origin}. In ${inStep(finding)} ${untouched}`],
  };
}

/** Frames that are out and stand behind nothing. */
function framesLost({ finding, subject, testimony }: Evidence): Cause {
  const [frame] = subject.frames;
  const taken = testimony.touches.findLast(
    ({ what, step, start, end }) =>
      what === 'alloc' && step <= finding.step && frame !== undefined && frame >= start && frame < end,
  );
  if (frame === undefined || taken === undefined) return NOTHING;
  const pages = taken.end - taken.start;
  const request = pages === 1 ? '' : `, with ${pages} pages from ${hex(taken.start)}`;
  const told = testimony.touches.filter(({ what, step }) => step === finding.step && what === 'altmap-free');
  const freed = testimony.touches.filter(
    ({ what, step, start, end }) =>
      what === 'free' && step >= taken.step && step <= finding.step && start < taken.end && end > taken.start,
  );
  const blamed = told[told.length - 1] ?? freed[freed.length - 1] ?? taken;
  return causeOf(
    blamed,
    `Frame ${hex(frame)} was allocated in ${inStep(taken)} by ${called(taken)}${request}; nobody gave it back.`,
    ...freed.map(
      (free) =>
        `Of these pages ${called(free)} gave back ${free.end - free.start} in ${inStep(free)}, from ${hex(free.start)}.`,
    ),
    ...told.map(
      (free) => `In this step ${called(free)} told altmap ${free.name ?? ''} that ${free.end} pages came back.`,
    ),
  );
}

/** A frame that went where it did not come from, or went while it was in use. */
function wrongFree({ finding, testimony, subject }: Evidence): Cause {
  const frees = testimony.touches.filter(
    (touch) => touch.what === 'free' && touch.step <= finding.step && concerns(touch, { ...subject, place: undefined }),
  );
  const free = frees[frees.length - 1];
  if (free === undefined) return NOTHING;
  const before = frees[frees.length - 2];
  const taken = testimony.touches.findLast(
    (touch) => touch.what === 'alloc' && touch.step <= free.step && concerns(touch, { ...subject, place: undefined }),
  );
  const pages = free.end - free.start;
  return causeOf(
    free,
    `${called(free)} gave ${pages === 1 ? `frame ${hex(free.start)}` : `${pages} pages from frame ${hex(free.start)}`} to the page allocator in ${inStep(free)}.`,
    ...(before === undefined ? [] : [`${called(before)} had given it back in ${inStep(before)} already.`]),
    ...(taken === undefined ? [] : [`It was taken in ${inStep(taken)} by ${called(taken)}.`]),
  );
}

/** How wide a touch is: the entry of a leaf is written before that of the table which held it. */
const width = ({ start, end }: Touch): number => end - start;

/** Memmap that should be mapped and is not, or not as it was. */
function mappingLost(evidence: Evidence, writes: ReadonlySet<Touch['what']>): Cause | undefined {
  const { finding, testimony, subject, given, text } = evidence;
  const [touch] = testimony.touches
    .filter(
      (touch) => touch.step === finding.step && writes.has(touch.what) && concerns(touch, { ...subject, frames: [] }),
    )
    .sort((a, b) => width(a) - width(b));
  if (touch === undefined) return undefined;
  const range = text.range(touch);
  const reaches = given !== null && (touch.start < given.start || touch.end > given.end);
  const beyond = reaches ? `, though the step was given only ${text.range(given)}` : '';
  return causeOf(touch, `${called(touch)} ${DEED[touch.what]?.(range, touch) ?? 'touched it'}${beyond}.`);
}

/** What a touch did, in words. */
const DEED: Readonly<Partial<Record<Touch['what'], (range: string, touch: Touch) => string>>> = {
  clear: (range) => `cleared the entry for ${range} as a whole`,
  set: (range) => `wrote an entry for ${range}`,
  memset: (range, { byte = 0 }) => `wrote ${byteText(byte)} to ${range}`,
  initialise: (range) => `initialised the struct pages at ${range}`,
};

const CLEARS: ReadonlySet<Touch['what']> = new Set(['clear']);
const WRITES: ReadonlySet<Touch['what']> = new Set(['clear', 'set', 'memset', 'initialise']);

/** Memmap of others that was changed. */
const othersChanged = (evidence: Evidence): Cause =>
  mappingLost(evidence, WRITES) ?? {
    ...NOTHING,
    why: ['Nothing was written to it by its address: the memory behind it was written as something else.'],
  };

/** Memmap of a device or block that is not where it was asked for, or an add that failed. */
const notAsAsked = (evidence: Evidence): Cause => {
  const { subject, given } = evidence;
  return neverMade({ ...evidence, subject: { ...subject, place: subject.place ?? given ?? undefined } });
};

/** No entry was made: the test that settled it. */
function neverMade({ finding, testimony, subject: { place } }: Evidence): Cause {
  const settling = testimony.settled.findLast(
    ({ step, start, end }) => step === finding.step && place !== undefined && start < place.end && end > place.start,
  );
  if (settling === undefined) return { ...NOTHING, why: ['In this step no kernel function wrote an entry for it.'] };
  const { by, decision } = settling;
  return { function: by, stack: [by], why: [`${by}(): ${decision.because}; so ${decision.so}.`] };
}

const NOTHING: Cause = { function: undefined, stack: [], why: [] };

/** The kernel's own words. */
function complained({ finding, testimony }: Evidence): Cause {
  const warning = testimony.touches.find(
    ({ what, step, name }) => what === 'warn' && step === finding.step && name === finding.text,
  );
  return warning === undefined ? NOTHING : causeOf(warning, `${called(warning)} warns.`);
}

function stoppedThere({ testimony, stopped }: Evidence): Cause {
  const stop = testimony.touches.find(({ what }) => what === 'stop');
  if (stop === undefined) return NOTHING;
  // Initialising struct pages is a step of its own, without a kernel function around it.
  const stack = stop.stack.length === 0 ? ['memmap_init_range'] : stop.stack;
  const cause = causeOf({ ...stop, stack });
  return { ...cause, why: [`In ${cause.function ?? 'the kernel'}(): ${stopped ?? 'the kernel stops'}.`] };
}

/** Books of an altmap that do not fit what is mapped. */
function booksWrong({ finding, testimony }: Evidence): Cause {
  const back = testimony.touches.filter(
    ({ what, step, name }) =>
      what === 'altmap-free' && step === finding.step && name !== undefined && finding.text.includes(name),
  );
  const last = back[back.length - 1];
  if (last === undefined) {
    return { ...NOTHING, why: ['In this step vmem_altmap_free() was not called for it.'] };
  }
  const pages = back.reduce((sum, { end }) => sum + end, 0);
  return causeOf(
    last,
    `${called(last)} told the altmap that ${pages} ${pages === 1 ? 'page' : 'pages'} came back in this step.`,
  );
}

/** How each invariant's findings are explained; others speak for themselves. */
const EXPLAINED: Readonly<Record<string, (evidence: Evidence) => Cause>> = {
  'no-crash': stoppedThere,
  'no-hole': (evidence) => mappingLost(evidence, CLEARS) ?? neverMade(evidence),
  'no-leak': (evidence) => (evidence.subject.place === undefined ? framesLost(evidence) : leafStays(evidence)),
  'right-owner': wrongFree,
  'altmap-books': booksWrong,
  'no-cross-talk': othersChanged,
  'roll-back': (evidence) => (evidence.subject.place === undefined ? NOTHING : leafStays(evidence)),
  'no-warning': complained,
  'add-succeeds': notAsAsked,
  'altmap-serves': notAsAsked,
  'large-leaves': neverMade,
};

export const causeOfFinding = (evidence: Evidence): Cause =>
  EXPLAINED[evidence.finding.invariant]?.(evidence) ?? NOTHING;
