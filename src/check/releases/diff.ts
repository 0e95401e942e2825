// SPDX-License-Identifier: GPL-2.0-only

import type { StepResult } from '../../scenario/runner.js';
import type { Scenario } from '../../scenario/scenario.js';
import { EventTrace } from '../event-trace.js';

/** One scenario on two kernels: the first event in which they part, and how the states differ from there on. */

/** Events that both have in common and that are shown before they part. */
const SHOWN_BEFORE = 3;

/** Where the events of two kernels part. */
export interface Parting {
  /** Index of the step, from 0. */
  step: number;
  /** Which event of the run, from 0. */
  event: number;
  /** The last events in common. */
  before: string[];
  /** What either kernel does next; null where it does nothing more. */
  from: string | null;
  to: string | null;
}

/** A field of the state in which two kernels differ after a step. */
export interface FieldDifference {
  field: string;
  from: unknown;
  to: unknown;
}

/** Where two kernels part in a scenario: the first event that differs, and the fields of every step that do. */
export interface ScenarioDifference {
  /** Undefined if both do just the same to page tables and frames; the states may differ in books of the kernel. */
  first: Parting | undefined;
  /** By step: the fields that differ. */
  steps: FieldDifference[][];
}

/** Whether two kernels do the same, and leave the same after every step. */
export const isAlike = ({ first, steps }: ScenarioDifference): boolean =>
  first === undefined && steps.every((fields) => fields.length === 0);

/**
 * Runs a scenario on two kernels.
 * @param from the scenario on one of them
 * @param to the same scenario on the other
 */
export function diffScenario(from: Scenario, to: Scenario): ScenarioDifference {
  const a = new EventTrace(from);
  const b = new EventTrace(to);
  const bases: [bigint, bigint] = [from.machine.config.vmemmapBase, to.machine.config.vmemmapBase];
  const steps = Math.max(a.results.length, b.results.length);
  return {
    first: firstParting(a, b),
    steps: Array.from({ length: steps }, (_, step) => stateDifference(a.results[step], b.results[step], bases)),
  };
}

function firstParting(a: EventTrace, b: EventTrace): Parting | undefined {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.agrees(at, b)) at++;
  if (at === a.length && at === b.length) return undefined;
  const before: string[] = [];
  for (let i = Math.max(0, at - SHOWN_BEFORE); i < at; i++) before.push(a.describe(i)!);
  return { step: a.stepOf(at), event: at, before, from: a.describe(at) ?? null, to: b.describe(at) ?? null };
}

/** An address in the text of a state: twelve hex digits or more. */
const ADDRESS = /\b(?:0x)?[0-9a-f]{12,16}\b/g;

/** Makes addresses offsets into the vmemmap, so that kernels with another base can be compared. */
const relative = (text: string, base: bigint): string =>
  text.replace(ADDRESS, (digits) => {
    const address = BigInt(digits.startsWith('0x') ? digits : `0x${digits}`);
    return address >= base ? `vmemmap+${(address - base).toString(16)}` : digits;
  });

/** The fields of the state in which two kernels differ after a step. @param bases of their vmemmaps */
export function stateDifference(
  from: StepResult | undefined,
  to: StepResult | undefined,
  [fromBase, toBase]: [bigint, bigint],
): FieldDifference[] {
  if (from === undefined || to === undefined) {
    return [
      { field: 'step', from: from === undefined ? 'not reached' : 'run', to: to === undefined ? 'not reached' : 'run' },
    ];
  }
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])] as (keyof StepResult)[];
  return fields.flatMap((field) => {
    const left = JSON.stringify(from[field] ?? null);
    const right = JSON.stringify(to[field] ?? null);
    const same = left === right || (fromBase !== toBase && relative(left, fromBase) === relative(right, toBase));
    return same ? [] : [{ field, from: from[field] ?? null, to: to[field] ?? null }];
  });
}
