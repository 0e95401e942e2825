// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loongarch64 as room } from '../../arch/loongarch64/index.js';
import {
  entryLo,
  flagBits,
  format,
  geometry,
  leafHi,
  tableHi,
  type NoneEntries,
} from '../../arch/loongarch64/layout.js';
import { SUITES } from '../../src/bench/cases.js';
import { P4D, PMD, PTE, PUD, tableIndex, type Level } from '../../src/hardware/page-table.js';
import { observe } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import { importVmcoreinfo } from '../../src/plan/vmcoreinfo.js';
import { startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { entryAt, idle, pageTableOf, play, scenario } from '../scenarios.js';

type Machine = ScenarioInput['machine'];
type Steps = ScenarioInput['steps'];

const MIB = 2 ** 20;
const loongarch64 = (more: Partial<Machine> = {}): Machine => ({
  arch: 'loongarch64',
  kernel: '6.12.117',
  pageSize: '16K',
  ...more,
});
const range = (mib: number, sizeMib: number) => ({
  start: `0x${(2 ** 33 + mib * MIB).toString(16)}`,
  size: sizeMib * MIB,
});
const add = (mib: number, sizeMib: number, altmap?: string) => ({
  op: 'add-pages' as const,
  ...range(mib, sizeMib),
  altmap,
});
const remove = (mib: number, sizeMib: number) => ({ op: 'remove-pages' as const, ...range(mib, sizeMib) });
const last = (machine: Partial<Machine>, steps: Steps, failAllocations: number[] = []) =>
  play({ machine: loongarch64(machine), steps, failAllocations }).at(-1)!;

/** Page sizes and numbers of levels that a kernel can have, the level of the root, and the size of a leaf of the PMD. */
const KERNELS: readonly (readonly [pageSize: string, pagingLevels: number, root: Level, pmdMib: number])[] = [
  ['4K', 3, PUD, 2],
  ['4K', 4, P4D, 2],
  ['16K', 2, PMD, 32],
  ['16K', 3, PUD, 32],
  ['64K', 2, PMD, 512],
  ['64K', 3, PUD, 512],
];

/** CAC_BASE: what an entry that points to a table has above the address of the table. */
const CAC_BASE = 0x9000_0000_0000_0000n;
const entry = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo);

test('base pages beyond 4 GiB have frames in both halves of an entry', () => {
  const state = last({ pagingLevels: 2, vaBits: 39, ramBasePfn: 2 ** 20 }, [add(0, 512)]);
  expect(state).toMatchObject({ ret: 0, holes: [], violations: [] });
  const { kernel } = idle(loongarch64({ pagingLevels: 2, vaBits: 39, ramBasePfn: 2 ** 20 }));
  const address = kernel.vmemmap + 2 ** 19 * 64;
  expect(kernel.code.vmemmapPopulate(address, address + kernel.pageSize, 0, null)).toBe(0);
  expect(kernel.platform.mmu.walk(address)!.pa).toBeGreaterThanOrEqual(2 ** 34);
});

