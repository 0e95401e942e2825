// SPDX-License-Identifier: GPL-2.0-only

import { PageFault } from '../hardware/mmu.js';
import { NoBootMemory } from '../hardware/page-allocator.js';
import { KernelBug } from '../kernel/log.js';
import { pfnToPage, type Kernel } from '../kernel/kernel.js';
import { addMemory, offlineAndRemoveMemory, removeMemory, supportsMemmapOnMemory } from '../mm/add-memory.js';
import { hugetlbVmemmapOptimize, hugetlbVmemmapRestore } from '../mm/hugetlb-vmemmap.js';
import { eachBlock, offlineBlock, onlineBlock } from '../mm/memory-block.js';
import { memremapPages, memunmapPages } from '../mm/memremap.js';
import { INITIALISED } from '../mm/system-memory.js';
import { SYSTEM_RAM } from '../mm/resource.js';
import type { DevPagemap, VmemAltmap } from '../kernel/memremap.js';
import { Faults, NO_FAULTS, type SystemMemory } from '../mm/system-memory.js';
import {
  createDevices,
  type ByteRegion,
  createNamespaceDevice,
  destroyNamespaceDevice,
  kmem,
  kmemRelease,
  resizeVirtioMem,
  virtioMemLines,
  type Devices,
} from '../drivers/devices.js';
import { ScenarioError } from '../kernel/scenario-error.js';
import { bootKernel, bootMemory, type MachineOptions } from './machine.js';
import type { Scenario, Step } from './scenario.js';
import { captureMemory, type MemoryState } from './hotplug-state.js';
import { captureState, type State } from './state.js';
import { activeMemmap } from '../kernel/vmemmap-view.js';

/** Runs the steps of a scenario on a kernel, one after the other. */

/** What a step returned: 0 or a negative errno, null for a void function, "BUG" where the kernel stopped. */
export type StepReturn = number | null | 'BUG';

/** A scenario in progress. */
export interface Run {
  readonly scenario: Scenario;
  readonly kernel: Kernel;
  readonly altmaps: ReadonlyMap<string, VmemAltmap>;
  readonly memory: SystemMemory;
  readonly devices: Devices;
  /** A step had to do with {@link memory} or {@link devices}; until then they are as after boot. */
  hasTouchedMemory: boolean;
  /** Tables that went back and that an IOMMU may still walk, where somebody follows them from step to step. */
  iommuTables: Set<number> | undefined;
  /** The first thing that stopped the kernel, if something did. */
  stopped: string | undefined;
  /** What was thrown then: its stack is the kernel's. */
  stoppedBy: Error | undefined;
}

/**
 * Boots the machine of a scenario. No step has run yet.
 * @param namesFunctions whoever listens asks which kernel functions are running: all of a user's tree shall be told
 * @returns the run, for {@link runStep} and {@link captureRun}
 * @throws ScenarioError where the machine has too little memory for page tables and the memmap of boot memory
 */
export function startRun(scenario: Scenario, namesFunctions = false): Run {
  const kernel = bootWithin({ ...scenario.machine, namesFunctions });
  const memory = bootMemory(kernel, scenario);
  return {
    scenario,
    kernel,
    altmaps: new Map(scenario.altmaps.map((spec) => [spec.name, { ...spec, alloc: 0 }])),
    memory,
    devices: createDevices(memory, scenario.nvdimmKmsan, persistentRegions(scenario)),
    hasTouchedMemory: false,
    iommuTables: undefined,
    stopped: undefined,
    stoppedBy: undefined,
  };
}

/** Regions of persistent memory, which the firmware tells of at boot: one for each namespace that is made. */
const persistentRegions = ({ steps }: Scenario): Map<string, ByteRegion> =>
  new Map(steps.flatMap((step) => (step.op === 'create-namespace' ? [[step.device, step]] : [])));

function bootWithin(machine: MachineOptions): Kernel {
  try {
    return bootKernel(machine);
  } catch (error) {
    if (!(error instanceof NoBootMemory)) throw error;
    const bytes = (machine.ramPages ?? 0) * machine.config.pageSize;
    throw new ScenarioError(`machine.ramSize is ${bytes}; it is too small to boot: ${error.message}`);
  }
}

/** Steps that change nothing above sections. */
const PAGE_STEPS: ReadonlySet<Step['op']> = new Set(['add-pages', 'remove-pages', 'use', 'going-offline']);

/**
 * Calls the kernel function that a step stands for, on the run's own kernel, which it changes.
 * @returns the function's return value, or `BUG` where the kernel stops: the run then has `stopped`, and takes no further step
 * @throws what is no stop of a kernel: a defect of this program, or {@link ScenarioError} where a driver has no such device
 */
export function runStep(run: Run, step: Step): StepReturn {
  try {
    return dispatch(run, step);
  } catch (error) {
    if (!(error instanceof KernelBug || error instanceof PageFault)) throw error;
    run.stopped = error.message;
    run.stoppedBy = error;
    return 'BUG';
  }
}

