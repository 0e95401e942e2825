// SPDX-License-Identifier: GPL-2.0-only

import { z } from 'zod';
import type { Release } from '../history/releases.js';
import { KernelBug } from '../kernel/log.js';
import { CodeError } from '../kernel/memmap-code.js';
import { NoBootMemory } from '../hardware/page-allocator.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { checkWith } from '../scenario/input.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { scenarioSchema, type ScenarioFile } from '../scenario/schema.js';
import { runScenario, type StepResult } from '../scenario/runner.js';

/** Replays recorded vectors and compares what the emulator leaves behind with what the kernel left. */

/** The first thing that differs in a case. */
export interface Failure {
  name: string;
  /** Index of the step, from 0; -1 for the case as a whole. */
  step: number;
  field: string;
  expected: unknown;
  actual: unknown;
  /** What was thrown where the case could not be run to its end: a defect of the emulator. */
  error?: unknown;
}

/** The field of a case that is none: what is wrong with it stands in {@link Failure.actual}, as a sentence. */
export const FORMAT = 'format';

/** A case that cannot be read. @param sentence the field, its value and what is allowed */
export const malformed = (name: string, sentence: string): Failure => ({
  name,
  step: -1,
  field: FORMAT,
  expected: 'a vector',
  actual: sentence,
});

/** A case that something was thrown in: the input contradicts itself, or the emulator has a defect. */
export function thrownIn(name: string, error: unknown): Failure {
  // Code that cannot run runs no case: it is told once.
  if (error instanceof CodeError) throw error;
  if (error instanceof ScenarioError || error instanceof NoBootMemory) return malformed(name, error.message);
  const actual = error instanceof Error ? error.message : String(error);
  const failure = { name, step: -1, field: 'run', expected: 'the steps run', actual };
  // A kernel that stops is an answer of the emulator, not a defect of it.
  return error instanceof KernelBug ? failure : { ...failure, error };
}

/** The name that a case gives itself, as far as it is one. */
export const nameOf = (vector: unknown): string => {
  const { name } = (vector ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : 'unnamed';
};

/** Counters that the format defines; a recording without one of them says it was zero. */
const VECTOR_COUNTERS = [
  ...['Pgd', 'P4d', 'Pud', 'Pmd', 'Pte'].flatMap((level) => [`set${level}`, `clear${level}`]),
  'allocPages',
  'freePages',
  'altmapAllocPages',
  'altmapFreePages',
  'unusedBytes',
  'useMarkBytes',
  'tlbFlushAll',
  'tlbFlushRange',
  'tlbFlushTable',
  'markNewValidMap',
];

/** Fields of a step in the order they are compared: what the step answered first, its costs last. */
const FIELDS = [
  'ret',
  'leaves',
  'prot',
  'tables',
  'altmaps',
  'ram',
  'partial',
  'unusedStart',
  'sections',
  'leaks',
  'holes',
  'violations',
  'hptes',
  'vmstat',
  'counters',
] as const;

/** Most objects that are equal have their keys in the same order, too. */
const same = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b) || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** Objects with their keys in order, so that JSON text tells whether two are equal. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

const pick = (from: object | undefined, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(from ?? {}).filter(([name]) => names.includes(name)));

const allCounters = (counters: Record<string, number>): Record<string, number> =>
  Object.fromEntries(VECTOR_COUNTERS.map((name) => [name, counters[name] ?? 0]));

/** Compares one step; the first field that differs, or undefined. */
export function compareStep(
  expected: Record<string, unknown>,
  actual: StepResult,
): Omit<Failure, 'name' | 'step'> | undefined {
  for (const field of FIELDS) {
    if (!(field in expected)) continue;
    let want = expected[field];
    let have: unknown = (actual as unknown as Record<string, unknown>)[field];
    // A recording has those counters of /proc/vmstat that it tells of.
    if (field === 'vmstat') have = pick(actual.vmstat, Object.keys(want as object));
    if (field === 'counters') {
      want = allCounters(want as Record<string, number>);
      have = allCounters(actual.counters);
      const name = VECTOR_COUNTERS.find(
        (n) => (want as Record<string, number>)[n] !== (have as Record<string, number>)[n],
      );
      if (name === undefined) continue;
      return {
        field: `counters.${name}`,
        expected: (want as Record<string, number>)[name],
        actual: (have as Record<string, number>)[name],
      };
    }
    if (!same(want, have)) return { field, expected: want, actual: have };
  }
  const unknown = Object.keys(expected).find((key) => !(FIELDS as readonly string[]).includes(key));
  return unknown === undefined ? undefined : { field: unknown, expected: expected[unknown], actual: undefined };
}

const numbers = z.record(z.string(), z.number()).optional();

/** A scenario with what a recording says of each step; a counter that is there is a number. */
const vectorSchema = scenarioSchema.extend({
  expect: z.array(z.looseObject({ counters: numbers, vmstat: numbers }, { error: 'must be an object' }), {
    error: 'must be a list of the states after each step',
  }),
});

/**
 * The recorder's allocator hands out the first frame that a recording gives it: the root tables lie elsewhere. Scenarios that
 * exploring writes name the frame too, and were found with the root tables in front; so it holds for recordings alone.
 */
const asRecorded = (scenario: Scenario, { ramBasePfn }: ScenarioFile['machine']): Scenario =>
  ramBasePfn === undefined ? scenario : { ...scenario, machine: { ...scenario.machine, bootsApart: true } };

/**
 * Replays one vector.
 * @param vector an element of a vectors file
 * @param release the kernel that replays it, if not the one that it names
 * @returns the first difference, or undefined if there is none
 */
export function verifyVector(vector: unknown, release?: Release): Failure | undefined {
  const name = nameOf(vector);
  const checked = checkWith(vectorSchema, vector);
  if ('mistakes' in checked) return malformed(name, checked.mistakes[0]!.sentence);
  const { expect } = checked.data;
  let results: StepResult[];
  try {
    results = runScenario(asRecorded(resolveScenario(checked.data, release && { release }), checked.data.machine));
  } catch (error) {
    return thrownIn(name, error);
  }
  for (const [step, expected] of expect.entries()) {
    const actual = results[step];
    if (actual === undefined)
      return { name, step, field: 'ret', expected: expected['ret'], actual: 'the kernel stopped before' };
    const difference = compareStep(expected, actual);
    if (difference !== undefined) return { name, step, ...difference };
  }
  if (results.length !== expect.length) {
    return { name, step: -1, field: 'steps', expected: expect.length, actual: results.length };
  }
  return undefined;
}
