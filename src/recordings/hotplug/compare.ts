// SPDX-License-Identifier: GPL-2.0-only

import { entryText, type KernelLog } from '../../kernel/log.js';
import type { Failure } from '../vectors.js';

/** What the suites of memory hot-plug have in common: their words for warnings, and how steps are compared. */

/** What a kernel says, by the recordings' name for the condition. */
const LABELS: readonly (readonly [text: RegExp, label: string])[] = [
  [/^warn:Conflicting mapping in same section$/, 'warn:device-range-conflict'],
  [/^warn:attempted on /, 'warn:device-range-over-ram'],
  [/^warn:Misaligned /, 'warn:misaligned-range'],
  [/^warn:memory_blocks_have_altmaps$/, 'warn:mixed-altmap-range'],
  [/^warn:Altmap not fully unmapped$/, 'warn:altmap-not-fully-unmapped'],
  [/^warn:remove_memory_block_devices$/, 'warn:memory-block-missing'],
  [/^warn:(sparse_remove_section|__remove_section)$/, 'warn:remove-of-absent-section'],
  [/^warn:node -?\d+ was absent/, 'warn:node-not-possible'],
  [/^warn:section already deactivated/, 'warn:section-already-deactivated'],
  [/^log:memory add fail, invalid altmap$/, 'log:invalid-altmap'],
  [/^warn:offline_and_remove_memory_ranges$/, 'warn:remove-failed-after-offline'],
  [/^log:offline_and_remove_memory: Failed to remove memory/, 'log:remove-failed-after-offline'],
  [/^log:removing memory fails/, 'log:block-still-online'],
  [/^log:Block size /, 'log:range-not-block-aligned'],
  [/^log:Hotplug memory .* exceeds maximum addressable range/, 'log:beyond-addressable-range'],
  [/^log:Trying to free nonexistent resource/, 'log:release-of-nonexistent-region'],
  [/^warn:release_mem_region_adjustable: range outside the root$/, 'warn:release-outside-root'],
  [/^warn:release_mem_region_adjustable: start$/, 'warn:adjust-start-refused'],
  [/^warn:release_mem_region_adjustable: end$/, 'warn:adjust-end-or-split-refused'],
  [/^warn:merge_system_ram_resource$/, 'warn:merge-of-non-busy-system-ram'],
];

const labelOf = (line: string): string => LABELS.find(([text]) => text.test(line))?.[1] ?? line;

/** What the kernel reported since the last call, in the recordings' words. */
export const takeWarnings = (log: KernelLog): string[] => log.take().map((entry) => labelOf(entryText(entry)));

type StepDifference = Pick<Failure, 'field' | 'expected' | 'actual'>;

const sorted = (value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
};

const text = (value: unknown): string =>
  Array.isArray(value) ? JSON.stringify(value.map(sorted)) : JSON.stringify(sorted(value));

/** The first field of a recorded step that the emulator has otherwise, or undefined. */
export function firstDifference(
  expected: Readonly<Record<string, unknown>>,
  actual: Readonly<Record<string, unknown>>,
): StepDifference | undefined {
  for (const [field, want] of Object.entries(expected)) {
    // What every object inherits ("constructor") is nothing that a step told.
    const have = Object.hasOwn(actual, field) ? actual[field] : undefined;
    if (text(want) !== text(have)) return { field, expected: want, actual: have };
  }
  const more = Object.keys(actual).find((field) => !Object.hasOwn(expected, field));
  if (more !== undefined) return { field: more, expected: undefined, actual: actual[more] };
  return undefined;
}

/**
 * Plays the steps of a vector and compares each.
 * @param play runs a step and returns what it left
 */
export function compareSteps<S>(
  name: string,
  steps: readonly S[],
  expect: readonly Readonly<Record<string, unknown>>[],
  play: (step: S) => Readonly<Record<string, unknown>>,
): Failure | undefined {
  for (const [step, expected] of expect.entries()) {
    const given = steps[step];
    if (given === undefined) return { name, step, field: 'steps', expected: expect.length, actual: steps.length };
    const difference = firstDifference(expected, play(given));
    if (difference !== undefined) return { name, step, ...difference };
  }
  const stopped = expect.at(-1)?.['bug'] === true;
  if (stopped || expect.length === steps.length) return undefined;
  return { name, step: -1, field: 'steps', expected: expect.length, actual: steps.length };
}