function dispatch(run: Run, step: Step): StepReturn {
  const { kernel, memory, devices } = run;
  const altmap = 'altmap' in step && step.altmap !== null ? run.altmaps.get(step.altmap)! : null;
  kernel.frameContent = ('frameContent' in step && step.frameContent) || null;
  memory.faults = 'fail' in step ? new Faults(step.fail) : NO_FAULTS;
  if (!PAGE_STEPS.has(step.op)) run.hasTouchedMemory = true;
  switch (step.op) {
    case 'add-pages':
      return kernel.memoryHotplug.addPages(step.nid, step.pfn, step.nrPages, altmap, pgmapOf(step));
    case 'remove-pages':
      kernel.memoryHotplug.removePages(step.pfn, step.nrPages, altmap, pgmapOf(step));
      return null;
    case 'use':
      initialiseMemmap(kernel, step.pfn, step.nrPages, memory);
      return null;
    case 'memremap-pages':
      return memremapPages(memory, {
        id: step.device,
        nid: step.nid,
        pfn: step.pfn,
        nrPages: step.nrPages,
        altmap,
        vmemmapShift: step.vmemmapShift,
        isPrivate: step.isPrivate,
      });
    case 'memunmap-pages':
      return memunmapPages(memory, step.device);
    case 'add-memory':
      return addMemory(memory, {
        nid: step.nid,
        pfn: step.pfn,
        nrPages: step.nrPages,
        memmapOnMemory:
          step.memmapOnMemory && (kernel.traits.momFallbackToRam || supportsMemmapOnMemory(memory, step.nrPages)),
        mergeResource: step.mergeResource,
        offlineInaccessible: step.offlineInaccessible,
        name: step.driver === null ? SYSTEM_RAM : { text: `System RAM (${step.driver})` },
      });
    case 'online':
      return eachBlock(memory, step.pfn, step.nrPages, (block) => onlineBlock(memory, block, step.type));
    case 'offline':
      return eachBlock(memory, step.pfn, step.nrPages, (block) => offlineBlock(memory, block));
    case 'going-offline':
      return kernel.code.goingOffline?.(step.pfn, step.nrPages) ?? 0;
    case 'remove-memory':
      return removeMemory(memory, step.pfn, step.nrPages);
    case 'offline-and-remove-memory':
      return offlineAndRemoveMemory(memory, step.pfn, step.nrPages);
    case 'hugetlb-optimize':
      return hugetlbVmemmapOptimize(memory, hugePagesOf(step), step.hugePages).err;
    case 'hugetlb-restore':
      return hugetlbVmemmapRestore(memory, hugePagesOf(step)).err;
    case 'create-namespace':
      return createNamespaceDevice(devices, step);
    case 'destroy-namespace':
      return destroyNamespaceDevice(devices, step.device);
    case 'kmem':
      return kmem(devices, step.device, step.memmapOnMemory, step.node);
    case 'kmem-release':
      return kmemRelease(devices, step.device);
    case 'virtio-mem':
      return resizeVirtioMem(devices, step.device, step, step.requested, step.node);
  }
}

/** The geometry of compound pages that a step passes on, or null where it has none. */
const pgmapOf = ({ pfn, vmemmapShift }: { pfn: number; vmemmapShift: number }): DevPagemap | null =>
  vmemmapShift === 0 ? null : { rangeStartPfn: pfn, vmemmapShift };

/** First frames of the huge pages of a range. */
const hugePagesOf = ({ pfn, nrPages, hugePages }: { pfn: number; nrPages: number; hugePages: number }): number[] =>
  Array.from({ length: nrPages / hugePages }, (_, i) => pfn + i * hugePages);

/**
 * What onlining does to the struct pages of a range: every byte of those that are active and mapped is written.
 * @param pfn first page
 * @param nrPages pages
 * @param memory tells of memory that cannot be reached yet
 * @throws PageFault where the memmap lies in such memory, or where the page table that the CPU has loaded lacks what the
 *   kernel's own has
 */
export function initialiseMemmap(kernel: Kernel, pfn: number, nrPages: number, memory?: SystemMemory): void {
  const { mmu, loadedMmu = mmu } = kernel.platform;
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
      if (loadedMmu !== mmu && loadedMmu.walk(address) === undefined) throw new PageFault(address);
      if (memory?.inaccessible.get(Math.floor(leaf.pa / kernel.pageSize))) throw new PageFault(address);
      const part = Math.min(end, leaf.start + leaf.size) - address;
      kernel.ram.memset(leaf.pa + (address - leaf.start), INITIALISED, part);
      kernel.observer?.initialise(address, part);
      address += part;
    }
  }
}

/** What a step returned, and the state that it left; memory blocks, zones and iomem where the scenario has to do with them. */
export type StepResult = { ret: StepReturn } & State &
  Partial<MemoryState> & {
    /** Memory blocks of virtio-mem devices, and what of the last one is plugged. */
    virtioMem?: string[];
  };

/** Memory blocks with books of their own that a state tells of; every leaf is looked up in each of them. */
const MAX_BLOCK_ALTMAPS = 1024;

/** Altmaps of memory blocks that hold their memmap, in releases that keep them; none where there are very many. */
export function blockAltmaps({ memory }: Run): VmemAltmap[] {
  const altmaps = [...memory.blocks.values()].flatMap((block) => block.altmap ?? []);
  return altmaps.length > MAX_BLOCK_ALTMAPS ? [] : altmaps;
}

/** The altmaps of a run: those that the scenario names, and those of memory blocks. */
export const altmapsOf = (run: Run): VmemAltmap[] => [...run.altmaps.values(), ...blockAltmaps(run)];

/**
 * The state after a step: leaves, tables, counters, log. Zones, nodes, blocks and the iomem tree are included only if a step of
 * the scenario can change them. Empties the log, so call it once a step: a second call shows no warning.
 * @param ret what the step returned
 */
export function captureRun(run: Run, ret: StepReturn): StepResult {
  const { kernel, memory, scenario } = run;
  const state = captureState(kernel, altmapsOf(run), scenario.machine.config.vmemmapBase);
  const virtioMem = virtioMemLines(run.devices);
  return {
    ret,
    ...state,
    ...(scenario.showsMemory ? captureMemory(memory) : {}),
    ...(virtioMem.length > 0 && { virtioMem }),
  };
}

/**
 * Runs a whole scenario.
 * @returns one state for each step that ran; the last is that of the step that stopped the kernel, if one did
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
