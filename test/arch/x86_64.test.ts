// SPDX-License-Identifier: GPL-2.0-only

import { entryText } from '../../src/kernel/log.js';
import { x86_64 } from '../../arch/x86_64/index.js';
import { describe, expect, test } from 'vitest';
import { PMD, PUD, tableIndex } from '../../src/hardware/page-table.js';
import { StateReader, StateWriter } from '../../src/hardware/saved-state.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { pfnToPage } from '../../src/kernel/kernel.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import {
  scenario,
  addSection,
  entryAt,
  idle,
  pageTableOf,
  PFN,
  play,
  removeSection,
  SECTION,
  SUBSECTION,
} from '../scenarios.js';

type Machine = ScenarioInput['machine'];
const x86 = (more: Partial<Machine> = {}): Machine => ({ arch: 'x86_64', kernel: '6.12.117', ...more });
const use = (section: number) => ({ op: 'use' as const, pfn: PFN + section * SECTION, nrPages: SECTION });

describe('x86_64: vmemmap_populate()', () => {
  test('maps a section of 64-byte struct pages with one PMD leaf', () => {
    const [state] = play({ machine: x86(), steps: [addSection(0)] });
    expect(state).toMatchObject({
      ret: 0,
      leaves: ['ffffea0004000000-ffffea0004200000 pmd ram'],
      prot: { pmd: '0x80000000000001e3' },
      tables: { p4d: 0, pud: 1, pmd: 1, pte: 0 },
    });
  });

  test('maps less than a section with base pages, and never from the altmap', () => {
    const [state] = play({
      machine: x86(),
      altmaps: { dev: { basePfn: PFN, endPfn: PFN + SUBSECTION - 1, free: 64 } },
      steps: [{ op: 'add-pages', pfn: PFN, nrPages: SUBSECTION, altmap: 'dev' }],
    });
    expect(state).toMatchObject({
      leaves: ['ffffea0004000000-ffffea0004008000 pte ram'],
      altmaps: { dev: { alloc: 0 } },
    });
  });

  test('fails with an altmap on a CPU without PSE', () => {
    const [state] = play({
      machine: x86({ hugeVmemmap: false }),
      altmaps: { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 512 } },
      steps: [addSection(0, 'dev')],
    });
    expect(state).toMatchObject({ ret: -12, leaves: [] });
  });

  test('falls back to base pages when there is no memory for a leaf', () => {
    const [state] = play({ machine: x86(), steps: [addSection(0)], failAllocations: [3] });
    expect(state).toMatchObject({ ret: 0, leaves: ['ffffea0004000000-ffffea0004200000 pte ram'] });
  });

  test('with 5 levels counts the top-level entry at the pgd and frees every table below it but the p4d', () => {
    const [added, removed] = play({ machine: x86({ pagingLevels: 5 }), steps: [addSection(0), removeSection(0)] });
    expect(added!.counters).toMatchObject({ setPgd: 1, setP4d: 1, setPud: 1, setPmd: 1 });
    expect(removed).toMatchObject({ tables: { p4d: 1, pud: 0, pmd: 0 }, ram: { pages: 1 } });
  });

  test('copies a new top-level entry to every other page table, once', () => {
    const results = play({ machine: x86({ otherPageTables: 3 }), steps: [addSection(0), addSection(1)] });
    expect(results.map((r) => r.counters['syncTopLevel'])).toEqual([3, 3]);
  });

  test('takes frames above 2^32 for leaves and tables', () => {
    const [state] = play({ machine: x86({ ramBasePfn: 2 ** 34 }), steps: [addSection(0)] });
    expect(state!.leaves).toEqual(['ffffea0004000000-ffffea0004200000 pmd ram']);
    const run = idle(x86({ ramBasePfn: 2 ** 34 }));
    run.kernel.code.vmemmapPopulate(run.kernel.vmemmap, run.kernel.vmemmap + 2 ** 21, 0, null);
    expect(run.kernel.platform.mmu.walk(run.kernel.vmemmap)!.pa).toBeGreaterThanOrEqual(2 ** 46);
  });
});

