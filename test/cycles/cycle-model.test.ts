// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../arch/index.js';
import type { CallNode } from '../../src/cycles/call-tree.js';
import { CAUSE, type Cause } from '../../src/cycles/causes.js';
import { cycleModel, fillLoopOf, type CycleModel } from '../../src/cycles/cycle-model.js';
import type { ProcessorOptions } from '../../src/cycles/processor.js';
import type { CpuProfile } from '../../src/cycles/profile.js';
import { observe, type Kernel } from '../../src/kernel/kernel.js';
import { findRelease, resolveTraits } from '../../src/history/releases.js';
import { captureRun, initialiseMemmap, runStep, startRun, type Run } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { PFN, scenario } from '../scenarios.js';

type Machine = ScenarioInput['machine'];

const cpu = (name: string): CpuProfile =>
  ARCHITECTURES.flatMap(({ cpus }) => cpus).find((profile) => profile.name === name)!;

interface Clocked {
  run: Run;
  kernel: Kernel;
  model: CycleModel;
  /** First frame that is added. */
  pfn: number;
  /** Cycles by cause of what happens, whole numbers. */
  cycles: (happens: () => void) => Partial<Record<Cause, number>> & { all: number };
}

function clocked(machine: Machine, options: Partial<ProcessorOptions> = {}): Clocked {
  const run = startRun(scenario({ machine, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }));
  const { kernel } = run;
  const profile = ARCHITECTURES.find(({ name }) => name === machine.arch)!.cpus[0]!;
  const model = cycleModel(kernel, { profile, ...options });
  observe(kernel, model.observer);
  const { clock } = model.processor;
  return {
    run,
    kernel,
    model,
    pfn: (PFN * 4096) / kernel.pageSize,
    cycles(happens) {
      clock.reset();
      happens();
      const causes = Object.entries(CAUSE).map(([cause, i]) => [cause, Math.round(clock.byCause[i]!)]);
      return { ...(Object.fromEntries(causes) as Partial<Record<Cause, number>>), all: Math.round(clock.cycles) };
    },
  };
}

const sum = (node: CallNode): number =>
  [...node.children.values()].reduce((cycles, child) => cycles + sum(child), node.self);

const MACHINES: [string, Machine][] = [
  ['x86_64 56 B', { arch: 'x86_64', structPageSize: 56 }],
  ['x86_64 without PSE', { arch: 'x86_64', hugeVmemmap: false }],
  ['x86_64, 5 levels', { arch: 'x86_64', pagingLevels: 5 }],
  ['arm64 4K', { arch: 'arm64', structPageSize: 80 }],
  ['arm64 64K', { arch: 'arm64', pageSize: 65536 }],
  ['s390', { arch: 's390', structPageSize: 56 }],
  ['s390 without EDAT1', { arch: 's390', hugeVmemmap: false }],
  ['s390 5.4', { arch: 's390', kernel: '5.4' }],
  ['radix 64K', { arch: 'ppc64', mmu: 'radix', pageSize: 65536 }],
  ['radix 4K', { arch: 'ppc64', mmu: 'radix', pageSize: 4096, structPageSize: 72 }],
  ['radix 5.10', { arch: 'ppc64', mmu: 'radix', pageSize: 65536, kernel: '5.10' }],
  ['hash', { arch: 'ppc64', mmu: 'hash' }],
];

describe.each(MACHINES)('on %s', (_name, machine) => {
  const play = ({ kernel, pfn }: Clocked): void => {
    kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection * 3, null);
    kernel.memoryHotplug.addPages(0, pfn + kernel.pagesPerSection * 4, kernel.pagesPerSubsection, null);
    kernel.memoryHotplug.removePages(pfn, kernel.pagesPerSection * 2, null);
  };

  test('a clock changes nothing of what the kernel does', () => {
    const on = clocked(machine);
    const off = clocked(machine);
    observe(off.kernel, null);
    play(on);
    play(off);
    expect(captureRun(on.run, 0)).toEqual(captureRun(off.run, 0));
  });

  test('causes add up to the whole, and so do functions', () => {
    const on = clocked(machine);
    const { all, ...causes } = on.cycles(() => play(on));
    expect(all).toBeGreaterThan(0);
    expect(Math.abs(Object.values(causes).reduce((a, b) => a + b, 0) - all)).toBeLessThan(Object.keys(causes).length);
    expect(Math.round(sum(on.model.processor.calls.root))).toBe(all);
  });

  test('the same happens again in the same cycles', () => {
    const [first, second] = [clocked(machine), clocked(machine)];
    expect(first.cycles(() => play(first))).toEqual(second.cycles(() => play(second)));
  });

  test('a stopped clock takes no charge', () => {
    const on = clocked(machine);
    on.model.processor.clock.running = false;
    expect(on.cycles(() => play(on)).all).toBe(0);
    expect(on.model.processor.bytesTouched).toBe(0);
  });
});

