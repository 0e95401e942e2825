// SPDX-License-Identifier: GPL-2.0-only

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { createAlphabet, isPossible, type Alphabet, type Places } from '../../../src/check/explore/alphabet.js';
import { Stepper } from '../../../src/check/explore/explorer.js';
import { FingerprintSet, type Picture } from '../../../src/check/explore/fingerprint.js';
import { takeSnapshot } from '../../../src/check/snapshot.js';
import { freePages, type Kernel } from '../../../src/kernel/kernel.js';
import { altmapsOf, captureRun, type StepResult } from '../../../src/scenario/runner.js';
import { ALPHABETS, BLOCK_ALPHABETS } from './alphabets.js';

const WORLDS = [...ALPHABETS, ...BLOCK_ALPHABETS];

/** A machine somewhere in its exploration. */
interface Position {
  stepper: Stepper;
  places: Places;
  picture: Picture;
}

function start(alphabet: Alphabet): Position {
  const stepper = new Stepper(alphabet);
  const places: Places = new Uint8Array(alphabet.ranges.length);
  return { stepper, places, picture: stepper.picture(places) };
}

/** What became of a step. */
interface Played {
  /** Undefined when the kernel stopped. */
  position: Position | undefined;
  found: string[];
}

function play({ stepper, places, picture }: Position, choice: number): Played {
  const possible = stepper.alphabet.actions.filter((action) => isPossible(stepper.alphabet, places, action));
  const action = possible[choice % possible.length]!;
  const visited = new FingerprintSet();
  // Nothing counts as known: what a step says is the state's matter, and not of the steps before.
  const outcome = stepper.step({ action, failing: 0 }, picture.snapshot, places, new Set(), visited);
  const next = { stepper, places: outcome.places, picture: stepper.picture(outcome.places) };
  return { position: outcome.stopped ? undefined : next, found: outcome.fresh.map(({ invariant }) => invariant) };
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
        const { picture, stepper }: Position = position;
        const key = `${picture.hi} ${picture.lo}`;
        const state = stateOf(position);
        const twin = seen.get(key);
        if (twin !== undefined) {
          expect(state).toEqual(twin.state);
          const saved = stepper.save();
          expect(follow(position, further)).toEqual(follow(twin.position, further));
          stepper.restore(saved);
          break;
        }
        // The twin is a machine of its own, brought there by the same steps.
        const copy = start(alphabet);
        copy.stepper.restore(stepper.save());
        seen.set(key, { position: { ...position, stepper: copy.stepper }, state });
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
      let b: Position = { ...other, picture: other.stepper.picture(other.places) };
      for (const choice of [...way, ...further]) {
        const same = a.picture.hi === b.picture.hi && a.picture.lo === b.picture.lo;
        const playedA: Played = play(a, choice);
        const playedB: Played = play(b, choice);
        if (!same) break;
        expect(playedB.found).toEqual(playedA.found);
        expect(playedB.position === undefined).toBe(playedA.position === undefined);
        if (playedA.position === undefined || playedB.position === undefined) break;
        a = playedA.position;
        b = playedB.position;
        expect(stateOf(b)).toEqual(stateOf(a));
        if (a.picture.renamed) expect(fingerprint(b)).toEqual(fingerprint(a));
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
    const a = start(alphabet);
    const [add, next] = alphabet.actions.filter(({ op }) => op === 'add');
    const [remove] = alphabet.actions.filter(({ op }) => op === 'remove');
    const visited = new FingerprintSet();
    let { picture, places } = a;
    const pictures = [add, next, remove, add].map((action) => {
      const outcome = a.stepper.step({ action: action!, failing: 0 }, picture.snapshot, places, new Set(), visited);
      places = outcome.places;
      picture = a.stepper.picture(places);
      return { hi: picture.hi, lo: picture.lo, pa: picture.snapshot.leaves.map(({ pa }) => pa) };
    });
    // Section 0 has the frames back that it had, in another order.
    expect(pictures[3]!.pa).not.toEqual(pictures[1]!.pa);
    expect({ hi: pictures[3]!.hi, lo: pictures[3]!.lo }).toEqual({ hi: pictures[1]!.hi, lo: pictures[1]!.lo });
    expect({ hi: pictures[2]!.hi, lo: pictures[2]!.lo }).not.toEqual({ hi: pictures[0]!.hi, lo: pictures[0]!.lo });
  });

  test.prop([fc.constantFrom(...WORLDS), choices(6)], { numRuns: 60 })(
    'comes with the snapshot that the invariants take by themselves',
    (options, way) => {
      let position: Position | undefined = start(createAlphabet(options));
      for (const choice of way) {
        position = play(position, choice).position;
        if (position === undefined) break;
        const { run } = position.stepper;
        expect(position.picture.snapshot).toEqual(takeSnapshot(run.kernel, altmapsOf(run)));
      }
    },
    60_000,
  );
});

const stateOf = ({ stepper }: Position): object => told(captureRun(stepper.run, null));

const fingerprint = ({ picture: { hi, lo } }: Position): object => ({ hi, lo });

/** What further steps bring: fingerprints, states and violations. */
function follow(from: Position, further: readonly number[]): object[] {
  const course: object[] = [];
  let position: Position | undefined = from;
  for (const choice of further) {
    const played: Played = play(position, choice);
    position = played.position;
    course.push({ found: played.found, stopped: position === undefined });
    if (position === undefined) break;
    course.push(fingerprint(position), stateOf(position));
  }
  return course;
}

describe('a set of fingerprints', () => {
  test.prop([fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 4000 })])(
    'says of each whether it is new',
    (all) => {
      const set = new FingerprintSet();
      const known = new Set<string>();
      for (const [hi, lo] of all) {
        if (hi === 0 && lo < 2) continue;
        expect(set.add({ hi, lo })).toBe(!known.has(`${hi} ${lo}`));
        known.add(`${hi} ${lo}`);
      }
      expect(set.size).toBe(known.size);
    },
  );
});