describe('x86_64: two sections of 56-byte struct pages share a PMD leaf', () => {
  const machine = x86({ structPageSize: 56 });

  test('adding neighbours in order writes no PAGE_UNUSED byte: the unused tail is remembered and then consumed', () => {
    const [first, second] = play({ machine, steps: [addSection(0), addSection(1)] });
    expect(first).toMatchObject({ unusedStart: '0xffffea00039c0000', partial: [] });
    expect(second).toMatchObject({ unusedStart: '0xffffea0003b80000', partial: [] });
    expect(second!.counters['unusedBytes']).toBeUndefined();
  });

  test('removing the first keeps the leaf while the second is online', () => {
    const [, , , removed] = play({ machine, steps: [addSection(0), addSection(1), use(1), removeSection(0)] });
    expect(removed!.partial[0]).toBe('ffffea0003800000 unused 0-1835008 used 1835008-2097152');
    expect(removed!.holes).toEqual([]);
  });

  test('the leaf goes with the second', () => {
    const states = play({ machine, steps: [addSection(0), addSection(1), removeSection(0), removeSection(1)] });
    expect(states[3]).toMatchObject({ leaves: [], leaks: [], ram: { pages: 1 } });
  });

  test('the leaf is lost when recycled memory is full of 0xFD and the second was never online', () => {
    const steps = [
      addSection(0),
      addSection(1),
      removeSection(0),
      removeSection(1),
      addSection(0),
      addSection(1),
      removeSection(0),
    ];
    const kept = play({ machine: { ...machine, recycledPages: 'keep' }, steps });
    expect(kept[6]!.holes).toEqual(['ffffea00039c0000-ffffea0003a00000']);
    const zeroed = play({ machine, steps });
    expect(zeroed[6]!.holes).toEqual([]);
  });
});

describe('x86_64: vmemmap_free()', () => {
  test('gives a leaf to the altmap of the caller, whatever frame it maps', () => {
    const [, removed] = play({
      machine: x86(),
      altmaps: { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 512 } },
      steps: [addSection(0), removeSection(0, 'dev')],
    });
    expect(removed).toMatchObject({
      leaves: [],
      altmaps: { dev: { alloc: -512 } },
      violations: ['altmap-underflow:dev'],
    });
    expect(removed!.ram.pages).toBe(1 + 512);
  });

  test('gives an altmap leaf to the page allocator where the caller names no altmap', () => {
    const [, removed] = play({
      machine: x86(),
      altmaps: { dev: { basePfn: PFN, endPfn: PFN + SECTION - 1, free: 512 } },
      steps: [addSection(0, 'dev'), removeSection(0)],
    });
    expect(removed!.violations).toEqual(['free-not-allocated:100000']);
  });

  test('since 6.2 hands base pages of the altmap to the page allocator where the PMD was split before', () => {
    const steps = [
      { op: 'add-pages' as const, pfn: PFN + SECTION - SUBSECTION, nrPages: SUBSECTION },
      addSection(1, 'dev'),
      removeSection(1, 'dev'),
    ];
    const altmaps = { dev: { basePfn: PFN + SECTION, endPfn: PFN + 2 * SECTION - 1, free: 2048 } };
    const [before, after] = ['6.1.192', '6.12.117'].map((kernel) =>
      play({ machine: x86({ structPageSize: 80, kernel }), altmaps, steps }),
    );
    expect(before![2]).toMatchObject({ violations: [], altmaps: { dev: { alloc: 0 } } });
    expect(after![2]!.violations.length).toBeGreaterThan(0);
    expect(after![2]!.altmaps['dev']!.alloc).toBe(384);
  });

  test('takes a leaf for a table when a subsection is added over it, and writes entries into struct pages', () => {
    // Section 0 of 56-byte struct pages ends inside a leaf; the first subsection of section 1 lies in that leaf.
    const steps = [addSection(0), { op: 'add-pages' as const, pfn: PFN + SECTION, nrPages: SUBSECTION }];
    const [, second] = play({ machine: x86({ structPageSize: 56 }), steps });
    expect(second).toMatchObject({ ret: 0, leaves: ['ffffea0003800000-ffffea0003a00000 pmd ram'] });
    expect(second!.counters['setPte']).toBe(7);
  });
});

