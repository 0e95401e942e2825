// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { restoreKernel, saveKernel } from '../../src/kernel/saved-kernel.js';
import { captureRun, runStep, startRun, type StepResult } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, scenario } from '../scenarios.js';

/** A kernel that was saved and goes on elsewhere does what it would have done. */

const MACHINES: readonly (readonly [string, ScenarioInput['machine']])[] = [
  ['x86_64', { arch: 'x86_64', structPageSize: 56 }],
  ['x86_64 with page tables of processes', { arch: 'x86_64', structPageSize: 72, otherPageTables: 2 }],
  ['arm64', { arch: 'arm64', structPageSize: 72 }],
  ['s390', { arch: 's390', structPageSize: 56 }],
  ['s390 5.4', { arch: 's390', kernel: '5.4', structPageSize: 56 }],
  ['radix', { arch: 'ppc64', mmu: 'radix', structPageSize: 56 }],
  ['radix 6.1', { arch: 'ppc64', mmu: 'radix', kernel: '6.1.192', structPageSize: 56 }],
  ['riscv64', { arch: 'riscv64', structPageSize: 56 }],
  ['loongarch64', { arch: 'loongarch64', pageSize: '16K', structPageSize: 56 }],
  ['hash with pages of 64K', { arch: 'ppc64', mmu: 'hash', hugeVmemmap: false }],
];

/** Steps: then leaves are used in part, a node of vmemmap_list has come back under hash, and the altmap has given something out. */
const SAVED_AFTER = 9;

describe('a kernel that is saved between two steps and restored in another, or in itself, goes on alike', () => {
  test.each(MACHINES)('%s', (_name, machine) => {
    const { kernel } = idle({ kernel: '6.12.117', ...machine });
    const nrPages = kernel.pagesPerSection;
    const first = 2 ** 32 / kernel.pageSize;
    const altmaps = { dev: { basePfn: first + 2 * nrPages, endPfn: first + 3 * nrPages - 1, free: nrPages / 2 } };
    const of = (op: 'add-pages' | 'remove-pages' | 'use', section: number, altmap?: string) => ({
      op,
      pfn: first + section * nrPages,
      nrPages,
      ...(altmap === undefined ? {} : { altmap }),
    });
    const steps: ScenarioInput['steps'] = [
      of('add-pages', 0),
      of('use', 0),
      of('add-pages', 1),
      of('add-pages', 2, 'dev'),
      of('remove-pages', 0),
      of('add-pages', 4),
      of('add-pages', 0),
      of('remove-pages', 1),
      of('remove-pages', 4),
      of('add-pages', 5),
      of('remove-pages', 2, 'dev'),
      of('remove-pages', 0),
      of('remove-pages', 5),
    ];
    const input = scenario({ machine: { kernel: '6.12.117', ...machine }, altmaps, steps });
    const run = startRun(input);
    const go = (on: typeof run, from: number, to: number): StepResult[] =>
      input.steps.slice(from, to).map((step) => captureRun(on, runStep(on, step)));
    go(run, 0, SAVED_AFTER);
    const saved = saveKernel(run.kernel, run.altmaps.values());
    const goneOn = go(run, SAVED_AFTER, steps.length);
    for (const on of [startRun(input), run]) {
      restoreKernel(on.kernel, on.altmaps.values(), saved);
      expect(go(on, SAVED_AFTER, steps.length)).toEqual(goneOn);
    }
  });
});
