// SPDX-License-Identifier: GPL-2.0-only

import { SUBSECTION_SIZE } from '../kernel/mem-sections.js';
import { MAX_LEAVES } from '../kernel/vmemmap-view.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import type { Scenario, Step } from './scenario.js';

/** A person's slips: steps that fit their schema and that no kernel is ever asked for. */

/**
 * Refuses a memmap of more base pages than a state can hold; only leaves of the PMD reach further.
 * @throws ScenarioError
 */
export function refuseTooLarge({ steps, machine }: Scenario): void {
  const { pageSize, structPageSize, hugeVmemmap } = machine.config;
  if (hugeVmemmap && pageSize === 4096) return;
  const maxPages = Math.floor((MAX_LEAVES * pageSize) / structPageSize);
  steps.forEach((step, i) => {
    if (!('pfn' in step) || step.nrPages <= maxPages) return;
    throw new ScenarioError(
      `steps[${i}].nrPages is ${step.nrPages}; allowed are at most ${maxPages}, a memmap of ${MAX_LEAVES} base pages`,
    );
  });
}

/** Steps that take whole memory blocks. */
export const BLOCK_STEPS: ReadonlySet<string> = new Set<Step['op']>([
  'add-memory',
  'online',
  'offline',
  'remove-memory',
  'offline-and-remove-memory',
]);
/**
 * Refuses parts of memory blocks, and steps that the machine's command line makes pointless.
 * @throws ScenarioError
 */
export function refuseBlockSlips({ steps, blockPages, hugetlbOptimized, machine }: Scenario): void {
  steps.forEach((step, i) => {
    if (step.op === 'hugetlb-optimize' && !hugetlbOptimized) {
      throw new ScenarioError(`machine.hugetlbOptimized is false; steps[${i}] folds memmaps only where it is true`);
    }
    if (!BLOCK_STEPS.has(step.op) || !('pfn' in step)) return;
    for (const name of ['pfn', 'nrPages'] as const) {
      if (step[name] % blockPages === 0) continue;
      const bytes = blockPages * machine.config.pageSize;
      throw new ScenarioError(
        `steps[${i}].${name} is ${step[name]}; allowed are multiples of ${blockPages}, a memory block of ${bytes} bytes`,
      );
    }
  });
}

/**
 * What a person writing a scenario surely did not mean, though a kernel has an answer to it.
 * @throws ScenarioError
 */
export function refuseSlips(scenario: Scenario): void {
  const { pageSize } = scenario.machine.config;
  const subsection = SUBSECTION_SIZE / pageSize;
  refuseTooLarge(scenario);
  refuseBlockSlips(scenario);
  scenario.steps.forEach((step, i) => {
    if (!('pfn' in step)) return;
    for (const name of ['pfn', 'nrPages'] as const) {
      if (step.op !== 'use' && step[name] % subsection !== 0) {
        throw new ScenarioError(
          `steps[${i}].${name} is ${step[name]}; allowed are multiples of ${subsection}, a subsection of 2 MiB`,
        );
      }
    }
    if (!(step.op === 'add-pages' || step.op === 'memremap-pages') || step.altmap === null) return;
    const altmap = scenario.altmaps.find((a) => a.name === step.altmap)!;
    const end = step.pfn + step.nrPages;
    if (altmap.basePfn < step.pfn || altmap.basePfn + altmap.reserve + altmap.free > end) {
      throw new ScenarioError(
        `altmaps.${altmap.name} takes frames ${altmap.basePfn} to ${altmap.basePfn + altmap.reserve + altmap.free - 1}; ` +
          `allowed are frames of the range that steps[${i}] adds, ${step.pfn} to ${end - 1}`,
      );
    }
  });
}
