// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StateWriter } from '../../src/hardware/saved-state.js';
import { findRelease } from '../../src/history/releases.js';
import { saveKernel } from '../../src/kernel/saved-kernel.js';
import { captureRun, runStep, startRun, type Run, type StepResult } from '../../src/scenario/runner.js';
import { restoreRun, saveRun, saveWhatActsAboveSections } from '../../src/scenario/saved-run.js';
import { resolveScenario, type Scenario, type Step } from '../../src/scenario/scenario.js';
import { scenarioSchema, type ScenarioInput } from '../../src/scenario/schema.js';

type Steps = ScenarioInput['steps'];

/** A machine and its memory block. */
interface World {
  machine: ScenarioInput['machine'];
  /** Bytes. */
  block: number;
}

const MIB = 2 ** 20;

const WORLDS: readonly World[] = [
  { machine: { arch: 'x86_64', memmapOnMemory: 'y' }, block: 128 * MIB },
  { machine: { arch: 'x86_64', kernel: '5.12', structPageSize: 56 }, block: 128 * MIB },
  { machine: { arch: 'x86_64', kernel: '6.1', memmapOnMemory: 'y', hugetlbOptimized: true }, block: 128 * MIB },
  { machine: { arch: 'x86_64', kernel: '6.9', memmapOnMemory: 'y', blockSize: '256M' }, block: 256 * MIB },
  {
    machine: { arch: 'x86_64', kernel: '4.18', boot: [{ start: '0x100000000', size: '256M' }] },
    block: 128 * MIB,
  },
  { machine: { arch: 'arm64', pageSize: '4K', memmapOnMemory: 'force' }, block: 128 * MIB },
  { machine: { arch: 's390', memmapOnMemory: 'y' }, block: 256 * MIB },
  {
    machine: { arch: 'ppc64', mmu: 'radix', pageSize: '64K', blockSize: '256M', memmapOnMemory: 'force' },
    block: 256 * MIB,
  },
  { machine: { arch: 'ppc64', mmu: 'hash', pageSize: '64K', blockSize: '256M' }, block: 256 * MIB },
];

const BLOCKS = 4;
const FIRST = 2 ** 32;
/** Devices lie behind the blocks. */
const DEVICES = 2 ** 36;

const hex = (address: number): string => `0x${address.toString(16)}`;

/** Everything that one may do to such a machine, each once. */
function stepsOf({ block, machine }: World): Steps {
  const ranges = Array.from({ length: BLOCKS }, (_, i) => ({ start: hex(FIRST + i * block), size: block }));
  const pairs = ranges.slice(0, -1).map(({ start }) => ({ start, size: 2 * block }));
  const device = { start: hex(DEVICES), size: 2 * block };
  return [
    ...[...ranges, ...pairs].flatMap((range): Steps => [
      { op: 'add-memory', ...range },
      { op: 'add-memory', ...range, memmapOnMemory: false, mergeResource: true, driver: 'dimm' },
      { op: 'add-memory', ...range, node: 1, offlineInaccessible: true },
      { op: 'add-memory', ...range, fail: { blockRegister: 2 } },
      { op: 'online', ...range },
      { op: 'online', ...range, type: 'movable' },
      { op: 'offline', ...range },
      { op: 'offline', ...range, fail: { notifyGoingOffline: 1 } },
      { op: 'remove-memory', ...range },
      { op: 'offline-and-remove-memory', ...range },
    ]),
    { op: 'memremap-pages', device: 'gpu', start: hex(DEVICES - block), size: block, type: 'private' },
    { op: 'memunmap-pages', device: 'gpu' },
    { op: 'memremap-pages', device: 'own', start: hex(DEVICES - block), size: block, altmap: 'own' },
    { op: 'memunmap-pages', device: 'own' },
    { op: 'create-namespace', device: 'pmem', mode: 'devdax', ...device },
    { op: 'create-namespace', device: 'pmem', mode: 'fsdax', map: 'mem', ...device },
    { op: 'destroy-namespace', device: 'pmem' },
    { op: 'kmem', device: 'pmem' },
    { op: 'kmem-release', device: 'pmem' },
    { op: 'virtio-mem', device: 'virtio', start: hex(DEVICES * 2), size: 4 * block, requested: 2 * block },
    { op: 'virtio-mem', device: 'virtio', start: hex(DEVICES * 2), size: 4 * block, requested: 0 },
    ...(machine.hugetlbOptimized
      ? ([
          { op: 'hugetlb-optimize', ...ranges[0]! },
          { op: 'hugetlb-restore', ...ranges[0]! },
        ] satisfies Steps)
      : []),
  ];
}

