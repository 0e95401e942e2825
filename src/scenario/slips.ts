// SPDX-License-Identifier: GPL-2.0-only

import { MAX_LEAVES } from '../kernel/vmemmap-view.js';
import type { Architecture } from '../../arch/architecture.js';
import { findRelease, MAINLINE_RELEASES, resolveTraits } from '../history/releases.js';
import { eachOf, ScenarioError } from '../kernel/scenario-error.js';
import { refuseDevices, type Scenario, type Step } from './scenario.js';

/** A person's slips: steps that fit their schema and that no kernel is ever asked for. */

/** Base pages that a step gives struct pages, and whether their memmap is folded (vmemmap_populate_compound_pages). */
function memmapOf(step: Step, pageSize: number): { nrPages: number; isFolded: boolean } {
  switch (step.op) {
    case 'create-namespace': {
      const isFolded = step.mode === 'devdax' && step.map === 'mem' && step.align > pageSize;
      return { nrPages: Math.floor(step.size / pageSize), isFolded };
    }
    case 'virtio-mem':
      return { nrPages: Math.floor(step.requested / pageSize), isFolded: false };
    case 'add-pages':
    case 'memremap-pages':
      return { nrPages: step.nrPages, isFolded: step.altmap === null && step.vmemmapShift > 0 };
    default:
      return { nrPages: 'pfn' in step ? step.nrPages : 0, isFolded: false };
  }
}

/**
 * Refuses a memmap of more base pages than a state can hold; only leaves of the PMD reach further.
 * @throws ScenarioError
 */
export function refuseTooLarge({ steps, machine }: Scenario): void {
  const { pageSize, structPageSize, hugeVmemmap } = machine.config;
  const maxPages = Math.floor((MAX_LEAVES * pageSize) / structPageSize);
  eachOf(steps, (step, i) => {
    const { nrPages, isFolded } = memmapOf(step, pageSize);
    const hasLeaves = hugeVmemmap && pageSize === 4096 && !(isFolded && machine.traits.daxTailReuse);
    if (hasLeaves || nrPages <= maxPages) return;
    throw new ScenarioError(
      `steps[${i}] has ${nrPages} pages; allowed are at most ${maxPages}, a memmap of ${MAX_LEAVES} base pages`,
    );
  });
}

/** Releases whose kernels fold the memmap of HugeTLB pages, in words: "from 5.14 on". */
function releasesThatFold({ foldsHugetlbVmemmap }: Architecture): string {
  const names = MAINLINE_RELEASES.filter((name) => foldsHugetlbVmemmap!(resolveTraits(findRelease(name)!)));
  const last = names[names.length - 1]!;
  return last === MAINLINE_RELEASES[MAINLINE_RELEASES.length - 1]
    ? `from ${names[0]!} on`
    : `from ${names[0]!} to ${last}`;
}

/**
 * Refuses to fold and restore the memmap of HugeTLB pages where no kernel does it.
 * @throws ScenarioError
 */
function refuseFolding({ steps, hugetlbOptimized, machine }: Scenario): void {
  const { architecture, release, traits } = machine;
  eachOf(steps, (step, i) => {
    if (step.op !== 'hugetlb-optimize' && step.op !== 'hugetlb-restore') return;
    if (architecture.foldsHugetlbVmemmap === undefined) {
      throw new ScenarioError(
        `steps[${i}].op is "${step.op}"; ${architecture.name} kernels do not fold the memmap of HugeTLB pages (ARCH_WANT_OPTIMIZE_HUGETLB_VMEMMAP)`,
      );
    }
    if (!architecture.foldsHugetlbVmemmap(traits)) {
      const releases = releasesThatFold(architecture);
      throw new ScenarioError(
        `steps[${i}].op is "${step.op}"; ${architecture.name} kernels fold the memmap of HugeTLB pages ${releases}, and machine.kernel is "${release.name}"`,
      );
    }
    if (step.op === 'hugetlb-optimize' && !hugetlbOptimized) {
      throw new ScenarioError(`machine.hugetlbOptimized is false; steps[${i}] folds memmaps only where it is true`);
    }
  });
}

/**
 * What a person writing a scenario surely did not mean, though a kernel has an answer to it.
 * @throws ScenarioError
 */
export function refuseSlips(scenario: Scenario): void {
  refuseTooLarge(scenario);
  refuseFolding(scenario);
  refuseDevices(scenario.steps, scenario.machine, ({ op }) => op === 'memremap-pages' || op === 'create-namespace');
  eachOf(scenario.steps, (step, i) => {
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
