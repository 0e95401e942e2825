// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import { describe, expect, test } from 'vitest';
import type { Kernel } from '../../src/kernel/kernel.js';
import { PMD, PTE, PUD, type Level } from '../../src/hardware/page-table.js';
import { StateReader, StateWriter } from '../../src/hardware/saved-state.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle } from '../scenarios.js';

/** What an architecture says of itself to the rest of the kernel. */

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIB = 2 ** 40;

interface Facts {
  readonly leaves: readonly (readonly [string, number])[];
  readonly pmdSize: number;
  readonly pageblockPages: number;
  readonly hasPageTables: boolean;
  /** Whether a device's compound pages are folded, in 6.12. */
  readonly optimizesDaxVmemmap: boolean;
}

const pages = (page: number, pmd: number, pud?: number): Facts['leaves'] => [
  ['pte', page],
  ['pmd', pmd],
  ...(pud === undefined ? [] : [['pud', pud] as const]),
];

const ARCHITECTURES: readonly (readonly [string, ScenarioInput['machine'], Facts])[] = [
  [
    'x86_64',
    { arch: 'x86_64' },
    {
      leaves: pages(4 * KIB, 2 * MIB, GIB),
      pmdSize: 2 * MIB,
      pageblockPages: 512,
      hasPageTables: true,
      optimizesDaxVmemmap: true,
    },
  ],
  [
    'arm64 4K',
    { arch: 'arm64' },
    {
      leaves: pages(4 * KIB, 2 * MIB, GIB),
      pmdSize: 2 * MIB,
      pageblockPages: 512,
      hasPageTables: true,
      optimizesDaxVmemmap: false,
    },
  ],
  [
    'arm64 64K',
    { arch: 'arm64', pageSize: '64K' },
    {
      leaves: pages(64 * KIB, 512 * MIB, 4 * TIB),
      pmdSize: 512 * MIB,
      pageblockPages: 8192,
      hasPageTables: true,
      optimizesDaxVmemmap: false,
    },
  ],
  [
    's390',
    { arch: 's390' },
    {
      leaves: pages(4 * KIB, MIB, 2 * GIB),
      pmdSize: MIB,
      pageblockPages: 256,
      hasPageTables: true,
      optimizesDaxVmemmap: false,
    },
  ],
  [
    'riscv64',
    { arch: 'riscv64' },
    {
      leaves: pages(4 * KIB, 2 * MIB, GIB),
      pmdSize: 2 * MIB,
      pageblockPages: 512,
      hasPageTables: true,
      optimizesDaxVmemmap: true,
    },
  ],
  [
    'loongarch64 16K',
    { arch: 'loongarch64', pageSize: '16K' },
    {
      leaves: pages(16 * KIB, 32 * MIB),
      pmdSize: 32 * MIB,
      pageblockPages: 2048,
      hasPageTables: true,
      optimizesDaxVmemmap: false,
    },
  ],
  [
    'ppc64 radix 64K',
    { arch: 'ppc64', mmu: 'radix', pageSize: '64K' },
    {
      leaves: pages(64 * KIB, 2 * MIB),
      pmdSize: 2 * MIB,
      pageblockPages: 32,
      hasPageTables: true,
      optimizesDaxVmemmap: true,
    },
  ],
  [
    'ppc64 hash',
    { arch: 'ppc64', mmu: 'hash', pageSize: '64K' },
    {
      leaves: [['hpte', 16 * MIB]],
      pmdSize: 16 * MIB,
      pageblockPages: 256,
      hasPageTables: false,
      optimizesDaxVmemmap: false,
    },
  ],
];

const kernelOf = (machine: ScenarioInput['machine']): Kernel => idle({ kernel: '6.12.117', ...machine }).kernel;

