// SPDX-License-Identifier: GPL-2.0-only

import { LEVELS, type Level, type LevelName } from '../hardware/page-table.js';
import { observe } from '../kernel/kernel.js';
import { DEAF_OBSERVER } from '../kernel/observer.js';
import { runStep, startRun } from '../scenario/runner.js';
import { resolveScenario, type Scenario, type Step } from '../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { runChecked, type Finding } from '../check/checked-run.js';
import { addressOf, sortOf } from '../check/complaint.js';
import { innermost, kernelStack } from '../check/kernel-stack.js';
import type { Alphabet } from './alphabet.js';
import { FailingCalls } from './failing-calls.js';
import { MoveNumbers, type Move } from './moves.js';
import type { Sighting } from './search.js';

/** What an exploration found: a violation of each kind, by the shortest sequence that shows it. */

/** A kind of violation: an invariant that breaks, and the kernel function at fault. */
export interface Violation {
  readonly invariant: string;
  /** The innermost kernel function that touched what the finding is about, in the step that brought it. */
  readonly function: string;
  /** The entry that it wrote or cleared last before that, if it did. */
  readonly entry: EntryAtFault | undefined;
  /** What the invariant complains of, of the last step. */
  readonly finding: Finding;
  /** Address of the struct page of pfn 0, from which a reader knows the upper bits of addresses. */
  readonly vmemmapBase: bigint;
  /** Steps of the sequence. */
  readonly length: number;
  /** The sequence, for `vmemmap run`. */
  readonly scenario: ScenarioInput;
}

/** A page table entry, by the address that it is for, low 52 bits. */
export interface EntryAtFault {
  readonly level: LevelName;
  readonly address: number;
}

/** The kernel function that a step calls, where nothing that it calls has a part in what is wrong. */
export const ENTRY_FUNCTION: Readonly<Partial<Record<Step['op'], string>>> = {
  'add-pages': '__add_pages',
  'remove-pages': '__remove_pages',
  'memremap-pages': 'memremap_pages',
  'memunmap-pages': 'memunmap_pages',
  use: 'memmap_init_range',
  'add-memory': 'add_memory_resource',
  'remove-memory': 'try_remove_memory',
  online: 'memory_block_online',
  offline: 'memory_block_offline',
};

/**
 * Plays the sequences that were seen from the start, as `vmemmap run` does, and keeps the first one of each kind.
 * @param sightings the earliest of each sort, in order
 */
export function violationsOf(alphabet: Alphabet, sightings: readonly Sighting[]): Violation[] {
  const violations: Violation[] = [];
  const moves = new MoveNumbers(alphabet, true);
  for (const sighting of sightings) {
    const violation = inspect(
      alphabet,
      sighting.moves.map((move) => moves.toMove(move)),
      sighting,
    );
    if (violation === undefined) continue;
    const isKnown = violations.some(
      ({ invariant, function: at }) => invariant === violation.invariant && at === violation.function,
    );
    if (!isKnown) violations.push(violation);
  }
  return violations;
}

/**
 * What a sequence shows of a sort of complaint in its last step.
 * @returns undefined where what was wrong before only reads otherwise now, though nothing touched it, or is told again
 * @throws Error when the sequence does not repeat
 */
export function inspect(
  alphabet: Alphabet,
  sequence: readonly Move[],
  { invariant, sort }: Pick<Sighting, 'invariant' | 'sort'>,
): Violation | undefined {
  const input = scenarioOf(alphabet, sequence);
  const scenario = resolveScenario(scenarioSchema.parse(input));
  const last = sequence.length - 1;
  const { findings } = runChecked(scenario, { checks: alphabet.checks });
  const alike = findings.filter((found) => found.invariant === invariant && sortOf(found) === sort);
  const finding = alike.find(({ step }) => step === last);
  if (finding === undefined) {
    // A run does not tell a second time what the step before said in the same words; a single step knows nothing of that.
    if (alike.some(({ step }) => step < last)) return undefined;
    throw new Error(`${invariant}, ${sort}: a sequence of ${sequence.length} steps does not repeat`);
  }
  const fault = faultOf(scenario, finding);
  if (fault === undefined && findings.some((found) => found.step < last && found.invariant === invariant)) {
    return undefined;
  }
  const { op } = sequence[last]!.action.step;
  const at = fault?.function ?? ENTRY_FUNCTION[op] ?? op;
  return {
    invariant,
    function: at,
    entry: fault?.entry,
    finding,
    vmemmapBase: scenario.machine.config.vmemmapBase,
    length: sequence.length,
    scenario: { ...input, name: `${invariant}-${at}`, title: `${invariant}: ${finding.text}` },
  };
}