describe('x86_64: remove_pagetable() meets what it did not make', () => {
  const PMD_SIZE = 2 ** 21;
  const PUD_SIZE = 2 ** 30;
  const ACCESSED_AND_DIRTY = 0x60;
  const PUD_LEAF = 0x1e3;
  const booted = (more: Partial<Machine> = {}) => {
    const { kernel } = idle(x86(more));
    return { kernel, start: kernel.vmemmap };
  };

  test.each([4, 5])('with %i levels, memmap that was never mapped is passed over', (pagingLevels) => {
    const { kernel, start } = booted({ pagingLevels });
    kernel.code.vmemmapFree(start, start + 2 ** 40, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(kernel.counters).toMatchObject({ freePages: 0, clear: [0, 0, 0, 0, 0] });
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    kernel.code.vmemmapFree(start + PUD_SIZE, start + 2 ** 38, null);
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(kernel.counters).toMatchObject({ freePages: 0, clear: [0, 0, 0, 0, 0] });
  });

  test('a leaf of 1 GiB that lies in the range as a whole is cleared, and its memory is not given back', () => {
    const { kernel, start } = booted();
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    const entry = entryAt(kernel, PUD, start + PUD_SIZE);
    pageTableOf(kernel).write(entry, PUD_LEAF, 0);
    kernel.code.vmemmapFree(start + PUD_SIZE, start + 2 * PUD_SIZE, null);
    expect(pageTableOf(kernel).lo(entry)).toBe(0);
    expect(kernel.counters).toMatchObject({ freePages: 0, clear: [0, 0, 1, 0, 0] });
    expect(kernel.log.take().map(entryText)).toEqual([]);
    expect(kernel.platform.mmu.walk(start)).toBeDefined();
  });

  test('a table whose whole GiB lies in the range is a table all the same: its leaves go back, and then it does', () => {
    const { kernel, start } = booted();
    kernel.code.vmemmapPopulate(start, start + 2 * PMD_SIZE, 0, null);
    kernel.code.vmemmapFree(start, start + PUD_SIZE, null);
    expect(kernel.counters).toMatchObject({ freePages: 2 * 512 + 1, clear: [0, 2, 1, 0, 0] });
    expect(kernel.log.take().map(entryText)).toEqual([]);
  });

  test.each([
    ['from its start', 0, PUD_SIZE - PMD_SIZE],
    ['to its end', PMD_SIZE, PUD_SIZE],
  ])('a leaf of 1 GiB of which a part lies in the range, %s, is taken for a table', (_what, from, to) => {
    const { kernel, start } = booted();
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    const page = kernel.allocator.allocPages(0);
    const lo = ((page * 4096) | PUD_LEAF) >>> 0;
    const hi = Math.floor((page * 4096) / 2 ** 32);
    const table = pageTableOf(kernel);
    const inLeaf = table.entry(page * 4096, tableIndex(table.table(PMD), start + 2 * PMD_SIZE));
    const beyond = table.entry(page * 4096, from === 0 ? 511 : 0);
    table.write(inLeaf, 0x67, 0);
    table.write(beyond, 1, 0);
    table.write(entryAt(kernel, PUD, start + PUD_SIZE), lo, hi);
    kernel.code.vmemmapFree(start + PUD_SIZE + from, start + PUD_SIZE + to, null);
    expect(table.lo(inLeaf)).toBe(0);
    expect(table.lo(entryAt(kernel, PUD, start + PUD_SIZE))).toBe(lo);
  });

  test('a table whose other entries have nothing but accessed and dirty bits counts as empty and goes', () => {
    const { kernel, start } = booted();
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    const table = pageTableOf(kernel);
    table.write(entryAt(kernel, PMD, start + 7 * PMD_SIZE), ACCESSED_AND_DIRTY, 0);
    kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
    expect(kernel.counters).toMatchObject({ freePages: 512 + 1, clear: [0, 1, 1, 0, 0] });
  });

  test.each([
    ['low', 0x200, 0],
    ['high', 0, 1],
  ])('a table with a bit in the %s half of its last entry stays', (_which, lo, hi) => {
    const { kernel, start } = booted();
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    pageTableOf(kernel).write(entryAt(kernel, PMD, start + PUD_SIZE - PMD_SIZE), lo, hi);
    kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
    expect(kernel.counters).toMatchObject({ freePages: 512, clear: [0, 1, 0, 0, 0] });
  });
});

describe('x86_64: page tables of processes', () => {
  const machine = x86({ otherPageTables: 3 });

  test('get no entry from memmap that could not be made', () => {
    const [state] = play({ machine: { ...machine, kernel: '6.12' }, steps: [addSection(0)], failAllocations: [2] });
    expect(state).toMatchObject({ ret: -12 });
    expect(state!.counters['syncTopLevel']).toBeUndefined();
  });

  test('get the entry with the table that it points to in 6.12.117, whatever comes of the memmap', () => {
    // The memmap of frame 0 is the first that the top-level entry covers.
    for (const pfn of [0, PFN]) {
      const steps = [{ op: 'add-pages' as const, pfn, nrPages: SECTION }];
      const [state] = play({ machine, steps, failAllocations: [2] });
      expect(state).toMatchObject({ ret: -12, counters: { syncTopLevel: 3 } });
    }
    const { kernel } = idle(machine);
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 4096, 0, null);
    expect(kernel.counters.syncTopLevel).toBe(3);
  });

  test('get it in 6.12 when the memmap is made', () => {
    const [state] = play({ machine: { ...machine, kernel: '6.12' }, steps: [addSection(0)] });
    expect(state).toMatchObject({ ret: 0, counters: { syncTopLevel: 3 } });
  });

  test('get every top-level entry of a range that has several', () => {
    const { kernel } = idle(machine);
    const last = 2 ** 39 - 2 ** 21;
    kernel.code.vmemmapPopulate(kernel.vmemmap + last, kernel.vmemmap + last + 2 ** 22, 0, null);
    expect(kernel.counters.syncTopLevel).toBe(2 * 3);
  });
});

