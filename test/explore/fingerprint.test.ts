// SPDX-License-Identifier: GPL-2.0-only

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { createAlphabet, firstPlaces, isPossible, type Alphabet, type Places } from '../../src/explore/alphabet.js';
import type { Scan } from '../../src/explore/scan.js';
import { Stepper } from '../../src/explore/stepper.js';
import { KNOWN, NO_PARENT, VisitedStates } from '../../src/explore/visited.js';
import { takeSnapshot } from '../../src/check/snapshot.js';
import { freePages, type Kernel } from '../../src/kernel/kernel.js';
import { altmapsOf, captureRun, type StepResult } from '../../src/scenario/runner.js';
import { ALPHABETS, BLOCK_ALPHABETS } from './alphabets.js';

const WORLDS = [...ALPHABETS, ...BLOCK_ALPHABETS];

/** A machine somewhere in its exploration, and what the scan says of where it is. */
interface Position {
  stepper: Stepper;
  places: Places;
  fingerprint: string;
  renamed: boolean;
}

function positionOf(stepper: Stepper, places: Places): Position {
  stepper.goOn(places);
  const { hi, lo, renamed } = stepper.before;
  return { stepper, places, fingerprint: `${hi} ${lo}`, renamed };
}

function start(alphabet: Alphabet): Position {
  const stepper = new Stepper(alphabet);
  return positionOf(stepper, firstPlaces(alphabet, stepper.run.kernel));
}

/** What became of a step. */
interface Played {
  /** Undefined when the kernel stopped. */
  position: Position | undefined;
  found: string[];
}

function play({ stepper, places }: Position, choice: number): Played {
  const possible = stepper.alphabet.actions.filter((action) => isPossible(stepper.alphabet, places, action));
  const action = possible[choice % possible.length]!;
  const outcome = stepper.play({ action, failing: 0 });
  return {
    position: outcome.stopped ? undefined : positionOf(stepper, outcome.places),
    found: outcome.fresh.map(({ invariant }) => invariant),
  };
}

/** Takes frames from the allocator and gives some of them back, so that it goes on with others. */
function disturb(kernel: Kernel, orders: readonly number[]): void {
  const blocks = orders.map((order) => ({ order, pfn: kernel.allocator.allocPages(order) }));
  for (const { pfn, order } of blocks.reverse()) freePages(kernel, pfn, order);
}

/** A state without what tells frames of system memory, and without counts. */
const told = (state: StepResult): object => ({
  ...state,
  violations: state.violations.map((text) => text.replace(/:[0-9a-f]+$/, '')),
  counters: {},
});

const choices = (maxLength: number) => fc.array(fc.nat(), { maxLength });
const orders = fc.array(fc.constantFrom(0, 0, 1, 3, 8), { minLength: 1, maxLength: 6 });

describe('a fingerprint', () => {
  test.prop([fc.constantFrom(...WORLDS), choices(5), choices(5)], { numRuns: 50 })(
    'that is the same after two ways promises the same from there on',
    (options, way, further) => {
      const alphabet = createAlphabet(options);
      const seen = new Map<string, { position: Position; state: object }>();
      let position: Position | undefined = start(alphabet);
      for (const choice of [...way, ...way, ...way, ...way]) {
        const { fingerprint, stepper }: Position = position;
        const state = stateOf(position);
        const twin = seen.get(fingerprint);
        if (twin !== undefined) {
          expect(state).toEqual(twin.state);
          const saved = stepper.save();
          expect(follow(position, further)).toEqual(follow(twin.position, further));
          stepper.enter({ saved, places: position.places });
          break;
        }
        // The twin is a machine of its own, brought there by the same steps.
        const copy = start(alphabet);
        copy.stepper.enter({ saved: stepper.save(), places: position.places });
        seen.set(fingerprint, { position: { ...position, stepper: copy.stepper }, state });
        position = play(position, choice).position;
        if (position === undefined) break;
      }
    },
    60_000,
  );

  test.prop([fc.constantFrom(...WORLDS), choices(5), orders, choices(6)], { numRuns: 80 })(
    'of machines that use other frames is one, as long as frames are renamed, and they go the same way',
    (options, way, taken, further) => {
      const alphabet = createAlphabet(options);
      const one = start(alphabet);
      const other = start(alphabet);
      disturb(other.stepper.run.kernel, taken);
      let a = one;
      let b: Position = positionOf(other.stepper, other.places);
      for (const choice of [...way, ...further]) {
        const same = a.fingerprint === b.fingerprint;
        const playedA: Played = play(a, choice);
        const playedB: Played = play(b, choice);
        if (!same) break;
        expect(playedB.found).toEqual(playedA.found);
        expect(playedB.position === undefined).toBe(playedA.position === undefined);
        if (playedA.position === undefined || playedB.position === undefined) break;
        a = playedA.position;
        b = playedB.position;
        expect(stateOf(b)).toEqual(stateOf(a));
        if (a.renamed) expect(b.fingerprint).toBe(a.fingerprint);
        else break;
      }
    },
    60_000,
  );

  test('of memory that came and went is that of memory that never came, where nothing stays', () => {
    const alphabet = createAlphabet({
      machine: { arch: 'arm64', kernel: '6.12.117', pageSize: '64K' },
      sections: 2,
      units: ['section'],
      altmaps: ['none'],
    });
    const { stepper } = start(alphabet);
    const [add, next] = alphabet.actions.filter(({ op }) => op === 'add');
    const [remove] = alphabet.actions.filter(({ op }) => op === 'remove');
    const states = [add, next, remove, add].map((action) => {
      const { places } = stepper.play({ action: action!, failing: 0 });
      const { fingerprint } = positionOf(stepper, places);
      return { fingerprint, pa: stepper.snapshot().leaves.map(({ pa }) => pa) };
    });
    // Section 0 has the frames back that it had, in another order.
    expect(states[3]!.pa).not.toEqual(states[1]!.pa);
    expect(states[3]!.fingerprint).toBe(states[1]!.fingerprint);
    expect(states[2]!.fingerprint).not.toBe(states[0]!.fingerprint);
  });

  test.prop([fc.constantFrom(...WORLDS), choices(6)], { numRuns: 60 })(
    'comes with the snapshot that the invariants take by themselves',
    (options, way) => {
      let position: Position | undefined = start(createAlphabet(options));
      for (const choice of way) {
        position = play(position, choice).position;
        if (position === undefined) break;
        const { stepper } = position;
        if (stepper.run.kernel.platform.table === undefined) break;
        expect(stepper.snapshot()).toEqual(takeSnapshot(stepper.run.kernel, altmapsOf(stepper.run)));
      }
    },
    60_000,
  );
});