/** A sequence as a scenario. Allocations that fail are counted over all of it. */
export function scenarioOf(alphabet: Alphabet, moves: readonly Move[]): ScenarioInput {
  const steps = moves.map(({ action }) => action.input);
  const failAllocations: number[] = [];
  if (moves.some(({ failing }) => failing > 0)) {
    const failing = new FailingCalls();
    const { scenario } = alphabet;
    const run = startRun({ ...scenario, machine: { ...scenario.machine, failAllocations: failing } });
    const { allocator } = run.kernel;
    for (const move of moves) {
      failing.begin(move, allocator.calls);
      runStep(run, move.action.step);
      failAllocations.push(...failing.end(allocator.calls));
    }
  }
  const used = new Set(
    moves.flatMap(({ action: { step } }) => ('altmap' in step && step.altmap !== null ? step.altmap : [])),
  );
  const altmaps = alphabet.altmaps.filter(({ name }) => used.has(name));
  return {
    machine: alphabet.machine,
    altmaps: Object.fromEntries(altmaps.map(({ name, ...altmap }) => [name, altmap])),
    steps,
    ...(failAllocations.length === 0 ? {} : { failAllocations }),
  };
}

/** Who is at fault, and with which entry. */
export interface Fault {
  function: string;
  entry: EntryAtFault | undefined;
}

/**
 * The innermost kernel function of the last event, within the step, that touched what a finding is about: its frames, its
 * address, the warning that it is. Undefined where there was none.
 */
export function faultOf(scenario: Scenario, finding: Finding): Fault | undefined {
  const { step, frames = [] } = finding;
  const run = startRun(scenario, true);
  for (const earlier of scenario.steps.slice(0, step)) runStep(run, earlier);
  const address = addressOf(finding) ?? NaN;
  const { kernel } = run;
  const spans = kernel.platform.leafSizes;
  let at: string | undefined;
  let written: EntryAtFault | undefined;
  const blame = (): void => {
    at = innermost(kernelStack(scenario.machine)) ?? at;
  };
  const blameFrames = (pfn: number, order: number): void => {
    if (frames.some((frame) => frame >= pfn && frame < pfn + 2 ** order)) blame();
  };
  const blameAddress = (from: number, bytes: number): boolean => {
    const isMeant = address >= from && address < from + bytes;
    if (isMeant) blame();
    return isMeant;
  };
  const spanOf = (level: number): number => spans[Math.min(level, spans.length - 1)]?.size ?? kernel.pageSize;
  const entry = (level: Level, of: number): void => {
    const span = spanOf(level);
    const start = Math.floor(of / span) * span;
    if (blameAddress(start, span)) written = { level: LEVELS[level], address: start };
  };
  observe(kernel, {
    ...DEAF_OBSERVER,
    allocPages: (order, _nid, pfn) => blameFrames(pfn, order),
    freePages: (pfn, order) => blameFrames(pfn, order),
    setEntry: (level, of) => entry(level, of),
    clearEntry: (level, of) => entry(level, of),
    memset: (of, _byte, bytes) => blameAddress(of, bytes),
    scan: (of, _byte, bytes) => blameAddress(of, bytes),
    warn: (mishap) => {
      const isMeant =
        mishap.kind === 'warn'
          ? finding.kind === 'warning' && finding.warning === mishap.text
          : 'pfn' in mishap && frames.includes(mishap.pfn);
      if (isMeant) blame();
    },
  });
  runStep(run, scenario.steps[step]!);
  return at === undefined ? undefined : { function: at, entry: written };
}