describe('x86_64: the memmap of a HugeTLB page that is folded', () => {
  test('maps its first page again for all others, which may not be written', () => {
    const range = { pfn: PFN, nrPages: SECTION };
    const run = startRun(
      scenario({
        machine: x86({ hugetlbOptimized: true, ramBasePfn: 2 ** 34 }),
        steps: [
          { op: 'add-memory', ...range },
          { op: 'online', ...range, type: 'movable' },
          { op: 'hugetlb-optimize', pfn: PFN, nrPages: SUBSECTION },
        ],
      }),
    );
    for (const step of run.scenario.steps) expect(runStep(run, step)).toBe(0);
    const { kernel } = run;
    const leaves = Array.from({ length: 8 }, (_, page) =>
      kernel.platform.mmu.walk(pfnToPage(kernel, PFN) + page * 4096)!,
    );
    expect(new Set(leaves.map(({ pa }) => pa)).size).toBe(1);
    expect(kernel.allocator.isAllocated(leaves[0]!.pa / 4096)).toBe(true);
    const WRITABLE = 2;
    expect(leaves.map(({ lo }) => (lo & WRITABLE) !== 0)).toEqual([true, ...Array.from({ length: 7 }, () => false)]);
  });
});

describe('x86_64: state that is saved', () => {
  test('has the unused part of a leaf that is remembered', () => {
    const { kernel } = idle(x86({ structPageSize: 56 }));
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + SECTION * 56, 0, null);
    const remembered = kernel.code.unusedStart();
    expect(remembered).toBe(kernel.vmemmap + SECTION * 56);
    const saved = new StateWriter();
    kernel.code.save!(saved);
    kernel.code.vmemmapFree(kernel.vmemmap, kernel.vmemmap + SECTION * 56, null);
    expect(kernel.code.unusedStart()).toBe(0);
    kernel.code.restore!(new StateReader(saved.take()));
    expect(kernel.code.unusedStart()).toBe(remembered);
  });
});

describe('x86_64: what a machine may be', () => {
  test.each([
    [{ pageSize: 16384 }, 'machine.pageSize'],
    [{ structPageSize: 60 }, 'machine.structPageSize'],
    [{ pagingLevels: 3 }, 'machine.pagingLevels'],
    [{ sectionSizeBits: 30 }, 'machine.sectionSizeBits'],
  ])('%j is refused by the name of the field', (more, field) => {
    expect(() => play({ machine: x86(more), steps: [addSection(0)] })).toThrow(field);
  });

  test('struct pages of 96 bytes fill three PMDs with two sections', () => {
    const [state] = play({
      machine: x86({ structPageSize: 96 }),
      steps: [{ op: 'add-pages', pfn: PFN, nrPages: 2 * SECTION }],
    });
    expect(state).toMatchObject({ leaves: ['ffffea0006000000-ffffea0006600000 pmd ram'], unusedStart: '0x0' });
  });
});

describe('a memory block', () => {
  const blockSize = (endOfRam: number) => x86_64.memoryBlockSize(4096, endOfRam);

  test('is 128 MiB below 64 GiB of memory, and from there the largest size that divides the end of memory', () => {
    const GIB = 2 ** 30;
    expect(blockSize(63 * GIB)).toBe(2 ** 27);
    expect(blockSize(64 * GIB)).toBe(2 * GIB);
    expect(blockSize(65 * GIB)).toBe(GIB);
    expect(blockSize(64 * GIB + 2 ** 28)).toBe(2 ** 28);
  });
});