describe('walks and entries', () => {
  test('every base page is found from the root: four entries read and one written', () => {
    const { model, kernel, pfn, cycles } = clocked({ arch: 'x86_64', hugeVmemmap: false });
    cycles(() => kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection, null));
    const before = model.processor.bytesTouched;
    cycles(() => kernel.memoryHotplug.addPages(0, pfn + kernel.pagesPerSection, kernel.pagesPerSection, null));
    // 512 pages of 64-byte structs fill a table of their own, which costs its page and an entry above.
    expect(model.processor.bytesTouched - before).toBe(512 * (4 + 1) * 8 + 4096 + 8);
  });

  test('a second table costs its page once', () => {
    const { model, kernel, pfn } = clocked({ arch: 'x86_64', hugeVmemmap: false });
    kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection * 2, null);
    expect(model.tables()).toBe(4);
  });
});

describe('barriers', () => {
  const added = (machine: Machine): number => {
    const { kernel, pfn, cycles } = clocked(machine);
    return cycles(() => kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection, null)).barrier ?? 0;
  };

  test('follow every valid entry on arm64, leaf or table', () => {
    // The memmap of a section of 512 MiB fills 8 pages of 64 KiB, below 2 tables.
    expect(added({ arch: 'arm64', pageSize: 65536 })).toBe(Math.round((8 + 2) * 48.9));
  });

  test('follow leaves only on ppc64 radix, and nothing on x86_64 and s390', () => {
    expect(added({ arch: 'ppc64', mmu: 'radix', pageSize: 65536 })).toBe(120);
    expect(added({ arch: 'x86_64' })).toBe(0);
    expect(added({ arch: 's390' })).toBe(0);
  });
});

describe('flushes', () => {
  const removed = (machine: Machine, options: Partial<ProcessorOptions> = {}): number => {
    const { kernel, model, pfn, cycles } = clocked(machine, options);
    kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection, null);
    const { flush } = cycles(() => kernel.memoryHotplug.removePages(pfn, kernel.pagesPerSection, null));
    return model.processor.microseconds(flush ?? 0);
  };

  test('come once a leaf and once a table on arm64', () => {
    // With 16K pages the memmap of a section is 32 pages; their table goes with them, and those above stay.
    expect(removed({ arch: 'arm64', pageSize: 16384 })).toBeCloseTo((32 + 1) * 1.68, 2);
  });

  test('come once a page table and once a call on x86_64, and take longer the more CPUs there are', () => {
    const machine: Machine = { arch: 'x86_64', hugeVmemmap: false };
    expect(removed(machine, { cpus: 1 })).toBeCloseTo(2 * 1.2, 2);
    expect(removed(machine, { cpus: 101 })).toBeCloseTo(2 * (1.2 + 100 * 0.16), 2);
  });

  test('come once a call on s390 and ppc64 radix', () => {
    expect(removed({ arch: 's390', hugeVmemmap: false })).toBeCloseTo(1.5, 2);
    expect(removed({ arch: 'ppc64', mmu: 'radix', pageSize: 65536 })).toBeCloseTo(1.0, 2);
  });
});

describe('marks and scans', () => {
  const traits = (release: string): ReturnType<typeof resolveTraits> => resolveTraits(findRelease(release)!);

  test('memset() is a string instruction where the kernel asks for the flag that the CPU has', () => {
    const [icelake, sapphireRapids] = [cpu('icelake-8358'), cpu('sapphire-rapids-8480')];
    expect(fillLoopOf(icelake, traits('6.1.192'))).toBe(icelake.fillString);
    expect(fillLoopOf(icelake, traits('6.12.117'))).toBe(icelake.fillLoop);
    expect(fillLoopOf(sapphireRapids, traits('6.12.117'))).toBe(sapphireRapids.fillString);
    expect(fillLoopOf(cpu('altra-q80'), traits('6.12.117'))).toBe(cpu('altra-q80').fillLoop);
  });

  test('a scan ends at the first byte that differs: a leaf in use costs a line or two, a dead one all of it', () => {
    const { kernel, pfn, cycles } = clocked({ arch: 'x86_64', structPageSize: 56 });
    const { pagesPerSection } = kernel;
    kernel.memoryHotplug.addPages(0, pfn, pagesPerSection * 2, null);
    initialiseMemmap(kernel, pfn, pagesPerSection * 2);
    // The second section lies in both leaves; what is left of the first one stands at the start of its leaf.
    const alive = cycles(() => kernel.memoryHotplug.removePages(pfn + pagesPerSection, pagesPerSection, null));
    const dead = cycles(() => kernel.memoryHotplug.removePages(pfn, pagesPerSection, null));
    expect(alive.scan).toBeLessThan(dead.scan!);
    expect(dead.scan! / (2 ** 21 / 8)).toBeGreaterThan(1);
  });
});