describe('an entry of a page table', () => {
  test.each(KERNELS)('with pages of %s and %i levels: every table fills a page', (pageSize, levels, root, pmdMib) => {
    const pageShift = Math.log2(parseInt(pageSize) * 1024);
    const { levels: tables, endian } = geometry(pageShift, levels);
    expect(endian).toBe('little');
    expect(tables[0]!.level).toBe(root);
    expect(tables.map(({ bits }) => bits)).toEqual(Array.from({ length: levels }, () => pageShift - 3));
    expect(2 ** tables.find(({ level }) => level === PMD)!.shift).toBe(pmdMib * MIB);
  });

  const none: NoneEntries = {
    [PTE]: undefined,
    [PMD]: { lo: 0x4000, hi: 0x9000_0000 },
    [PUD]: { lo: 0x8000, hi: 0x9000_0000 },
    3: undefined,
    4: undefined,
    5: undefined,
  };
  const format16K = format(14, none);

  test('points to a table by the address at which the kernel sees it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 2 ** 34 - 1 }), (pfn) => {
        const pa = pfn * 16384;
        const [lo, hi] = [entryLo(pa, 0), tableHi(pa)];
        expect(entry(lo, hi)).toBe(CAC_BASE | BigInt(pa));
        expect(format16K.isPresent(PUD, lo, hi)).toBe(true);
        expect(format16K.isLeaf(PUD, lo, hi)).toBe(false);
        expect(format16K.address(PUD, lo, hi)).toBe(pa);
        expect(format16K.address(PTE, entryLo(pa, 0x1d3), leafHi(pa))).toBe(pa);
      }),
    );
  });

  test('points nowhere where it points to the table of such entries of its level, and of no other', () => {
    expect([0x4000, 0x8000].map((lo) => format16K.isPresent(PMD, lo, 0x9000_0000))).toEqual([false, true]);
    expect([0x4000, 0x8000].map((lo) => format16K.isPresent(PUD, lo, 0x9000_0000))).toEqual([true, false]);
    expect(format16K.isPresent(PMD, 0x4000, 0x9000_0001)).toBe(true);
  });

  test('is a leaf of the PMD with the huge bit, which is the global bit of a PTE', () => {
    const HUGE = 0x40;
    expect(([PMD, PUD, P4D] as const).map((level) => format16K.isLeaf(level, HUGE | 1, 0))).toEqual([
      true,
      false,
      false,
    ]);
    expect([0x40, 0x41].map((lo) => format16K.isPresent(PTE, lo, 0))).toEqual([false, true]);
    expect([0x40, 0x41].map((lo) => format16K.isPresent(PMD, lo, 0))).toEqual([false, true]);
    // HGLOBAL lies where the frame of a page begins, and below that of a leaf.
    const leaf = 2 ** 25;
    expect(format16K.address(PMD, entryLo(leaf * 3, 0x11d3), leafHi(leaf * 3))).toBe(leaf * 3);
    expect(flagBits(entryLo(leaf * 3, 0x11d3), leafHi(leaf * 3), leaf)).toBe(0x11d3n);
    expect(flagBits(entryLo(16384 * 5, 0x1d3), 0xf000_1234, 16384)).toBe(0xf000_0000_0000_01d3n);
  });
});

describe('boot', () => {
  test.each(KERNELS)(
    'with pages of %s and %i levels fills the root with entries that point nowhere',
    (pageSize, levels) => {
      const { kernel } = idle(loongarch64({ pageSize, pagingLevels: levels }));
      const table = pageTableOf(kernel);
      const top = table.levels[0]!;
      const first = entry(table.lo(table.entry(table.root, 0)), table.hi(table.entry(table.root, 0)));
      expect(first & CAC_BASE).toBe(CAC_BASE);
      for (const index of [1, top.mask]) {
        const at = table.entry(table.root, index);
        expect(entry(table.lo(at), table.hi(at))).toBe(first);
      }
      // From table to table they end in one of PTEs that are zero.
      let pa = Number(first & 0xffff_ffff_ffffn);
      for (let level = top.level - 1; level >= PTE; level--) {
        const at = table.entry(pa, 7);
        const next = entry(table.lo(at), table.hi(at));
        expect(next === 0n).toBe(level === PTE);
        pa = Number(next & 0xffff_ffff_ffffn);
      }
      expect(kernel.allocator.pagesOut).toBe(0);
    },
  );
});

