// SPDX-License-Identifier: GPL-2.0-only

import {
  auditCell,
  auditedMachinesOf,
  machineTitle,
  shapeScenario,
  type AuditedMachine,
  type Cell,
} from '../audit/audit.js';
import { SHAPES, type Shape } from '../audit/shapes.js';
import { entriesExplaining } from '../explore/where.js';
import { resolveTraits, type Release } from '../history/releases.js';
import { CodeError } from '../kernel/memmap-code.js';
import type { ScenarioInput } from '../scenario/schema.js';
import type { TestResult, Trial } from './test-result.js';

/** The altmap audit of a kernel: what no other kernel does, and no entry of the catalogue says, is a bug. */

export const auditTests = (trial: Trial): TestResult[] =>
  auditedMachinesOf(trial.filter).flatMap((machine) => {
    const title = machineTitle(machine);
    trial.onProgress?.(title);
    try {
      return SHAPES.map((shape) => ({ name: `${title}, ${shape.name}`, ...judged(machine, shape, trial) }));
    } catch (error) {
      if (!(error instanceof CodeError && error.isOfMachine)) throw error;
      return [{ name: title, outcome: 'skipped' as const, text: error.message, entries: [] }];
    }
  });

function judged(machine: AuditedMachine, shape: Shape, { kernel, against }: Trial): Omit<TestResult, 'name'> {
  const cell = auditCell(machine, shape, [kernel])[0]!;
  const before = against === undefined ? undefined : auditCell(machine, shape, [against])[0]!;
  if (before !== undefined && !isSame(cell, before)) {
    const text = `${cell.verdict}: ${cell.reason}; ${before.verdict} on ${before.release}: ${before.reason}`;
    const scenario = scenarioOf(machine, shape, kernel);
    return { outcome: 'failed', text, entries: entriesExplaining(scenario), scenario };
  }
  if (cell.verdict === 'untestable') return { outcome: 'skipped', text: cell.reason, entries: [] };
  const text = `${cell.verdict}: ${cell.reason}`;
  if (cell.verdict !== 'broken') return { outcome: 'passed', text, entries: [] };
  const scenario = scenarioOf(machine, shape, kernel);
  const entries = entriesExplaining(scenario);
  const isKnown = before !== undefined || entries.length > 0;
  return { outcome: isKnown ? 'known' : 'failed', text, entries, scenario };
}

const isSame = (a: Cell, b: Cell): boolean => a.verdict === b.verdict && a.breaks?.join() === b.breaks?.join();

function scenarioOf(machine: AuditedMachine, shape: Shape, kernel: Release): ScenarioInput {
  const scenario = shapeScenario(machine, shape, resolveTraits(kernel));
  return { ...scenario, machine: { ...scenario.machine, kernel: kernel.name } };
}
