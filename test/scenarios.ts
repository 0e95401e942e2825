// SPDX-License-Identifier: GPL-2.0-only

import { PageTable, tableIndex, type Level } from '../src/hardware/page-table.js';
import type { Kernel } from '../src/kernel/kernel.js';
import { runScenario, startRun, type Run, type StepResult } from '../src/scenario/runner.js';
import { resolveScenario, type Scenario } from '../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../src/scenario/schema.js';

/** Short ways to write scenarios in tests. */

export const scenario = (input: ScenarioInput): Scenario => resolveScenario(scenarioSchema.parse(input));

export const play = (input: ScenarioInput): StepResult[] => runScenario(scenario(input));

/** A machine with nothing done to it yet. */
export const idle = (machine: ScenarioInput['machine']): Run =>
  startRun(scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }));

/** Pages of a 128 MiB section of 4 KiB pages, and of a subsection. */
export const SECTION = 32768;
export const SUBSECTION = 512;
/** First page of the memory that most tests add: 4 GiB, where a memmap of any size starts on a PMD. */
export const PFN = 0x100000;

/** The page table of an architecture that has one. */
export function pageTableOf(kernel: Kernel): PageTable {
  const { mmu } = kernel.platform;
  if (!(mmu instanceof PageTable)) throw new TypeError('this machine has no page table');
  return mmu;
}

/** Position in RAM of the entry of a level that covers an address; the tables above it must be there. */
export function entryAt(kernel: Kernel, level: Level, address: number): number {
  const table = pageTableOf(kernel);
  let tablePa = table.root;
  for (const here of table.levels) {
    const entry = table.entry(tablePa, tableIndex(here, address));
    if (here.level === level) return entry;
    tablePa = table.format.address(here.level, table.lo(entry), table.hi(entry));
  }
  throw new RangeError(`no table has entries of level ${level}`);
}

/** Adds a whole section behind {@link PFN}, counted from 0. */
export const addSection = (section: number, altmap?: string) => ({
  op: 'add-pages' as const,
  pfn: PFN + section * SECTION,
  nrPages: SECTION,
  altmap,
});

/** Removes it. */
export const removeSection = (section: number, altmap?: string) => ({
  op: 'remove-pages' as const,
  pfn: PFN + section * SECTION,
  nrPages: SECTION,
  altmap,
});
