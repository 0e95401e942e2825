// SPDX-License-Identifier: GPL-2.0-only

import { auditedMachinesOf, machineTitle, type MachineFilter } from '../audit/audit.js';
import { EventTrace } from '../check/event-trace.js';
import { diffScenario, type FieldDifference, type ScenarioDifference } from '../check/releases/diff.js';
import type { Release } from '../history/releases.js';
import { CodeError } from '../kernel/memmap-code.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { alphabetOn, createAlphabet, type AltmapChoice, type MemoryChoice, type Unit } from './alphabet.js';
import { lockstep } from './lockstep.js';
import { scenarioOf } from './violations.js';

/** In what two kernels differ, over machines: the shortest sequence of each kind of difference, as a scenario. */

/** What is searched. Machines are all of the audit that are not filtered out. */
export interface SearchOptions extends MachineFilter {
  readonly from: Release;
  readonly to: Release;
  readonly depth: number;
  readonly sections: number;
  readonly units: readonly Unit[];
  readonly altmaps: readonly AltmapChoice[];
  /** What memory holds that becomes memmap, each add with each in turn; zero if not given. Both kernels get the same. */
  readonly memory?: readonly MemoryChoice[] | undefined;
  /** Allocations of an add fail, each in turn, alone and with all behind it. */
  readonly fail: boolean;
  /** Told of each machine before it is searched. */
  onMachine?(name: string): void;
}

/** A kind of difference. */
export interface FoundDifference extends ScenarioDifference {
  readonly scenario: ScenarioInput;
  /** The scenario on one of the kernels, for its words. */
  readonly resolved: Scenario;
  /** The innermost function that was running in the first event in which they part, on either kernel. */
  readonly functions: readonly [string | undefined, string | undefined];
}

/** What was searched on one machine. */
export interface SearchedMachine {
  readonly name: string;
  readonly steps: number;
  readonly states: number;
  readonly otherWays: number;
}

export interface SearchResult {
  readonly found: readonly FoundDifference[];
  readonly machines: readonly SearchedMachine[];
  /** Machines that one of the kernels does not have, and why. */
  readonly leftOut: readonly string[];
}

interface NamedMachine {
  readonly name: string;
  readonly machine: ScenarioInput['machine'];
}

/** Machines of the audit, and those whose CPU has no large leaves. */
function machinesOf(options: SearchOptions): NamedMachine[] {
  return auditedMachinesOf(options).flatMap((audited) => {
    const { pageSize, mmu, pagingLevels, vaBits } = audited.configuration;
    const arch = audited.architecture.name;
    const machine = { arch, pageSize, mmu, pagingLevels, vaBits, structPageSize: audited.structPageSize };
    const name = machineTitle(audited);
    const small = audited.architecture.mayLackLargeLeaves
      ? [{ name: `${name}, base pages`, machine: { ...machine, hugeVmemmap: false } }]
      : [];
    return [{ name, machine }, ...small];
  });
}

/** @throws CodeError where a tree does not compile */
export function searchDifferences(options: SearchOptions): SearchResult {
  const found: FoundDifference[] = [];
  const machines: SearchedMachine[] = [];
  const leftOut: string[] = [];
  const kinds = new Set<string>();
  for (const { name, machine } of machinesOf(options)) {
    options.onMachine?.(name);
    const { sections, units, altmaps, memory, depth, fail, from, to } = options;
    const on = ({ name: kernel }: Release) =>
      createAlphabet({ machine: { ...machine, kernel }, sections, units, altmaps, memory });
    let result: ReturnType<typeof lockstep>;
    let alphabet: ReturnType<typeof on>;
    try {
      alphabet = on(from);
      result = lockstep(alphabet, alphabetOn(alphabet, to.name), { depth, fail });
    } catch (error) {
      if (!(error instanceof ScenarioError) || (error instanceof CodeError && !error.isOfMachine)) throw error;
      leftOut.push(`${name}: ${error.message}`);
      continue;
    }
    machines.push({ name, steps: result.steps, states: result.states, otherWays: result.otherWays });
    for (const { moves, fields } of result.differences) {
      const { machine: played, ...input } = scenarioOf(alphabet, moves);
      const scenario = { ...input, machine: { ...played, kernel: undefined } };
      const difference = inspect(scenario, fields, options);
      const kind = JSON.stringify([
        difference.functions,
        moves.at(-1)!.action.op,
        difference.steps.at(-1)?.map(({ field }) => field),
      ]);
      if (kinds.has(kind)) continue;
      kinds.add(kind);
      found.push({ ...difference, scenario: { ...scenario, title: name } });
    }
  }
  return { found, machines, leftOut };
}

/**
 * Runs a sequence again, to tell in which event and function the kernels part.
 * @param fields that differ behind it; bytes of memory are none that a run tells
 */
function inspect(
  scenario: ScenarioInput,
  fields: readonly FieldDifference[],
  { from, to }: SearchOptions,
): FoundDifference {
  const file = scenarioSchema.parse(scenario);
  const [left, right] = [resolveScenario(file, { release: from }), resolveScenario(file, { release: to })];
  const difference = diffScenario(left, right);
  const at = difference.first?.event;
  const functions =
    at === undefined
      ? ([undefined, undefined] as const)
      : ([new EventTrace(left, at).functionAt, new EventTrace(right, at).functionAt] as const);
  const steps = difference.steps.map((told, i, { length }) =>
    i === length - 1 && told.length === 0 ? [...fields] : told,
  );
  return { ...difference, steps, scenario, resolved: left, functions };
}
