// SPDX-License-Identifier: GPL-2.0-only

import { ARCHITECTURES } from '../scenario/names.js';
import { CAUSES, type Cause } from '../cycles/causes.js';
import { cycleModel, type CycleModel } from '../cycles/cycle-model.js';
import { registeredName, type CpuProfile, type Hypervisor } from '../cycles/profile.js';
import { profileAt, type End } from '../cycles/range.js';
import { observe, type Kernel } from '../kernel/kernel.js';
import type { DevPagemap, VmemAltmap } from '../kernel/memremap.js';
import { initialiseMemmap, startRun } from '../scenario/runner.js';
import { resolveScenario } from '../scenario/scenario.js';
import { scenarioSchema } from '../scenario/schema.js';
import type { Case, Portion } from './cases.js';
import { elsewhereFields, isElsewhere, type Elsewhere, type ElsewhereFields } from './elsewhere.js';

/** Plays a case: memory comes and goes on a machine of its own, with a clock or without. */

/** Memory that is added lies from here on, and system memory behind all of it: bytes. */
const FIRST_BYTE = 2 ** 32;
const RAM_BYTE = 2 ** 47;

export interface BenchResult extends ElsewhereFields {
  readonly name: string;
  readonly arch: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly hypervisor: Hypervisor;
  readonly pageSize: number;
  readonly structPageSize: number;
  readonly sections: number;
  /** Modelled cycles, a whole number. */
  readonly cycles: number;
  /** The same on the CPU's own node and on bare metal, where either was changed. */
  readonly plainCycles?: number;
  /** At the nominal clock. */
  readonly microseconds: number;
  readonly cyclesPerSection: number;
  /** Cycles with every figure at the cheap and at the dear end of its range, if that was asked for. */
  readonly range?: readonly [cheap: number, dear: number];
  readonly bytesTouched: number;
  /** Tables that were made. */
  readonly tables: number;
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
}

/** What a user may put in the place of what a case says. */
export interface Overrides extends Elsewhere {
  readonly cpu?: CpuProfile | undefined;
  readonly cpus?: number | undefined;
  readonly kernel?: string | undefined;
  /** CPUs that initialise struct pages at once. */
  readonly together?: number | undefined;
  readonly hypervisor?: Hypervisor | undefined;
  /** Which end of their ranges figures have. */
  readonly end?: End | undefined;
}

/** One range that is added and removed at once. */
interface Part {
  pfn: number;
  nrPages: number;
  altmap: VmemAltmap | null;
  pgmap: DevPagemap | null;
}

/** A machine with the parts that come and go. */
export interface Prepared {
  readonly kernel: Kernel;
  /** Name of the release that runs. */
  readonly release: string;
  readonly sections: number;
  readonly add: () => void;
  readonly remove: () => void;
  readonly initialise: () => void;
}

function boot({ machine }: Case, kernel: string | undefined): { kernel: Kernel; release: string } {
  const input = {
    machine: { ...machine, ...(kernel === undefined ? {} : { kernel }) },
    steps: [{ op: 'use', pfn: 0, nrPages: 1 }],
  };
  const scenario = resolveScenario(scenarioSchema.parse(input));
  const { pageSize } = scenario.machine.config;
  const ramBasePfn = RAM_BYTE / pageSize;
  const run = startRun({ ...scenario, machine: { ...scenario.machine, ramBasePfn } });
  return { kernel: run.kernel, release: scenario.machine.release.name };
}

const portionPages = (portion: Portion, { pagesPerSection, pagesPerSubsection, pageSize }: Kernel): number => {
  if (typeof portion === 'number') return portion / pageSize;
  return { section: pagesPerSection, half: pagesPerSection / 2, subsection: pagesPerSubsection }[portion];
};

function ownAltmap(kernel: Kernel, pfn: number, nrPages: number): VmemAltmap {
  const free = Math.ceil((nrPages * kernel.structPageSize) / kernel.pageSize);
  return { name: `at ${pfn}`, basePfn: pfn, endPfn: pfn + nrPages - 1, reserve: 0, free, align: 0, alloc: 0 };
}

function partsOf(c: Case, kernel: Kernel): Part[] {
  const total = c.bytes === undefined ? (c.sections ?? 1) * kernel.pagesPerSection : c.bytes / kernel.pageSize;
  // A portion smaller than a section of this kernel would be refused by one that knows no subsections.
  const smallest = kernel.traits.genericSubsections ? kernel.pagesPerSubsection : kernel.pagesPerSection;
  const step = Math.min(total, Math.max(portionPages(c.portion, kernel), smallest));
  const first = FIRST_BYTE / kernel.pageSize;
  const parts: Part[] = [];
  for (let pfn = first; pfn < first + total; pfn += step) {
    const altmap = c.altmap === true ? ownAltmap(kernel, pfn, step) : null;
    const pgmap =
      c.compound === undefined ? null : { rangeStartPfn: pfn, vmemmapShift: Math.log2(c.compound / kernel.pageSize) };
    parts.push({ pfn, nrPages: step, altmap, pgmap });
  }
  return parts;
}

