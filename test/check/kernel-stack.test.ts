// SPDX-License-Identifier: GPL-2.0-only

import { expect, test } from 'vitest';
import { kernelStack, running, type Running } from '../../src/check/kernel-stack.js';
import { observe } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import { resolveScenario } from '../../src/scenario/scenario.js';
import { scenarioSchema } from '../../src/scenario/schema.js';

const scenario = resolveScenario(
  scenarioSchema.parse({
    machine: { arch: 'x86_64', kernel: '6.12.117', structPageSize: 64 },
    steps: [{ op: 'add-pages', start: '0x100000000', size: '128M' }],
  }),
);

/** Something of the emulator's own that many frames lie in. */
const far = <T>(frames: number, ask: () => T): T => (frames === 0 ? ask() : [far(frames - 1, ask)][0]!);

test('a stack has all functions from the one that a step calls, however many frames of ours lie within', () => {
  const run = startRun(scenario);
  const stacks: (readonly string[])[] = [];
  observe(run.kernel, {
    ...DEAF_OBSERVER,
    setEntry: () => {
      for (const frames of [0, 3, 40, 0]) stacks.push(far(frames, () => kernelStack(scenario.machine)));
    },
  });
  runStep(run, scenario.steps[0]!);
  expect(stacks.length).toBeGreaterThan(4);
  for (let i = 0; i < stacks.length; i += 4) {
    expect(stacks[i]![0]).toBe('__add_pages');
    expect(stacks[i]).toContain('vmemmap_populate');
    for (const other of stacks.slice(i, i + 4)) expect(other).toEqual(stacks[i]);
  }
});

test.for([
  { arch: 'x86_64', structPageSize: 56 },
  { arch: 's390', structPageSize: 56 },
  { arch: 'arm64', structPageSize: 72 },
  { arch: 'riscv64', structPageSize: 64 },
  { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
])('within a function that tells when it begins and ends, a stack is the one that is looked at whole: %o', (config) => {
  const { steps, machine } = resolveScenario(
    scenarioSchema.parse({
      machine: config,
      steps: ['add-pages', 'remove-pages'].map((op) => ({ op, start: '0x100000000', size: '512M' })),
      failAllocations: [40],
    }),
  );
  const run = startRun({ ...scenario, steps, machine });
  const within: (Running | undefined)[] = [];
  let compared = 0;
  const compare = (): void => {
    if (within.length === 0) return;
    compared++;
    expect(kernelStack(machine, within.at(-1))).toEqual(kernelStack(machine));
  };
  observe(run.kernel, {
    ...DEAF_OBSERVER,
    enter: () => within.push(running(machine)),
    leave: () => within.pop(),
    setEntry: compare,
    clearEntry: compare,
    allocPages: compare,
    freePages: compare,
  });
  for (const step of steps) runStep(run, step);
  expect(compared).toBeGreaterThan(4);
  expect(within).toEqual([]);
});

test('functions of ours that the kernel does not have are in no stack', () => {
  const pieces = [
    { start: '0x100000000', size: '2M' },
    { start: '0x108000000', size: '128M' },
  ] as const;
  const { steps, machine } = resolveScenario(
    scenarioSchema.parse({
      machine: { arch: 'x86_64', kernel: '6.12.117', structPageSize: 64 },
      steps: (['add-pages', 'remove-pages'] as const).flatMap((op) => pieces.map((piece) => ({ op, ...piece }))),
    }),
  );
  const run = startRun({ ...scenario, steps, machine });
  const named = new Set<string>();
  const note = (): void => kernelStack(machine).forEach((name) => named.add(name));
  observe(run.kernel, { ...DEAF_OBSERVER, setEntry: note, clearEntry: note, allocPages: note, freePages: note });
  for (const step of steps) runStep(run, step);
  expect([...named].sort()).toEqual([
    '__add_pages',
    '__free_pages',
    '__populate_section_memmap',
    '__remove_pages',
    'alloc_pages_node',
    'depopulate_section_memmap',
    'free_hugepage_table',
    'free_pagetable',
    'populate_section_memmap',
    'remove_p4d_table',
    'remove_pagetable',
    'remove_pmd_table',
    'remove_pte_table',
    'remove_pud_table',
    'section_activate',
    'section_deactivate',
    'sparse_add_section',
    'sparse_remove_section',
    'vmemmap_alloc_block_buf',
    'vmemmap_alloc_block_zero',
    'vmemmap_free',
    'vmemmap_populate',
    'vmemmap_populate_address',
    'vmemmap_populate_basepages',
    'vmemmap_populate_hugepages',
    'vmemmap_populate_range',
    'vmemmap_set_pmd',
  ]);
});