describe('an architecture says', () => {
  test.each(ARCHITECTURES)(
    '%s: its leaves, its pageblocks, and whether it has page tables',
    (_name, machine, facts) => {
      const { platform, kconfig } = kernelOf(machine);
      const { leafSizes, pmdSize, pageblockPages, table } = platform;
      const { optimizesDaxVmemmap } = kconfig;
      const hasPageTables = table !== undefined;
      const leaves = leafSizes.map(({ name, size }) => [name, size]);
      expect({ leaves, pmdSize, pageblockPages, hasPageTables, optimizesDaxVmemmap }).toEqual(facts);
    },
  );

  test('which memmaps may lie in their own memory block: those that fill whole leaves', () => {
    const may = (machine: ScenarioInput['machine'], bytes: readonly number[]): boolean[] =>
      bytes.map((each) => kernelOf(machine).kconfig.supportsMemmapOnMemory(each));
    const sizes = [2 * MIB, 3 * MIB, 4 * MIB];
    expect(may({ arch: 'x86_64' }, sizes)).toEqual([true, false, true]);
    expect(may({ arch: 'arm64' }, sizes)).toEqual([true, false, true]);
    expect(may({ arch: 's390' }, [MIB, 1.5 * MIB, 3 * MIB])).toEqual([true, false, true]);
    expect(may({ arch: 'ppc64', mmu: 'radix', pageSize: '4K' }, sizes)).toEqual([true, false, true]);
    expect(may({ arch: 'ppc64', mmu: 'radix', pageSize: '64K' }, sizes)).toEqual([true, true, true]);
    expect(may({ arch: 'ppc64', mmu: 'hash' }, sizes)).toEqual([false, false, false]);
    expect(may({ arch: 'riscv64' }, sizes)).toEqual([true, false, true]);
    expect(may({ arch: 'loongarch64' }, [32 * MIB, 64 * MIB])).toEqual([false, false]);
  });

  test('since when it lets memory blocks hold their memmap at all', () => {
    const since = (machine: ScenarioInput['machine'], kernels: readonly string[]): boolean[] =>
      kernels.map((kernel) => kernelOf({ ...machine, kernel }).kconfig.selectsMemmapOnMemory);
    expect(since({ arch: 'x86_64' }, ['5.12', '5.13'])).toEqual([false, true]);
    expect(since({ arch: 'arm64' }, ['5.12', '5.13'])).toEqual([false, true]);
    expect(since({ arch: 's390' }, ['6.7', '6.8'])).toEqual([false, true]);
    expect(since({ arch: 'ppc64', mmu: 'radix' }, ['6.5', '6.6'])).toEqual([false, true]);
  });

  test('which empty tables stay: on x86_64 those below the root, on arm64 those that map more than the vmemmap', () => {
    const start = 2 ** 51;
    const levels: readonly Level[] = [PTE, PMD, PUD];
    const keeps = (machine: ScenarioInput['machine']): boolean[] =>
      levels.map((level) => kernelOf(machine).code.keepsEmptyTable({ level, start, pa: 0 }));
    expect(keeps({ arch: 'x86_64' })).toEqual([false, false, true]);
    expect(keeps({ arch: 's390' })).toEqual([false, false, false]);
    expect(keeps({ arch: 'ppc64', mmu: 'radix' })).toEqual([false, false, false]);
    expect(keeps({ arch: 'ppc64', mmu: 'hash' })).toEqual([false, false, false]);
    const { kernel } = idle({ arch: 'arm64' });
    const inside = kernel.vmemmap + 2 ** 39;
    const keepsOn = (at: number): boolean[] =>
      levels.map((level) => kernel.code.keepsEmptyTable({ level, start: at, pa: 0 }));
    expect(keepsOn(Math.floor(inside / 2 ** 39) * 2 ** 39)).toEqual([false, false, false]);
    expect(keepsOn(Math.floor(kernel.vmemmap / 2 ** 39) * 2 ** 39)).toEqual([true, true, true]);
  });

  test('how many pages a table takes: four on s390 but for page tables', () => {
    const { tablePages } = kernelOf({ arch: 's390' }).platform;
    const levels: readonly Level[] = [PTE, PMD, PUD];
    expect(levels.map((level) => tablePages!(level))).toEqual([1, 4, 4]);
  });

  test('nothing of a part of a leaf that is unused and not marked, where no leaf is marked', () => {
    for (const machine of [
      { arch: 'arm64' },
      { arch: 'ppc64', mmu: 'radix' },
      { arch: 'ppc64', mmu: 'hash' },
    ] as const) {
      expect(kernelOf(machine).code.unusedStart()).toBe(0);
    }
  });
});

describe('vmemmap_list is a part of the saved state', () => {
  test.each(['hash', 'radix'] as const)('under %s', (mmu) => {
    const { kernel } = idle({ arch: 'ppc64', mmu, pageSize: '64K', kernel: '5.10' });
    const { code, vmemmap, structPageSize } = kernel;
    const section = kernel.pagesPerSection * structPageSize;
    code.vmemmapPopulate(vmemmap, vmemmap + section, 0, null);
    expect(code.bookPages!()).toBe(1);
    const saved = new StateWriter();
    code.save!(saved);
    code.vmemmapFree(vmemmap, vmemmap + section, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    code.restore!(new StateReader(saved.take()));
    const again = new StateWriter();
    code.save!(again);
    const twice = new StateWriter();
    code.restore!(new StateReader(again.take()));
    code.save!(twice);
    expect(code.bookPages!()).toBe(1);
    // The node of the block is in the list again: memory holds it still.
    code.vmemmapFree(vmemmap, vmemmap + section, null);
    expect(kernel.log.take().map(entryText).length).toBeGreaterThan(0);
  });
});
