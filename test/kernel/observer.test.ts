// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { NO_PAGE } from '../../src/hardware/buddy-blocks.js';
import { LEVELS } from '../../src/hardware/page-table.js';
import { observe } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER, type Observer } from '../../src/kernel/observer.js';
import { runStep, startRun, type Run } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { vmemmapWindow } from '../../src/kernel/vmemmap-view.js';
import { PFN, scenario } from '../scenarios.js';

type Machine = ScenarioInput['machine'];

const MACHINES: [string, Machine][] = [
  ['x86_64', { arch: 'x86_64', structPageSize: 80 }],
  ['x86_64 without PSE', { arch: 'x86_64', hugeVmemmap: false }],
  ['x86_64, 5 levels', { arch: 'x86_64', pagingLevels: 5, structPageSize: 56 }],
  ['arm64 4K', { arch: 'arm64', structPageSize: 80 }],
  ['arm64 64K', { arch: 'arm64', pageSize: 65536 }],
  ['s390', { arch: 's390', structPageSize: 56 }],
  ['s390 without EDAT1', { arch: 's390', hugeVmemmap: false }],
  ['s390 5.4', { arch: 's390', kernel: '5.4' }],
  ['radix 64K', { arch: 'ppc64', mmu: 'radix', pageSize: 65536 }],
  ['radix 4K', { arch: 'ppc64', mmu: 'radix', pageSize: 4096, structPageSize: 72 }],
  ['hash', { arch: 'ppc64', mmu: 'hash' }],
];

/** An observer that counts what it hears, in the words of the counters. */
function counting(): { observer: Observer; heard: Record<string, number> } {
  const heard: Record<string, number> = {};
  const add = (name: string, by = 1): void => {
    heard[name] = (heard[name] ?? 0) + by;
  };
  const suffix = (level: number): string => LEVELS[level]!.replace(/^./, (c) => c.toUpperCase());
  return {
    heard,
    observer: {
      ...DEAF_OBSERVER,
      allocPages: (order, _nid, pfn) => (pfn === NO_PAGE ? undefined : add('allocPages', 1 << order)),
      freePages: (_pfn, order) => add('freePages', 1 << order),
      altmapAlloc: (_altmap, nrPages, pfn) => (pfn === NO_PAGE ? undefined : add('altmapAllocPages', nrPages)),
      altmapFree: (_altmap, nrPages) => add('altmapFreePages', nrPages),
      setEntry: (level) => add(`set${suffix(level)}`),
      clearEntry: (level) => add(`clear${suffix(level)}`),
      memset: (_address, byte, bytes) => add(byte === 0xfd ? 'unusedBytes' : 'useMarkBytes', bytes),
      flush: (kind) => add(`tlbFlush${kind.replace(/^./, (c) => c.toUpperCase())}`),
    },
  };
}

const HEARD_BY_NOBODY = ['syncTopLevel'];

function counted(run: Run): Record<string, number> {
  const { set, clear, ...plain } = run.kernel.counters;
  const levels = LEVELS.slice(0, set.length).flatMap((name, level): [string, number][] => {
    const suffix = name.replace(/^./, (c) => c.toUpperCase());
    return [
      [`set${suffix}`, set[level]!],
      [`clear${suffix}`, clear[level]!],
    ];
  });
  const numbers = Object.entries(plain).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number' ? [[name, value]] : [],
  );
  return Object.fromEntries(
    [...numbers, ...levels].filter(([name, value]) => value !== 0 && !HEARD_BY_NOBODY.includes(name)),
  );
}

describe('an observer hears all that the counters count', () => {
  test.each(MACHINES)('%s', (_name, machine) => {
    const run = startRun(scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }));
    const { kernel } = run;
    const pfn = (PFN * 4096) / kernel.pageSize;
    const altmap = { name: 'a', basePfn: pfn, endPfn: pfn + 2 ** 16 - 1, reserve: 0, free: 4096, align: 0, alloc: 0 };
    const { observer, heard } = counting();
    observe(kernel, observer);
    kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection * 4, altmap);
    kernel.memoryHotplug.removePages(pfn, kernel.pagesPerSection * 2, altmap);
    kernel.memoryHotplug.addPages(0, pfn + kernel.pagesPerSection * 8, kernel.pagesPerSubsection * 3, null);
    kernel.memoryHotplug.removePages(pfn + kernel.pagesPerSection * 8, kernel.pagesPerSubsection * 2, null);
    kernel.memoryHotplug.removePages(pfn + kernel.pagesPerSection * 2, kernel.pagesPerSection * 2, altmap);
    // A bolted entry has no counter.
    delete heard['setHpte'];
    delete heard['clearHpte'];
    expect(heard).toEqual(counted(run));
  });

  test('also where the memmap of a HugeTLB page is folded and restored', () => {
    const range = { pfn: PFN, nrPages: 32768 };
    const hugePage = { pfn: PFN + 4096, nrPages: 512 };
    const steps: ScenarioInput['steps'] = [
      { op: 'add-memory', ...range },
      { op: 'online', ...range, type: 'movable' },
      { op: 'hugetlb-optimize', ...hugePage },
      { op: 'hugetlb-restore', ...hugePage },
    ];
    const run = startRun(scenario({ machine: { arch: 'x86_64', hugetlbOptimized: true }, steps }));
    const { observer, heard } = counting();
    observe(run.kernel, observer);
    for (const step of run.scenario.steps) expect(runStep(run, step)).toBe(0);
    expect(heard['setPte']).toBe(512 + 8 + 7);
    expect(heard).toEqual(counted(run));
  });

  test.each(MACHINES)('and which test settled each leaf that is made: %s', (_name, machine) => {
    const run = startRun(scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }));
    const { kernel } = run;
    const settled: [start: number, end: number][] = [];
    const made: number[] = [];
    const smallest = Math.min(...kernel.platform.leafSizes.map(({ size }) => size));
    const pfn = (PFN * 4096) / kernel.pageSize;
    observe(kernel, { ...DEAF_OBSERVER, decide: (_by, _decision, start, end) => settled.push([start, end]) });
    kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection * 2, null);
    kernel.memoryHotplug.addPages(0, pfn + kernel.pagesPerSection * 8, kernel.pagesPerSubsection, null);
    const { start, end } = vmemmapWindow(kernel);
    kernel.platform.visit(
      start,
      end,
      (leaf) => made.push(leaf.start),
      () => undefined,
    );
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter((at) => !settled.some(([from, to]) => from < at + smallest && to > at))).toEqual([]);
  });

  test('and nothing once nobody listens', () => {
    const run = startRun(scenario({ machine: { arch: 'x86_64' }, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }));
    const { observer, heard } = counting();
    observe(run.kernel, observer);
    observe(run.kernel, null);
    run.kernel.memoryHotplug.addPages(0, PFN, run.kernel.pagesPerSection, null);
    expect(heard).toEqual({});
  });
});