function scenarioOf(world: World): Scenario {
  const pages = world.block / (world.machine.pageSize === '64K' ? 65536 : 4096);
  const basePfn = (DEVICES / world.block - 1) * pages;
  return resolveScenario(
    scenarioSchema.parse({
      machine: world.machine,
      altmaps: { own: { basePfn, endPfn: basePfn + pages - 1, free: pages / 8 } },
      steps: stepsOf(world),
    }),
  );
}

/** Plays steps until the kernel stops, and tells the state after each: what people see, and every word of the books. */
function playOn(run: Run, steps: readonly Step[]): { result: StepResult; words: number[] }[] {
  const course = [];
  const writer = new StateWriter();
  for (const step of steps) {
    const result = captureRun(run, runStep(run, step));
    saveWhatActsAboveSections(writer, run);
    course.push({ result, words: [...writer.take()] });
    if (result.ret === 'BUG') break;
  }
  return course;
}

const RUNNING = WORLDS.map((world) => ({
  on: [world.machine.arch, world.machine.kernel ?? 'newest'].join(' '),
  scenario: scenarioOf(world),
}));
const choices = fc.array(fc.nat(), { maxLength: 14 });
/** Courses of each world, unless a run of the tests says how many cases it wants of everything. */
const RUNS = fc.readConfigureGlobal().numRuns ?? 32;

const BLOCK = 128 * MIB;
const HUGE_PAGE = 2 * MIB;
const blocks = (first: number, count = 1) => ({ start: hex(FIRST + first * BLOCK), size: count * BLOCK });
const add = (first: number, count = 1) => ({ op: 'add-memory' as const, ...blocks(first, count) });
const remove = (first: number, count = 1) => ({ op: 'remove-memory' as const, ...blocks(first, count) });
const online = (first: number, count = 1) => ({ op: 'online' as const, ...blocks(first, count) });
const hugePage = (block: number) => ({ start: hex(FIRST + (block + 1) * BLOCK - HUGE_PAGE), size: HUGE_PAGE });
const fold = (block: number) => ({ op: 'hugetlb-optimize' as const, ...hugePage(block) });
const unfold = (block: number) => ({ op: 'hugetlb-restore' as const, ...hugePage(block) });
const device = (name: string, block: number, altmap: string) => ({
  op: 'memremap-pages' as const,
  device: name,
  ...blocks(block),
  altmap,
});