/** @throws RangeError when a case cannot be played: its memory was refused */
export function prepareCase(c: Case, overrides: Overrides = {}): Prepared {
  const { kernel, release } = boot(c, overrides.kernel);
  const parts = partsOf(c, kernel);
  const pages = parts.reduce((sum, { nrPages }) => sum + nrPages, 0);
  return {
    kernel,
    release,
    sections: pages / kernel.pagesPerSection,
    add: () => {
      for (const { pfn, nrPages, altmap, pgmap } of parts) {
        const err = kernel.memoryHotplug.addPages(0, pfn, nrPages, altmap, pgmap);
        if (err !== 0) throw new RangeError(`${c.name}: adding memory returned ${err}`);
      }
    },
    remove: () => {
      for (const { pfn, nrPages, altmap, pgmap } of parts)
        kernel.memoryHotplug.removePages(pfn, nrPages, altmap, pgmap);
    },
    initialise: () => initialiseMemmap(kernel, parts[0]!.pfn, pages),
  };
}

/** The CPU that a case runs on. */
export function cpuOf(c: Case, overrides: Overrides): CpuProfile {
  const { cpu } = overrides;
  const cpus = ARCHITECTURES.find(({ name }) => name === c.machine.arch)?.cpus ?? [];
  const wanted = cpu === undefined ? c.cpu : registeredName(cpu);
  const profile = wanted === undefined ? cpus[0] : cpus.find(({ name }) => name === wanted);
  if (profile === undefined) throw new RangeError(`${c.machine.arch} has no CPU "${wanted ?? ''}"`);
  return cpu ?? profile;
}

/** A case with the clock on. */
export interface Clocked extends Prepared {
  readonly model: CycleModel;
}

/** @param recordsCalls whether each call of a kernel function is kept */
export function clockCase(c: Case, overrides: Overrides = {}, recordsCalls = false): Clocked {
  const prepared = prepareCase(c, overrides);
  const profile = cpuOf(c, overrides);
  const hypervisor = overrides.hypervisor ?? c.hypervisor;
  const { end } = overrides;
  const used = end === undefined ? profile : profileAt(profile, end);
  const model = cycleModel(prepared.kernel, {
    profile: used,
    cpus: overrides.cpus,
    together: overrides.together,
    hypervisor,
    nested: overrides.nested,
    node: used.remote?.find(({ name }) => name === overrides.node?.name),
    recordsCalls,
  });
  observe(prepared.kernel, model.observer);
  return { ...prepared, model };
}

/** Plays a case once and reads the clock, and once more where its memory or its paging is not the plain one. */
export function playCase(c: Case, overrides: Overrides = {}): BenchResult {
  const clocked = clockCase(c, overrides);
  playClocked(c, clocked);
  const result = resultOf(c, clocked);
  if (!isElsewhere(overrides)) return result;
  const { cycles } = playCase(c, { ...overrides, node: undefined, nested: undefined });
  return { ...result, ...elsewhereFields(overrides), plainCycles: cycles };
}

/** Plays a case three times: as it is, and at both ends of what is known. */
export function playCaseWithRange(c: Case, overrides: Overrides = {}): BenchResult {
  const [cheap, dear] = (['cheap', 'dear'] as const).map((end) => playCase(c, { ...overrides, end }).cycles);
  return { ...playCase(c, overrides), range: [cheap!, dear!] };
}

/** The way of a case: what is not charged runs with the clock stopped, and caches see it. */
export function playClocked(c: Case, { model, add, remove, initialise }: Clocked): void {
  const { processor } = model;
  const { clock } = processor;
  const part = (name: string, charged: boolean, run: () => void): void => {
    clock.running = charged;
    processor.enter(name);
    run();
    processor.leave();
  };
  part('__add_pages', c.charged !== 'remove', add);
  if (c.initialises === true) part('memmap_init_range', true, initialise);
  if (c.charged !== 'add') part('__remove_pages', true, remove);
  clock.running = true;
}

function resultOf(c: Case, { kernel, release, model, sections }: Clocked): BenchResult {
  const { processor } = model;
  const { clock } = processor;
  const causes: Partial<Record<Cause, number>> = {};
  for (const [i, cause] of CAUSES.entries()) {
    const cycles = Math.round(clock.byCause[i]!);
    if (cycles !== 0) causes[cause] = cycles;
  }
  const cycles = Math.round(clock.cycles);
  return {
    name: c.name,
    arch: c.machine.arch,
    kernel: release,
    cpu: processor.profile.name,
    hypervisor: processor.hypervisor,
    pageSize: kernel.pageSize,
    structPageSize: kernel.structPageSize,
    sections,
    cycles,
    microseconds: Number(processor.microseconds(cycles).toFixed(3)),
    cyclesPerSection: Math.round(clock.cycles / sections),
    bytesTouched: processor.bytesTouched,
    tables: model.tables(),
    causes,
  };
}
