// SPDX-License-Identifier: GPL-2.0-only

import { resolveScenario } from '../scenario/scenario.js';
import { scenarioSchema } from '../scenario/schema.js';
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
}

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
  'counters',
] as const;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** Objects with their keys in order, so that JSON text tells whether two are equal. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

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

/**
 * Replays one vector.
 * @param vector an element of a vectors file
 * @returns the first difference, or undefined if there is none
 */
export function verifyVector(vector: unknown): Failure | undefined {
  const name = (vector as { name?: string } | null)?.name ?? 'unnamed';
  const parsed = scenarioSchema.safeParse(vector);
  if (!parsed.success)
    return { name, step: -1, field: 'format', expected: 'a vector', actual: parsed.error.issues[0]?.message };
  const expect = (parsed.data.expect ?? []) as Record<string, unknown>[];
  let results: StepResult[];
  try {
    results = runScenario(resolveScenario(parsed.data));
  } catch (error) {
    return {
      name,
      step: -1,
      field: 'run',
      expected: 'the scenario runs',
      actual: error instanceof Error ? error.message : String(error),
    };
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