/** All that a scan tells of a state. */
const scanned = ({ hi, lo, mapHi, mapLo, renamed, leaves, tables, isActive, mapped, sums }: Scan): object => ({
  fingerprint: [hi, lo, mapHi, mapLo, renamed],
  leaves: leaves.toLeaves(),
  ofLeaves: [leaves.owner, leaves.isUsed].map((column) => column.slice(0, leaves.length)),
  tables: tables.toTables(),
  ofTables: [tables.owner, tables.hasEntries].map((column) => column.slice(0, tables.length)),
  cells: [isActive, mapped, sums].map((column) => column.slice()),
});

describe('a scan that takes over tables which nobody touched', () => {
  test.prop([fc.constantFrom(...WORLDS), fc.array(fc.tuple(fc.nat(), fc.nat(6)), { maxLength: 10 })], { numRuns: 150 })(
    'says what a scan of everything says',
    (options, way) => {
      const alphabet = createAlphabet(options);
      const { stepper, ...at } = start(alphabet);
      let { places } = at;
      for (const [choice, failing] of way) {
        const possible = alphabet.actions.filter((action) => isPossible(alphabet, places, action));
        // Other steps from the same state leave nothing behind.
        for (const c of [choice, choice + 1, choice + 2]) {
          stepper.play({ action: possible[c % possible.length]!, failing: 0 });
        }
        const action = possible[choice % possible.length]!;
        const outcome = stepper.play({ action, failing: choice % 3 === 0 ? failing : 0 });
        if (outcome.stopped) break;
        // Memmap that is filled with what it holds leaves a state that is known, and nothing is scanned.
        const told = action.op === 'use' ? ({ hi, lo }: Scan) => ({ hi, lo }) : scanned;
        const partly = told(stepper.after);
        ({ places } = outcome);
        stepper.goOn(places);
        expect(partly).toEqual(told(stepper.before));
      }
    },
    60_000,
  );
});

const stateOf = ({ stepper }: Position): object => told(captureRun(stepper.run, null));

/** What further steps bring: fingerprints, states and violations. */
function follow(from: Position, further: readonly number[]): object[] {
  const course: object[] = [];
  let position: Position | undefined = from;
  for (const choice of further) {
    const played: Played = play(position, choice);
    position = played.position;
    course.push({ found: played.found, stopped: position === undefined });
    if (position === undefined) break;
    course.push({ fingerprint: position.fingerprint }, stateOf(position));
  }
  return course;
}

describe('a screened step', () => {
  test.prop([fc.constantFrom(...WORLDS), choices(8), fc.nat(6)], { numRuns: 150 })(
    'finds what the invariants find',
    (options, way, failing) => {
      const alphabet = createAlphabet(options);
      const { stepper, ...at } = start(alphabet);
      let { places } = at;
      for (const choice of way) {
        const possible = alphabet.actions.filter((action) => isPossible(alphabet, places, action));
        const move = { action: possible[choice % possible.length]!, failing: choice % 3 === 0 ? failing : 0 };
        const outcome = stepper.play(move);
        expect(outcome.fresh).toEqual(stepper.examine(move, outcome.places));
        if (outcome.stopped) break;
        ({ places } = outcome);
        stepper.goOn(places);
      }
    },
    60_000,
  );
});

describe('a set of visited states', () => {
  test.prop([fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 40_000, minLength: 100 })])(
    'says of each whether it is new, also after it grew',
    (all) => {
      const visited = new VisitedStates();
      const known = new Set<string>();
      for (const [i, [hi, lo]] of all.entries()) {
        if (i % 60 === 0) visited.grow();
        const isNew = visited.add(hi + 1, lo + 1, NO_PARENT, 0) !== KNOWN;
        expect(isNew).toBe(!known.has(`${hi} ${lo}`));
        known.add(`${hi} ${lo}`);
        if (i > 400) break;
      }
      expect(visited.size).toBe(known.size);
    },
  );

  test('keeps of two ways of one length the one that comes first', () => {
    const visited = new VisitedStates();
    const root = visited.add(1, 1, NO_PARENT, 0);
    visited.setRank(root, 0);
    const early = visited.add(2, 2, root, 5);
    const late = visited.add(3, 3, root, 6);
    visited.setRank(early, 0);
    visited.setRank(late, 1);
    const state = visited.add(4, 4, late, 1);
    expect(visited.add(4, 4, early, 9)).toBe(KNOWN);
    expect(visited.wayTo(state)).toEqual([5, 9]);
    expect(visited.add(4, 4, early, 8)).toBe(KNOWN);
    expect(visited.wayTo(state)).toEqual([5, 8]);
    visited.setRank(state, 0);
    // A longer way changes nothing.
    visited.add(4, 4, root, 0);
    expect(visited.wayTo(state)).toEqual([5, 8]);
  });
});
