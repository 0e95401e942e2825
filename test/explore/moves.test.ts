// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { createAlphabet } from '../../src/explore/alphabet.js';
import { FailingCalls } from '../../src/explore/failing-calls.js';
import { MoveNumbers } from '../../src/explore/moves.js';
import type { Move } from '../../src/explore/moves.js';
import { scenarioOf } from '../../src/explore/violations.js';

const alphabet = createAlphabet({
  machine: { arch: 'riscv64', kernel: '7.3', structPageSize: 56 },
  sections: 1,
  units: ['section'],
  altmaps: ['none'],
});
const ADD = alphabet.actions.findIndex(({ op }) => op === 'add');
const REMOVE = alphabet.actions.findIndex(({ op }) => op === 'remove');

/** The moves of an action as they are made; `calls` says how often the kernel asks for memory in each. */
function made(action: number, fail: boolean, calls: (move: Move) => number): string[] {
  const numbers = new MoveNumbers(alphabet, fail);
  const all: string[] = [];
  numbers.forEach(action, (number) => {
    const move = numbers.toMove(number);
    expect(move.action).toBe(alphabet.actions[action]);
    all.push(move.failing === 0 ? 'none' : `${move.failing}${move.runsOut === true ? ' and all behind' : ''}`);
    return calls(move);
  });
  return all;
}

describe('allocations that fail', () => {
  test('fail alone, and with all behind them only where the kernel asks again', () => {
    // A table, without which the add fails; a leaf, in whose place come a table and base pages.
    const calls = ({ failing, runsOut }: Move): number => [2, 1, runsOut === true ? 3 : 460][failing]!;
    expect(made(ADD, true, calls)).toEqual(['none', '1', '2', '2 and all behind']);
  });

  test('are those of an add, and none unless somebody asks', () => {
    expect(made(ADD, false, () => 2)).toEqual(['none']);
    expect(made(REMOVE, true, () => 2)).toEqual(['none']);
  });

  test('are twelve at most: the first, the last and ten between', () => {
    const failing = made(ADD, true, ({ failing: first }) => (first === 0 ? 512 : first));
    expect(failing).toHaveLength(1 + 12);
    expect([failing[1], failing.at(-1)]).toEqual(['1', '512']);
  });

  test('are counted from the calls before the move, and none fails before or behind it', () => {
    const calls = new FailingCalls();
    const failing = (): number[] => Array.from({ length: 20 }, (_, call) => call + 1).filter((call) => calls.has(call));
    const action = alphabet.actions[ADD]!;
    calls.begin({ action, failing: 2 }, 10);
    expect(failing()).toEqual([12]);
    expect(calls.end(12)).toEqual([12]);
    calls.begin({ action, failing: 2, runsOut: true }, 10);
    expect(failing()).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(calls.end(14)).toEqual([12, 13, 14]);
    calls.begin({ action, failing: 0, runsOut: true }, 10);
    expect([failing(), calls.end(14)]).toEqual([[], []]);
  });

  test('are in the scenario each by its number: memory runs out where riscv64 has its first leaf', () => {
    const { failAllocations } = scenarioOf(alphabet, [
      { action: alphabet.actions[ADD]!, failing: 3, runsOut: true },
      { action: alphabet.actions[ADD]!, failing: 0 },
    ]);
    expect(failAllocations).toEqual([3, 4]);
  });
});