describe('vmemmap_populate()', () => {
  test.each(KERNELS)('with pages of %s and %i levels: a leaf or base pages', (pageSize, levels, _root, pmdMib) => {
    const state = last({ pageSize, pagingLevels: levels }, [add(0, 512)]);
    expect(state).toMatchObject({ ret: 0, holes: [] });
    if (levels === 2) {
      expect(state.prot).toEqual({ pte: '0x1d3' });
      expect(state.counters['tlbFlushAll']).toBeUndefined();
      return;
    }
    expect(state.prot).toEqual({ pmd: '0x11d3' });
    const leaves = Math.ceil((512 * MIB * 64) / (parseInt(pageSize) * 1024) / (pmdMib * MIB));
    expect(state.counters).toMatchObject({ setPmd: leaves, tlbFlushAll: leaves });
  });

  test('does not look at the altmap, which has to be large enough all the same', () => {
    const altmaps = { dev: { basePfn: 2 ** 19, endPfn: 2 ** 19 + 32767, free: 4096 } };
    const [state] = play({ machine: loongarch64(), altmaps, steps: [add(0, 512, 'dev')] });
    expect(state).toMatchObject({ ret: 0, altmaps: { dev: { alloc: 0 } }, ram: { pages: 2049 } });
    expect(state!.leaves[0]).toMatch(/ pmd ram$/);
  });

  test('finds a leaf that serves 16 sections, and takes no other for it', () => {
    const state = last({}, [add(0, 512), add(512, 512)]);
    expect(state.counters).toMatchObject({ setPmd: 1, allocPages: 2049, tlbFlushAll: 1 });
  });

  test('goes on with base pages where it once could not have a leaf', () => {
    const state = last({}, [add(0, 512), add(512, 512)], [2]);
    expect(state).toMatchObject({ ret: 0, prot: { pte: '0x1d3' }, holes: [], tables: { pmd: 1, pte: 1 } });
    expect(state.counters).toMatchObject({ setPte: 256, setPmd: 1, setPud: 1 });
  });

  test('leaves the last page unmapped of a memmap that begins inside a page', () => {
    const state = last({ pagingLevels: 2, vaBits: 39, structPageSize: 80 }, [add(2, 2)]);
    expect(state.ret).toBe(0);
    expect(state.holes).toHaveLength(1);
    expect(last({ pagingLevels: 2, vaBits: 39, structPageSize: 64 }, [add(0, 512)]).holes).toEqual([]);
  });

  test('fills new tables with entries that are none: an empty PTE is global since 6.12', () => {
    const emptyPte = (kernel: string): number => {
      const run = startRun(
        scenario({ machine: loongarch64({ kernel, pagingLevels: 2, vaBits: 39 }), steps: [add(0, 2)] }),
      );
      const start = run.kernel.vmemmap + (2 ** 33 / 16384) * 64;
      run.kernel.code.vmemmapPopulate(start, start + 16384, 0, null);
      const at = entryAt(run.kernel, PTE, start) + 2;
      return run.kernel.ram.words[at]!;
    };
    expect(['6.11', '6.12'].map(emptyPte)).toEqual([0, 0x40]);
    const { kernel } = idle(loongarch64());
    const start = kernel.vmemmap + 2 ** 33;
    kernel.code.vmemmapPopulate(start, start + 16384, 0, null);
    const table = pageTableOf(kernel);
    const at = entryAt(kernel, PMD, start);
    const behind = at + 2;
    expect(tableIndex(table.table(PMD), start)).toBeLessThan(table.table(PMD).mask);
    expect(kernel.code.paging!.isNone(kernel.ram.words[behind]!, kernel.ram.words[behind + 1]!, PMD)).toBe(true);
    expect(kernel.code.paging!.isNone(kernel.ram.words[behind]!, kernel.ram.words[behind + 1]!, PUD)).toBe(false);
    expect(kernel.code.paging!.isNone(kernel.ram.words[at]!, kernel.ram.words[at + 1]!, PMD)).toBe(false);
    expect([0, 0x40, 0x41, 0x80].map((lo) => kernel.code.paging!.isNone(lo, 0, PTE))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(kernel.code.paging!.isNone(0x40, 1, PTE)).toBe(false);
  });

  test('maps nothing where the memmap ends at 2^64, which is 0 to its loop', () => {
    const section = (kernel: string, start: number) =>
      play({
        machine: loongarch64({ kernel }),
        steps: [{ op: 'add-pages', start: `0x${start.toString(16)}`, size: '512M' }],
      })[0]!;
    const lastSection = 2 ** 48 - 512 * MIB;
    expect(section('7.1', lastSection)).toMatchObject({ ret: 0, leaves: [] });
    expect(section('7.1', lastSection).holes).toHaveLength(1);
    expect(section('7.1', lastSection - 512 * MIB)).toMatchObject({ ret: 0, holes: [] });
    expect(section('7.0', lastSection)).toMatchObject({ ret: 0, holes: [] });
  });

  test('says which of its two helpers it calls', () => {
    const saidBy = (pagingLevels: number): string[] => {
      const { kernel } = idle(loongarch64({ pagingLevels }));
      const said: string[] = [];
      observe(kernel, { ...DEAF_OBSERVER, decide: (by, { because, so }) => said.push(`${by}: ${because}: ${so}`) });
      kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 16384, 0, null);
      return said;
    };
    expect(saidBy(2)).toContain('vmemmap_populate: CONFIG_PGTABLE_LEVELS is 2: vmemmap_populate_basepages()');
    expect(saidBy(3)).toContain('vmemmap_populate: CONFIG_PGTABLE_LEVELS is not 2: vmemmap_populate_hugepages()');
  });
});

