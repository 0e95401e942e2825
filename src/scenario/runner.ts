// SPDX-License-Identifier: GPL-2.0-only

import { PageFault } from '../hardware/mmu.js';
import { KernelBug } from '../kernel/log.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { addPages, removePages } from '../mm/memory-hotplug.js';
import { memoryBlocks, type MemoryBlocks } from '../mm/memory-block.js';
import { memremapPages, memunmapPages, type PgmapTable } from '../mm/memremap.js';
import type { VmemAltmap } from '../mm/vmem-altmap.js';
import { bootKernel } from './machine.js';
import type { Scenario, Step } from './scenario.js';
import { activeMemmap, captureState, type State } from './state.js';

/** Runs the steps of a scenario on a kernel, one after the other. */

/** What a step returned: 0 or a negative errno, null for a void function, "BUG" where the kernel stopped. */
export type StepReturn = number | null | 'BUG';

/** The byte that `use` writes: onlining initialises struct pages, and what matters is that it is not PAGE_UNUSED. */
const INITIALISED = 0x01;

/** A scenario in progress. */
export interface Run {
  readonly scenario: Scenario;
  readonly kernel: Kernel;
  readonly altmaps: ReadonlyMap<string, VmemAltmap>;
  readonly devices: PgmapTable;
  readonly blocks: MemoryBlocks;
  /** The first thing that stopped the kernel, if something did. */
  stopped: string | undefined;
}

export function startRun(scenario: Scenario): Run {
  const kernel = bootKernel(scenario.machine);
  return {
    scenario,
    kernel,
    altmaps: new Map(scenario.altmaps.map((spec) => [spec.name, { ...spec, alloc: 0 }])),
    devices: new Map(),
    blocks: memoryBlocks(scenario.blockPages, scenario.memmapOnMemory),
    stopped: undefined,
  };
}

/** Runs one step. */
export function runStep(run: Run, step: Step): StepReturn {
  try {
    return dispatch(run, step);
  } catch (error) {
    if (!(error instanceof KernelBug || error instanceof PageFault)) throw error;
    run.stopped = error.message;
    return 'BUG';
  }
}

function dispatch(run: Run, step: Step): StepReturn {
  const { kernel } = run;
  const altmap = 'altmap' in step && step.altmap !== null ? run.altmaps.get(step.altmap)! : null;
  switch (step.op) {
    case 'add-pages':
      return addPages(kernel, step.nid, step.pfn, step.nrPages, altmap);
    case 'remove-pages':
      removePages(kernel, step.pfn, step.nrPages, altmap);
      return null;
    case 'use':
      initialiseMemmap(kernel, step.pfn, step.nrPages);
      return null;
    case 'memremap-pages':
      return memremapPages(kernel, run.devices, {
        id: step.device,
        pfn: step.pfn,
        nrPages: step.nrPages,
        altmap,
        vmemmapShift: step.vmemmapShift,
      });
    case 'memunmap-pages':
      return memunmapPages(kernel, run.devices, step.device);
    case 'add-memory':
      return run.blocks.add(kernel, 0, step.pfn, step.nrPages, step.memmapOnMemory);
    case 'remove-memory':
      return run.blocks.remove(kernel, step.pfn, step.nrPages);
  }
}

/**
 * What onlining does to the struct pages of a range: every byte of those that are active and mapped is written.
 * @param pfn first page
 * @param nrPages pages
 */
export function initialiseMemmap(kernel: Kernel, pfn: number, nrPages: number): void {
  const { mmu } = kernel.arch;
  const from = pfnToPage(kernel, pfn);
  const to = from + nrPages * kernel.structPageSize;
  for (const range of activeMemmap(kernel)) {
    const end = Math.min(range.end, to);
    let address = Math.max(range.start, from);
    while (address < end) {
      const leaf = mmu.walk(address);
      if (leaf === undefined) {
        address = (Math.floor(address / kernel.pageSize) + 1) * kernel.pageSize;
        continue;
      }
      const part = Math.min(end, leaf.start + leaf.size) - address;
      kernel.ram.memset(leaf.pa + (address - leaf.start), INITIALISED, part);
      kernel.observer?.initialise(address, part);
      address += part;
    }
  }
}

export type StepResult = { ret: StepReturn } & State;

/** The state after a step. */
export function captureRun(run: Run, ret: StepReturn): StepResult {
  return { ret, ...captureState(run.kernel, [...run.altmaps.values()], run.scenario.machine.config.vmemmapBase) };
}

/**
 * Runs a whole scenario.
 * @returns the state after each step; one element less for each step behind one that stopped the kernel
 */
export function runScenario(scenario: Scenario): StepResult[] {
  const run = startRun(scenario);
  const results: StepResult[] = [];
  for (const step of scenario.steps) {
    const ret = runStep(run, step);
    results.push(captureRun(run, ret));
    if (ret === 'BUG') break;
  }
  return results;
}
