// SPDX-License-Identifier: GPL-2.0-only

import type { Finding } from '../check/checked-run.js';
import { CodeError } from '../kernel/memmap-code.js';
import { DEFAULT_RELEASE, olderFirst, RELEASES, type Release } from '../history/releases.js';
import { checkWith, InputError } from '../scenario/input.js';
import { resolveScenario, type Scenario } from '../scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../scenario/schema.js';
import { BUGS, type Bug } from './bugs/index.js';
import { bugOn, playBug, saysPresent, symptomOf } from './repro.js';

/** Which entries of the catalogue a machine has: those that its release is said to have are played, with its struct page. */

/** What of a machine decides which entries it has. */
export type BuggyMachine = Pick<Scenario['machine'], 'config' | 'release'>;

/** An entry that a machine has. */
export interface BugHere {
  readonly bug: Bug;
  /** What its steps bring here; undefined where they show it with another sizeof(struct page) only. */
  readonly finding: Finding | undefined;
  /** The next release that has it no more; undefined where none is. */
  readonly endedBy: Release | undefined;
}

/** A step that any machine takes: a scenario needs one. */
const NOTHING: ScenarioInput['steps'][number] = { op: 'use', pfn: 0, nrPages: 1 };

/**
 * A machine by what a scenario says of one.
 * @param machine as it was read, of which nothing is known yet
 * @throws InputError or ScenarioError where there is no such machine
 */
export function machineOf(machine: unknown, release: Release = DEFAULT_RELEASE): BuggyMachine {
  const checked = checkWith(scenarioSchema, { machine, steps: [NOTHING] });
  if ('mistakes' in checked) throw new InputError(checked.mistakes[0]!.sentence);
  return resolveScenario(checked.data, { release }).machine;
}

/** The next release that has an entry no more. */
const endOf = (bug: Bug, release: Release): Release | undefined =>
  RELEASES.find((later) => olderFirst(later, release) > 0 && !saysPresent(bug, later));

/** Whether an entry is about machines of this kind: the same architecture, page size and MMU. */
function isOfKind(bug: Bug, { config, release }: BuggyMachine): boolean {
  if (bug.scenario.machine.arch !== config.arch) return false;
  const own = bugOn(bug, release);
  return (
    typeof own !== 'string' && own.machine.config.pageSize === config.pageSize && own.machine.config.mmu === config.mmu
  );
}

/** What an entry's steps bring on a machine. */
function shownOn(bug: Bug, { config, release }: BuggyMachine): Finding | undefined {
  const scenario = bugOn(bug, release, config.structPageSize);
  if (typeof scenario === 'string') return undefined;
  try {
    return symptomOf(bug, playBug(bug, scenario));
  } catch (error) {
    // A tree of which no code runs for the architecture.
    if (error instanceof CodeError) return undefined;
    throw error;
  }
}

/** {@link bugsHere}, with a halt before each entry that is played. */
export function* bugsHereInTurns(machine: BuggyMachine): Generator<undefined, BugHere[], void> {
  const { config, release } = machine;
  const found: BugHere[] = [];
  for (const bug of BUGS) {
    if (!saysPresent(bug, release) || !isOfKind(bug, machine)) continue;
    yield;
    const finding = shownOn(bug, machine);
    if (finding !== undefined || !bug.structPageSizes.includes(config.structPageSize))
      found.push({ bug, finding, endedBy: endOf(bug, release) });
  }
  return found;
}

/**
 * The release to hold a machine's own against: the next in which an entry has ended that the machine has, or the newest; undefined
 * where its own is the newest.
 */
export function releaseBeside(machine: BuggyMachine): { release: Release; ended: Bug[] } | undefined {
  const { config, release } = machine;
  const here = BUGS.filter(
    (bug) => saysPresent(bug, release) && bug.structPageSizes.includes(config.structPageSize) && isOfKind(bug, machine),
  );
  const later = RELEASES.filter((other) => olderFirst(other, release) > 0);
  const next = later.find((other) => here.some((bug) => !saysPresent(bug, other))) ?? later[later.length - 1];
  return next && { release: next, ended: here.filter((bug) => !saysPresent(bug, next)) };
}
