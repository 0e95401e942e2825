// SPDX-License-Identifier: GPL-2.0-only

import { observe } from '../../kernel/kernel.js';
import { DEAF_OBSERVER } from '../../kernel/observer.js';
import { runStep, startRun } from '../../scenario/runner.js';
import { resolveScenario, type Scenario, type Step } from '../../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../scenario/schema.js';
import { runChecked, type Finding } from '../checked-run.js';
import { kernelStack } from '../kernel-stack.js';
import type { Action, Alphabet } from './alphabet.js';

/** What an exploration found: a violation of each kind, by the shortest sequence that shows it. */

/** An action, and which allocation fails in it, counted from 1; 0 for none. */
export interface Move {
  readonly action: Action;
  readonly failing: number;
}

/** A kind of violation: an invariant that breaks, and the kernel function at fault. */
export interface Violation {
  readonly invariant: string;
  /** The innermost kernel function that touched what the finding is about, in the step that brought it. */
  readonly function: string;
  /** What the invariant says, of the last step. */
  readonly text: string;
  /** Steps of the sequence. */
  readonly length: number;
  /** The sequence, for `vmemmap run`. */
  readonly scenario: ScenarioInput;
}

/** Findings that read alike but for their numbers are looked at so many times: they may be the fault of others. */
const LOOKS = 8;

/** The kernel function that a step calls, where nothing that it calls has a part in what is wrong. */
const ENTRY_FUNCTION: Readonly<Partial<Record<Step['op'], string>>> = {
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

/** What invariants say of a page, and where it is in the text. */
const ADDRESS = /\b[0-9a-f]{16}\b/;
const LOW_52_BITS = 2n ** 52n - 1n;

export class ViolationBook {
  readonly violations: Violation[] = [];
  private readonly looks = new Map<string, number>();

  constructor(private readonly alphabet: Alphabet) {}

  /**
   * Notes something wrong. It is kept if it is of a new kind: the sequence is played from the start then, as `vmemmap run`
   * does, and what that says is what is kept.
   */
  note({ invariant, text }: { invariant: string; text: string }, moves: () => Move[]): void {
    const like = `${invariant} ${text.replace(/\b[0-9a-f]*[0-9][0-9a-f]*\b/g, '#')}`;
    const looks = this.looks.get(like) ?? 0;
    if (looks === LOOKS) return;
    this.looks.set(like, looks + 1);
    const sequence = moves();
    const input = this.scenarioOf(sequence);
    const scenario = resolveScenario(scenarioSchema.parse(input));
    const last = sequence.length - 1;
    const { findings } = runChecked(scenario, { checks: this.alphabet.checks });
    const finding = findings.find((found) => found.invariant === invariant && found.text === text);
    if (finding === undefined) throw new Error(`${invariant}: a sequence of ${sequence.length} steps does not repeat`);
    const touched = functionAtFault(scenario, { ...finding, step: last });
    // What was wrong before and reads otherwise now, though nothing touched it, is not new.
    if (touched === undefined && findings.some((found) => found.step < last && found.invariant === invariant)) return;
    const { op } = sequence[last]!.action.step;
    const at = touched ?? ENTRY_FUNCTION[op] ?? op;
    if (this.violations.some((known) => known.invariant === invariant && known.function === at)) return;
    this.violations.push({
      invariant,
      function: at,
      text,
      length: sequence.length,
      scenario: { ...input, name: `${invariant}-${at}`, title: `${invariant}: ${text}` },
    });
  }

  /** A sequence as a scenario. Allocations that fail are counted over all of it. */
  private scenarioOf(moves: readonly Move[]): ScenarioInput {
    const { alphabet } = this;
    const steps = moves.map(({ action }) => action.input);
    const failAllocations: number[] = [];
    if (moves.some(({ failing }) => failing > 0)) {
      const failing = new Set([0]);
      const { scenario } = alphabet;
      const run = startRun({ ...scenario, machine: { ...scenario.machine, failAllocations: failing } });
      for (const move of moves) {
        if (move.failing > 0) {
          failAllocations.push(run.kernel.allocator.calls + move.failing);
          failing.add(run.kernel.allocator.calls + move.failing);
        }
        runStep(run, move.action.step);
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
}

/** The address that a finding names, low 52 bits; NaN if it names none. */
function addressIn(text: string): number {
  const [digits] = ADDRESS.exec(text) ?? [];
  return digits === undefined ? NaN : Number(BigInt(`0x${digits}`) & LOW_52_BITS);
}

/**
 * The innermost kernel function of the last event, within the step, that touched what a finding is about: its frames, its
 * address, the warning that it is. Undefined where there was none.
 */
function functionAtFault(scenario: Scenario, { step, text, frames = [] }: Finding): string | undefined {
  const run = startRun(scenario);
  for (const earlier of scenario.steps.slice(0, step)) runStep(run, earlier);
  const address = addressIn(text);
  const { kernel } = run;
  const spans = kernel.arch.leafSizes;
  let at: string | undefined;
  const blame = (): void => {
    const stack = kernelStack().filter((name) => !PASSES_ON.has(name));
    at = stack[stack.length - 1] ?? at;
  };
  const blameFrames = (pfn: number, order: number): void => {
    if (frames.some((frame) => frame >= pfn && frame < pfn + 2 ** order)) blame();
  };
  const blameAddress = (from: number, bytes: number): void => {
    if (address >= from && address < from + bytes) blame();
  };
  const spanOf = (level: number): number => spans[Math.min(level, spans.length - 1)]?.size ?? kernel.pageSize;
  const entry = (level: number, of: number): void => {
    const span = spanOf(level);
    blameAddress(Math.floor(of / span) * span, span);
  };
  observe(kernel, {
    ...DEAF_OBSERVER,
    allocPages: (order, _nid, pfn) => blameFrames(pfn, order),
    freePages: (pfn, order) => blameFrames(pfn, order),
    setEntry: (level, of) => entry(level, of),
    clearEntry: (level, of) => entry(level, of),
    memset: (of, _byte, bytes) => blameAddress(of, bytes),
    scan: (of, _byte, bytes) => blameAddress(of, bytes),
    warn: (said) => {
      if (said === text || frames.some((frame) => said.endsWith(`:${frame.toString(16)}`))) blame();
    },
  });
  runStep(run, scenario.steps[step]!);
  return at;
}

/** Functions that only do what they are told. */
const PASSES_ON: ReadonlySet<string> = new Set([
  'alloc_pages_node',
  '__free_pages',
  'note_set',
  'note_clear',
  'set',
  'clear',
  'clear_locked',
]);
