// SPDX-License-Identifier: GPL-2.0-only

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { StateReader, StateWriter } from '../../src/hardware/saved-state.js';
import { Ram } from '../../src/hardware/ram.js';
import { restoreKernel, saveKernel } from '../../src/kernel/saved-kernel.js';
import { captureRun, runStep, startRun, type Run, type StepResult } from '../../src/scenario/runner.js';
import { ABSENT, createAlphabet, isPossible, placeOf, type Action } from '../../src/explore/alphabet.js';
import { ALPHABETS } from './alphabets.js';

/** Actions that make sense one after the other, as numbers choose them. */
function actionsOf(alphabet: ReturnType<typeof createAlphabet>, choices: readonly number[]): Action[] {
  const places = new Uint8Array(alphabet.ranges.length);
  return choices.map((choice) => {
    const possible = alphabet.actions.filter((action) => isPossible(alphabet, places, action));
    const action = possible[choice % possible.length]!;
    if (action.op === 'remove') places[action.range] = ABSENT;
    if (action.op === 'add') for (const range of action.ranges) places[range] = placeOf(action.altmap);
    return action;
  });
}

/** Plays steps, and tells the whole state after each: what a vector compares, and every word of the machine. */
function playOn(run: Run, actions: readonly Action[]): { result: StepResult; words: number[] }[] {
  const altmaps = [...run.altmaps.values()];
  return actions.map(({ step }) => {
    const result = captureRun(run, runStep(run, step));
    return { result, words: [...saveKernel(run.kernel, altmaps).state] };
  });
}

const choices = fc.array(fc.nat(), { maxLength: 8 });

describe('a kernel that is saved and restored goes on as the one that was saved', () => {
  test.prop([fc.constantFrom(...ALPHABETS), choices, choices, choices], { numRuns: 60 })(
    'after any steps, whatever it did in between, and on another machine',
    (options, before, after, elsewhere) => {
      const alphabet = createAlphabet(options);
      const actions = actionsOf(alphabet, [...before, ...after]);
      const prefix = actions.slice(0, before.length);
      const rest = actions.slice(before.length);
      const run = startRun(alphabet.scenario);
      const altmaps = [...run.altmaps.values()];
      playOn(run, prefix);
      const saved = saveKernel(run.kernel, altmaps);
      const expected = playOn(run, rest);

      restoreKernel(run.kernel, altmaps, saved);
      expect(playOn(run, rest)).toEqual(expected);

      const other = startRun(alphabet.scenario);
      playOn(other, actionsOf(alphabet, elsewhere));
      restoreKernel(other.kernel, [...other.altmaps.values()], saved);
      expect(playOn(other, rest)).toEqual(expected);
    },
    60_000,
  );
});

describe('memory', () => {
  const write = fc.record({ pa: fc.nat(4096 * 530), byte: fc.nat(255), length: fc.nat(9000) });
  const FRAMES = 533;
  test.prop([fc.array(write), fc.array(write)], { numRuns: 20 })(
    'is after a restore what it was, byte for byte',
    (writes, more) => {
      const ram = new Ram(4096);
      for (const { pa, byte, length } of writes) ram.memset(pa, byte, length);
      const frames = Array.from({ length: FRAMES }, (_, pfn) => Buffer.from(ram.readFrame(pfn)).toString('hex'));
      const writer = new StateWriter();
      ram.save(writer);
      const state = writer.take();
      for (const { pa, byte, length } of more) ram.memset(pa, byte, length);
      ram.restore(new StateReader(state));
      expect(Array.from({ length: FRAMES }, (_, pfn) => Buffer.from(ram.readFrame(pfn)).toString('hex'))).toEqual(
        frames,
      );
    },
  );
});