describe('a run that is saved and restored goes on as the one that was saved', () => {
  test.each(RUNNING)(
    'on $on, after any steps, whatever it did in between, and on another machine',
    ({ scenario }) => {
      fc.assert(
        fc.property(choices, choices, choices, (before, after, elsewhere) => {
          const chosen = (numbers: readonly number[]): Step[] =>
            numbers.map((number) => scenario.steps[number % scenario.steps.length]!);
          const run = startRun(scenario);
          playOn(run, chosen(before));
          if (run.stopped !== undefined) return;
          const saved = saveRun(run);
          const expected = playOn(run, chosen(after));

          restoreRun(run, saved);
          expect(playOn(run, chosen(after))).toEqual(expected);

          const other = startRun(scenario);
          playOn(other, chosen(elsewhere));
          restoreRun(other, saved);
          expect(playOn(other, chosen(after))).toEqual(expected);
        }),
        { numRuns: RUNS },
      );
    },
    120_000,
  );

  test.each<{
    what: string;
    kernel?: string;
    hugetlbOptimized?: boolean;
    before: Steps;
    elsewhere: Steps;
    after: Steps;
  }>([
    {
      what: 'altmaps that two devices have by name',
      before: [device('d1', 0, 'first'), device('d2', 1, 'second')],
      elsewhere: [{ op: 'memunmap-pages', device: 'd1' }, device('d3', 2, 'third')],
      after: [{ op: 'memunmap-pages', device: 'd2' }, device('d3', 2, 'third'), { op: 'memunmap-pages', device: 'd1' }],
    },
    {
      what: 'HugeTLB pages whose memmap is folded',
      hugetlbOptimized: true,
      before: [{ ...add(0, 2), memmapOnMemory: false }, online(0, 2), fold(0)],
      elsewhere: [unfold(0), fold(1)],
      after: [fold(0), fold(1), unfold(0), unfold(1)],
    },
    {
      what: 'ranges that have one altmap for all of their blocks',
      kernel: 'proposal/page-vmemmap',
      before: [add(0, 2), add(2, 2)],
      elsewhere: [remove(2, 2)],
      after: [remove(0), remove(2, 2), remove(0, 2), add(0, 4)],
    },
    {
      what: 'blocks that hold their memmap, removed with a reference left',
      kernel: '6.9',
      before: [add(0, 2), remove(0)],
      elsewhere: [add(2), remove(2)],
      after: [remove(1), add(0, 2)],
    },
    {
      what: 'what a driver of private memory claimed',
      before: [
        { op: 'memremap-pages', device: 'gpu', ...blocks(0), type: 'private' },
        { op: 'memunmap-pages', device: 'gpu' },
      ],
      elsewhere: [{ op: 'memremap-pages', device: 'other', ...blocks(1), type: 'private' }],
      after: [{ op: 'memremap-pages', device: 'gpu', ...blocks(0), type: 'private' }, add(0), add(1)],
    },
  ])('with $what', ({ kernel = '6.12.117', hugetlbOptimized = false, before, elsewhere, after }) => {
    const machine = { arch: 'x86_64', structPageSize: 64, memmapOnMemory: 'y', hugetlbOptimized } as const;
    const pages = BLOCK / 4096;
    const altmaps = Object.fromEntries(
      ['first', 'second', 'third'].map((name, i) => {
        const basePfn = FIRST / 4096 + i * pages;
        return [name, { basePfn, endPfn: basePfn + pages - 1, free: pages / 8 }];
      }),
    );
    const file = scenarioSchema.parse({ machine, altmaps, steps: [...before, ...elsewhere, ...after] });
    const scenario = resolveScenario(file, { release: findRelease(kernel)! });
    const steps = [...scenario.steps];
    const [first, between, last] = [steps.splice(0, before.length), steps.splice(0, elsewhere.length), steps];
    const run = startRun(scenario);
    // The course is one that a kernel takes.
    expect(playOn(run, first).filter(({ result }) => Number(result.ret) !== 0)).toEqual([]);
    const saved = saveRun(run);
    const expected = playOn(run, last);
    for (const inBetween of [[], between]) {
      restoreRun(run, saved);
      playOn(run, inBetween);
      restoreRun(run, saved);
      expect(playOn(run, last)).toEqual(expected);
      const other = startRun(scenario);
      playOn(other, inBetween);
      restoreRun(other, saved);
      expect(playOn(other, last)).toEqual(expected);
    }
  });

  test('whatever order its memory blocks came in', () => {
    const file = scenarioSchema.parse({ machine: WORLDS[0]!.machine, steps: [add(0), add(1)] });
    const scenario = resolveScenario(file);
    const wordsAfter = (steps: readonly Step[]): number[] => playOn(startRun(scenario), steps).at(-1)!.words;
    expect(wordsAfter([...scenario.steps].reverse())).toEqual(wordsAfter(scenario.steps));
  });

  test('and costs one word more than its kernel where nothing but pages came and went', () => {
    const { scenario } = RUNNING[0]!;
    const run = startRun(scenario);
    const range = { pfn: FIRST / 4096, nrPages: scenario.blockPages };
    runStep(run, { op: 'add-pages', ...range, altmap: null, vmemmapShift: 0, nid: 0 });
    expect(saveRun(run).state.length).toBe(saveKernel(run.kernel, run.altmaps.values()).state.length + 1);
    runStep(run, { op: 'remove-pages', ...range, altmap: null, vmemmapShift: 0 });
    runStep(run, scenario.steps[0]!);
    expect(saveRun(run).state.length).toBeGreaterThan(saveKernel(run.kernel, run.altmaps.values()).state.length + 1);
  });
});
