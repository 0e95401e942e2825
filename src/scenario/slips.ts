// SPDX-License-Identifier: GPL-2.0-only

import { MAX_LEAVES } from '../kernel/vmemmap-view.js';
import { outside } from '../hardware/ranges.js';
import type { Architecture } from '../../arch/architecture.js';
import { findRelease, MAINLINE_RELEASES, resolveTraits } from '../history/releases.js';
import { eachOf, ScenarioError } from '../kernel/scenario-error.js';
import { refuseDevices, type Scenario, type Step } from './scenario.js';

/** A person's slips: steps that fit their schema and that no kernel is ever asked for. */

/** Bytes [start, end) of memory. */
interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a step gives struct pages, and whether their memmap is folded (vmemmap_populate_compound_pages). */
interface Described extends ByteRange {
  readonly isFolded: boolean;
}

function describedBy(step: Step, pageSize: number): Described | undefined {
  switch (step.op) {
    case 'create-namespace': {
      const isFolded = step.mode === 'devdax' && step.map === 'mem' && step.align > pageSize;
      return { start: step.start, end: step.start + step.size, isFolded };
    }
    case 'virtio-mem':
      return { start: step.start, end: step.start + step.requested, isFolded: false };
    case 'add-pages':
    case 'memremap-pages':
    case 'add-memory': {
      const isFolded = step.op !== 'add-memory' && step.altmap === null && step.vmemmapShift > 0;
      return { start: step.pfn * pageSize, end: (step.pfn + step.nrPages) * pageSize, isFolded };
    }
    default:
      return undefined;
  }
}

/** Bytes of heap that a leaf takes: it stands in the states before and after a step, and in what is compared. */
const LEAF_BYTES = 512;
/** Ranges that are followed from step to step; of more of them the states themselves find that they are too large. */
const MAX_RANGES = 1024;

const length = (ranges: readonly ByteRange[]): number => ranges.reduce((sum, { start, end }) => sum + end - start, 0);

/**
 * Refuses a memmap of more base pages than a state can hold; only leaves of the PMD reach further. What the steps add is
 * counted together, until one takes something away of which it does not say where it lies.
 * @param boot memory that has struct pages before the first step, bytes
 * @throws ScenarioError
 */
export function refuseTooLarge({ steps, machine }: Scenario, boot: readonly ByteRange[] = []): void {
  const { pageSize, structPageSize, hugeVmemmap } = machine.config;
  const maxPages = Math.floor((MAX_LEAVES * pageSize) / structPageSize);
  const hasLargeLeaves = hugeVmemmap && pageSize === 4096;
  const refuseAbove = (bytes: number, subject: string): void => {
    const pages = Math.ceil(bytes / pageSize);
    if (pages <= maxPages) return;
    const gibibytes = Math.ceil((pages * structPageSize * LEAF_BYTES) / pageSize / 2 ** 30);
    throw new ScenarioError(
      `${subject} ${pages} pages; allowed are at most ${maxPages}, a memmap of ${MAX_LEAVES} base pages, since this would take about ${gibibytes} GiB of this machine's memory`,
    );
  };
  let described = hasLargeLeaves ? [] : boot;
  refuseAbove(length(described), 'machine.boot has');
  let isTold = false;
  eachOf(steps, (step, i) => {
    const added = describedBy(step, pageSize);
    if (added !== undefined && (!hasLargeLeaves || (added.isFolded && machine.traits.daxTailReuse))) {
      refuseAbove(added.end - added.start, `steps[${i}] has`);
      if (described.length > MAX_RANGES || isTold) return;
      described = [...outside(described, added), added];
      isTold = length(described) > maxPages * pageSize;
      refuseAbove(length(described), `with steps[${i}] there are`);
    } else if ('device' in step) {
      described = [];
    } else if (step.op === 'remove-pages' || step.op === 'remove-memory' || step.op === 'offline-and-remove-memory') {
      described = outside(described, { start: step.pfn * pageSize, end: (step.pfn + step.nrPages) * pageSize });
    }
  });
}

/** Memory of the boot, which the states of a run tell of. */
const bootOf = ({ machine: { boot, config } }: Scenario): ByteRange[] =>
  boot.map(({ pfn, nrPages }) => ({ start: pfn * config.pageSize, end: (pfn + nrPages) * config.pageSize }));

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
  refuseTooLarge(scenario, bootOf(scenario));
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