describe('ppc64 under hash', () => {
  const machine: Machine = { arch: 'ppc64', mmu: 'hash', pageSize: 65536, vmemmapPageSize: 65536 };

  test('vmemmap_list is walked from its head: the oldest block of n costs n nodes', () => {
    const nodes = (blocks: number): number => {
      const { model, kernel, pfn } = clocked(machine);
      const perBlock = kernel.pageSize / kernel.structPageSize;
      for (let i = 0; i < blocks; i++) kernel.memoryHotplug.addPages(0, pfn + i * perBlock, perBlock, null);
      let read = 0;
      const listNode = (): void => {
        read++;
      };
      observe(kernel, { ...model.observer, listNode });
      kernel.memoryHotplug.removePages(pfn, perBlock, null);
      return read;
    };
    expect([nodes(1), nodes(4), nodes(16)]).toEqual([1, 4, 16]);
  });

  test('a hypervisor is called once to enter, and to look and to remove', () => {
    const { model, kernel, pfn, cycles } = clocked(machine, { hypervisor: 'powervm' });
    const pages = kernel.pageSize / kernel.structPageSize;
    const entered = cycles(() => kernel.memoryHotplug.addPages(0, pfn, pages, null));
    const removed = cycles(() => kernel.memoryHotplug.removePages(pfn, pages, null));
    expect(model.processor.microseconds(entered.hash!)).toBeCloseTo(0.81, 2);
    expect(model.processor.microseconds(removed.hash!)).toBeCloseTo(2 * 0.81, 2);
    expect(removed.flush).toBe(0);
  });

  test('without one the CPU invalidates itself', () => {
    const { model, kernel, pfn, cycles } = clocked(machine);
    const pages = kernel.pageSize / kernel.structPageSize;
    kernel.memoryHotplug.addPages(0, pfn, pages, null);
    expect(
      model.processor.microseconds(cycles(() => kernel.memoryHotplug.removePages(pfn, pages, null)).flush!),
    ).toBeCloseTo(1, 2);
  });
});

describe('a HugeTLB page', () => {
  test('costs two flushes to fold, one to restore, and seven copies', () => {
    const range = { pfn: PFN, nrPages: 32768 };
    const hugePage = { pfn: PFN + 4096, nrPages: 512 };
    const run = startRun(
      scenario({
        machine: { arch: 'x86_64', hugetlbOptimized: true },
        steps: [
          { op: 'add-memory', ...range },
          { op: 'online', ...range, type: 'movable' },
          { op: 'hugetlb-optimize', ...hugePage },
          { op: 'hugetlb-restore', ...hugePage },
        ],
      }),
    );
    const { processor, observer } = cycleModel(run.kernel, { profile: cpu('icelake-8358'), cpus: 1 });
    observe(run.kernel, observer);
    const flushes = run.scenario.steps.map((step) => {
      processor.clock.reset();
      runStep(run, step);
      return Math.round(processor.microseconds(processor.clock.byCause[CAUSE.flush]!) / 1.2);
    });
    expect(flushes).toEqual([0, 0, 2, 1]);
    expect(processor.clock.byCause[CAUSE.initialise]).toBeGreaterThan((7 * 4096) / 32);
  });
});

describe('initialisation', () => {
  test('writes every struct page once', () => {
    const { model, kernel, pfn, cycles } = clocked({ arch: 'x86_64' });
    kernel.memoryHotplug.addPages(0, pfn, kernel.pagesPerSection, null);
    const before = model.processor.bytesTouched;
    const { initialise, all } = cycles(() => initialiseMemmap(kernel, pfn, kernel.pagesPerSection));
    expect(model.processor.bytesTouched - before).toBe(2 ** 21);
    expect(initialise).toBe(all);
    // 30 instructions, 4 a cycle, and a line from memory at 3.4 bytes a cycle.
    expect(all / kernel.pagesPerSection).toBeCloseTo(30 / 4 + 64 / 3.4, 1);
  });
});