describe('vmemmap_free()', () => {
  test('does nothing: what was mapped stays, and comes again with what it holds', () => {
    const gone = last({}, [add(0, 512), remove(0, 512)]);
    expect(gone).toMatchObject({ ret: null, ram: { pages: 2049 }, tables: { pmd: 1 }, sections: { present: 0 } });
    expect(gone.leaks).toHaveLength(1);
    const again = last({}, [add(0, 512), remove(0, 512), add(0, 512)]);
    expect(again.counters).toMatchObject({ setPmd: 1, allocPages: 2049 });
    expect(again.leaks).toEqual([]);
  });

  test('also leaves what an add that failed had mapped', () => {
    const state = last({ pagingLevels: 2, vaBits: 39 }, [add(0, 512)], [8]);
    expect(state).toMatchObject({ ret: -12, ram: { pages: 7 }, sections: { present: 0 } });
  });
});

describe('what is told of it', () => {
  test('no table ever goes, nothing is remembered, no block holds its memmap', () => {
    const { code, kconfig } = idle(loongarch64()).kernel;
    expect(([PTE, PMD] as const).map((level) => code.keepsEmptyTable({ level, start: 0, pa: 0 }))).toEqual([
      true,
      true,
    ]);
    expect(code.unusedStart()).toBe(0);
    expect(kconfig.selectsMemmapOnMemory).toBe(false);
  });

  test('RAM lies where an entry can hold its frame', () => {
    const { kernel } = startRun(
      scenario({
        machine: loongarch64(),
        steps: [{ op: 'add-pages', start: `0x${(2 ** 48 - 2 ** 30).toString(16)}`, size: '512M' }],
      }),
    );
    const pfn = kernel.allocator.allocPages(0, 0);
    expect(pfn * kernel.pageSize).toBeLessThan(2 ** 48);
  });
});

describe('the room of loongarch64', () => {
  test('is what a crash dump is of whose release says loong64, as Debian’s, or loongarch64', () => {
    const arch = (release: string) => importVmcoreinfo(`OSRELEASE=${release}\n`, 'vmcoreinfo').arch;
    const releases = ['7.2.13+deb14-loong64', '7.2.loongarch64', '7.2-loong64-custom', '7.2_loong64', '7.2-loongson'];
    expect(releases.map(arch)).toEqual(['loongarch64', 'loongarch64', undefined, undefined, undefined]);
  });

  test('was seen on booted kernels with 16K pages and 3 levels, and with others as recorded functions only', () => {
    const booted = room.configurations.filter(({ groundTruth }) => groundTruth.includes('booted'));
    expect(booted.map(({ title }) => title)).toEqual(['16K pages, 3 levels']);
  });

  test('has frames of 48 bits, for callers and in entries', () => {
    const { config, traits } = scenario({ machine: loongarch64(), steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }).machine;
    expect(room.maxPhysmemBits(config, traits)).toBe(48);
    expect(room.entryLimit).toBe(2 ** 48);
    expect(room.hasFullTables).toBe(true);
  });

  test('calls functions as the kernel does, and says nothing of those that the kernel has not', () => {
    expect(room.functionNames).toEqual({
      checkPmd: 'vmemmap_check_pmd',
      setPmd: 'vmemmap_set_pmd',
      populate: null,
      initTable: null,
      set: null,
      fillTable: null,
    });
  });

  test.each([
    ['cycle', ['loongarch64 16K, PMD leaves']],
    ['struct-page', [56, 64, 72, 80, 96].map((bytes) => `loongarch64, ${bytes} B`)],
    // vmemmap_populate() does not look at an altmap, and no page is compound.
    ['altmap', []],
    ['compound', []],
    ['block-size', []],
  ])('is in the suite %s of the benchmark with %j', (suite, cases) => {
    const all = SUITES.find(({ name }) => name === suite)!.cases.filter(
      ({ machine }) => machine.arch === 'loongarch64',
    );
    expect(all.map(({ name }) => name)).toEqual(cases);
    for (const { machine } of all) expect(machine.pageSize).toBe('16K');
  });

  test('is in the benchmark of releases from 6.2 on', () => {
    const all = SUITES.find(({ name }) => name === 'release')!.cases.filter(
      ({ machine }) => machine.arch === 'loongarch64',
    );
    expect(all[0]).toMatchObject({ name: 'loongarch64 16K, 6.2', machine: { pageSize: '16K', kernel: '6.2' } });
  });
});
