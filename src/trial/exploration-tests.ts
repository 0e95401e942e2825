// SPDX-License-Identifier: GPL-2.0-only

import { auditedMachinesOf, machineTitle, type AuditedMachine } from '../audit/audit.js';
import { exploreAll, type Exploration } from '../explore/explorer.js';
import { entriesExplaining, entriesLike, isFoundOn } from '../explore/where.js';
import type { Violation } from '../explore/violations.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { CodeError } from '../kernel/memmap-code.js';
import { ALTMAPS, UNITS } from './reach.js';
import type { TestResult, Trial } from './test-result.js';

/** Every sequence up to a depth on every machine: a violation that no other kernel has, and no entry explains, is a bug. */

export const explorationTests = (trial: Trial): TestResult[] =>
  auditedMachinesOf(trial.filter).flatMap((machine) => {
    const title = machineTitle(machine);
    trial.onProgress?.(title);
    const exploration = explored(machine, trial);
    if (typeof exploration === 'string') return [{ name: title, outcome: 'skipped', text: exploration, entries: [] }];
    const { states, steps, violations } = exploration;
    const searched = `${states} states by ${steps} steps`;
    if (violations.length === 0) return [{ name: title, outcome: 'passed', text: searched, entries: [] }];
    return violations.map((violation) => ({
      name: `${title}, ${violation.invariant} in ${violation.function}`,
      ...judged(violation, trial),
    }));
  });

/** What exploring a machine finds, or why it cannot be explored. */
function explored(machine: AuditedMachine, { kernel, depth, sections }: Trial): Exploration | string {
  const { architecture, configuration, structPageSize } = machine;
  const { pageSize, mmu, pagingLevels, vaBits } = configuration;
  try {
    return exploreAll({
      machine: {
        arch: architecture.name,
        kernel: kernel.name,
        pageSize,
        mmu,
        pagingLevels,
        vaBits,
        structPageSize,
      },
      sections,
      depth,
      units: UNITS,
      altmaps: ALTMAPS,
      fail: true,
    });
  } catch (error) {
    if (!(error instanceof ScenarioError) || (error instanceof CodeError && !error.isOfMachine)) throw error;
    return error.message;
  }
}

function judged(violation: Violation, { against }: Trial): Omit<TestResult, 'name'> {
  const like = entriesLike(violation);
  const entries = like.length > 0 ? like : entriesExplaining(violation.scenario);
  const isKnown = against === undefined ? entries.length > 0 : isFoundOn(against, violation);
  const { finding, scenario } = violation;
  return { outcome: isKnown ? 'known' : 'failed', text: finding.text, entries, scenario };
}
