// SPDX-License-Identifier: GPL-2.0-only

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { riscv64 as room } from '../../arch/riscv64/index.js';
import { entryHi, entryLo, entryPfn, format, geometry } from '../../arch/riscv64/layout.js';
import { SUITES } from '../../src/bench/cases.js';
import { LEVELS, P4D, PGD, PMD, PTE, PUD, type Level } from '../../src/hardware/page-table.js';
import { observe } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import { importVmcoreinfo } from '../../src/plan/vmcoreinfo.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { entryAt, idle, pageTableOf, play, scenario } from '../scenarios.js';

type Machine = ScenarioInput['machine'];
type Steps = ScenarioInput['steps'];

const MIB = 2 ** 20;
const riscv64 = (more: Partial<Machine> = {}): Machine => ({ arch: 'riscv64', kernel: '6.12.117', ...more });
const range = (mib: number, sizeMib: number) => ({
  start: `0x${(2 ** 32 + mib * MIB).toString(16)}`,
  size: sizeMib * MIB,
});
const add = (mib: number, sizeMib: number, altmap?: string) => ({
  op: 'add-pages' as const,
  ...range(mib, sizeMib),
  altmap,
});
const remove = (mib: number, sizeMib: number, altmap?: string) => ({
  op: 'remove-pages' as const,
  ...range(mib, sizeMib),
  altmap,
});
const last = (machine: Partial<Machine>, steps: Steps, failAllocations: number[] = []) =>
  play({ machine: riscv64(machine), steps, failAllocations }).at(-1)!;

/** Paging modes: bits of an address, the level of the root's entries, and that of the tables which boot makes. */
const MODES: readonly (readonly [vaBits: number, root: Level, made: Level])[] = [
  [39, PUD, PMD],
  [48, P4D, PUD],
  [57, PGD, P4D],
];

const frames = fc.integer({ min: 0, max: 2 ** 44 - 1 });

describe('an entry of a page table', () => {
  test.each(MODES)('of Sv%i: nine bits index each level', (vaBits, root) => {
    const { levels, endian } = geometry(LEVELS.length - 1 - (PGD - root));
    expect(endian).toBe('little');
    expect(levels[0]!.level).toBe(root);
    expect(levels.reduce((bits, level) => bits + level.bits, 12)).toBe(vaBits);
    expect(levels.map(({ shift }) => shift)).toEqual([48, 39, 30, 21, 12].slice(5 - levels.length));
  });

  test('holds any frame of 44 bits in bits 10 to 53', () => {
    fc.assert(
      fc.property(frames, fc.constantFrom(0xe7, 0x1, 0xc7), (pfn, bits) => {
        const pa = pfn * 4096;
        const entry = (BigInt(entryHi(pa, 0)) << 32n) | BigInt(entryLo(pa, bits));
        expect(entry).toBe((BigInt(pfn) << 10n) | BigInt(bits));
        expect(entryPfn(entryLo(pa, bits), entryHi(pa, 0))).toBe(pfn);
        expect(format.address(PMD, entryLo(pa, bits), entryHi(pa, 0))).toBe(pa);
      }),
    );
  });

  test('is a leaf where R, W or X is set, and else points to a table; as a PTE it maps nothing without them', () => {
    for (const level of [PMD, PUD, P4D, PGD] as const) {
      expect([1, 3, 5, 9].map((lo) => format.isLeaf(level, lo, 0))).toEqual([false, true, true, true]);
      expect([0, 1, 3, 2].map((lo) => format.isPresent(level, lo, 0))).toEqual([false, true, true, false]);
    }
    expect([1, 3, 5, 9, 0xe6].map((lo) => format.isPresent(PTE, lo, 0))).toEqual([false, true, true, true, false]);
  });
});

describe('boot', () => {
  test.each(MODES)('with Sv%i makes a table for every entry of the root that the region has', (vaBits, root, made) => {
    for (const [structPageSize, count] of [
      [56, 4],
      [64, 4],
      [72, 8],
      [96, 8],
    ] as const) {
      const [state] = play({ machine: riscv64({ vaBits, structPageSize }), steps: [remove(0, 128)] });
      expect(state!.tables, `${structPageSize} bytes`).toEqual({
        p4d: 0,
        pud: 0,
        pmd: 0,
        pte: 0,
        [LEVELS[made]]: count,
      });
      expect(state!.ram.pages).toBe(0);
      expect(pageTableOf(idle(riscv64({ vaBits })).kernel).levels[0]!.level).toBe(root);
    }
  });

  test('without hot-plug makes none, and maps boot memory with base pages; from 6.8 on with leaves', () => {
    const state = (kernel: string) =>
      play({
        machine: riscv64({ kernel, vaBits: 39, boot: [{ start: '0x80000000', size: '128M' }] }),
        steps: [{ op: 'use', start: '0x80000000', size: '128M' }],
      })[0]!;
    expect(state('5.10')).toMatchObject({ prot: { pte: '0xc7' }, tables: { pmd: 1, pte: 1 } });
    expect(state('6.1.192')).toMatchObject({ prot: { pte: '0xe7' }, tables: { pmd: 1, pte: 1 } });
    expect(state('6.7')).toMatchObject({ prot: { pte: '0xe7' } });
    expect(state('6.8')).toMatchObject({ prot: { pmd: '0xe7' }, tables: { pmd: 1, pte: 0 } });
    expect(state('6.11')).toMatchObject({ prot: { pmd: '0xe7' }, tables: { pmd: 4, pte: 0 } });
  });

  test('before 6.11 nothing can be added or removed, which is said of the step', () => {
    const at = (kernel: string) => () => play({ machine: riscv64({ kernel }), steps: [add(0, 128)] });
    expect(at('6.10')).toThrow(
      'steps[0].op is "add-pages"; machine.kernel is "6.10", and riscv64 has memory hot-plug from 6.11 on',
    );
    expect(at('6.11')).not.toThrow();
  });
});

describe('vmemmap_populate()', () => {
  test('makes a leaf for a subsection too, of the altmap if there is one', () => {
    expect(last({}, [add(0, 2)])).toMatchObject({ prot: { pmd: '0xe7' }, tables: { pte: 0 }, ret: 0 });
    const machine = riscv64();
    const altmaps = { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 512 } };
    const [own] = play({ machine, altmaps, steps: [add(0, 2, 'dev')] });
    expect(own!.altmaps).toEqual({ dev: { alloc: 512, align: 0 } });
    // One page short of a leaf there is nothing at all.
    const short = { dev: { ...altmaps.dev, free: 511 } };
    const [none] = play({ machine, altmaps: short, steps: [add(0, 2, 'dev')] });
    expect(none).toMatchObject({ ret: -12, leaves: [], altmaps: { dev: { alloc: 0 } } });
  });

  test('maps the part that is asked for with base pages where no leaf can be had', () => {
    const state = last({}, [add(0, 2)], [3]);
    expect(state).toMatchObject({ ret: 0, prot: { pte: '0xe7' }, tables: { pte: 1 }, holes: [] });
    expect(state.counters['setPte']).toBe(8);
  });

  test('takes a table for a leaf until 7.1; from 7.2 on it adds the pages that the table lacks, of the altmap if given', () => {
    const after = (kernel: string) => last({ kernel }, [add(0, 2), add(2, 2)], [3]);
    expect(after('7.1')).toMatchObject({ ret: 0, holes: ['ff1c000004008000-ff1c000004010000'] });
    expect(after('7.2')).toMatchObject({ ret: 0, holes: [] });
    const [, own] = play({
      machine: riscv64({ kernel: '7.2' }),
      altmaps: { dev: { basePfn: 0x100200, endPfn: 0x107fff, free: 8 } },
      steps: [add(0, 2), add(2, 2, 'dev')],
      failAllocations: [3],
    });
    expect(own).toMatchObject({ ret: 0, altmaps: { dev: { alloc: 8 } } });
  });

  test('warns from 7.1 on where the memmap leaves the region at either end, and populates all the same', () => {
    const window = 2 ** 32 / 64;
    const below = { ...range(0, 128), start: '0x70000000' };
    const at = (kernel: string, start: number) =>
      play({
        machine: riscv64({ kernel, vaBits: 39, hvo: false }),
        steps: [{ op: 'add-pages', start: `0x${start.toString(16)}`, size: 128 * MIB }],
      })[0]!;
    const end = 2 ** 31 + window * 4096;
    expect(at('7.0', end)).toMatchObject({ ret: 0, violations: [] });
    expect(at('7.1', end)).toMatchObject({ ret: 0, violations: ['warn:vmemmap_populate'] });
    expect(at('7.1', end - 128 * MIB)).toMatchObject({ ret: 0, violations: [] });
    expect(at('7.1', Number(below.start))).toMatchObject({ ret: 0, violations: ['warn:vmemmap_populate'] });
    expect(at('7.1', 2 ** 31)).toMatchObject({ ret: 0, violations: [] });
    expect(at('7.1', 2 ** 31).leaves).toHaveLength(1);
  });

  test('is followed from 7.2 on by flush_cache_vmap(), for each section that it mapped inside the region', () => {
    const told = (kernel: string, steps: Steps, failAllocations: number[] = []) =>
      last({ kernel, hvo: false, vaBits: 39 }, steps, failAllocations).counters['markNewValidMap'] ?? 0;
    expect(told('7.1', [add(0, 256)])).toBe(0);
    expect(told('7.2', [add(0, 256)])).toBe(2);
    expect(told('7.2', [add(0, 128)], [1, 2])).toBe(0);
    const beyond = { op: 'add-pages' as const, start: `0x${(2 ** 31 + 2 ** 38).toString(16)}`, size: 128 * MIB };
    expect(told('7.2', [beyond])).toBe(0);
  });

  test('writes the memory types of T-Head cores into leaves and base pages', () => {
    expect(last({ theadMemoryTypes: true }, [add(0, 128)]).prot).toEqual({ pmd: '0x70000000000000e7' });
    expect(last({ theadMemoryTypes: true }, [add(0, 2)], [3]).prot).toEqual({ pte: '0x70000000000000e7' });
  });

  test('folds the memmap of compound device pages to two pages each', () => {
    const device = { op: 'memremap-pages' as const, device: 'd', ...range(0, 128), compoundSize: '2M' };
    const state = last({}, [device]);
    expect(state).toMatchObject({ ret: 0, tables: { pte: 1 } });
    expect(state.ram.pages).toBe(64 * 2 + 3);
  });

  test('says which of its two helpers it calls', () => {
    const saidBy = (kernel: string): string[] => {
      const run = startRun(scenario({ machine: riscv64({ kernel }), steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }));
      const said: string[] = [];
      observe(run.kernel, { ...DEAF_OBSERVER, decide: (by, { because, so }) => said.push(`${by}: ${because}: ${so}`) });
      const start = run.kernel.vmemmap + 2 ** 30;
      run.kernel.code.vmemmapPopulate(start, start + 4096, 0, null);
      return said;
    };
    expect(saidBy('6.7')).toContain(
      'vmemmap_populate: this release maps the vmemmap with base pages: vmemmap_populate_basepages()',
    );
    expect(saidBy('6.8')).toContain(
      'vmemmap_populate: this release maps the vmemmap with leaves: vmemmap_populate_hugepages()',
    );
  });
});

describe('vmemmap_free()', () => {
  test('clears a leaf whole, whatever part of it the range covers', () => {
    const state = last({}, [add(0, 128), remove(0, 2)]);
    expect(state).toMatchObject({ leaves: [], holes: ['ff1c000002008000-ff1c000002200000'] });
    expect(state.counters).toMatchObject({ clearPmd: 1, freePages: 514, tlbFlushAll: 1 });
  });

  test('of base pages frees those of the range, and the table with the last of them', () => {
    const steps = [add(0, 2), add(2, 2), remove(0, 2)];
    const half = last({ kernel: '7.2' }, steps, [3]);
    expect(half).toMatchObject({ tables: { pte: 1 }, holes: [] });
    expect(half.counters).toMatchObject({ setPte: 16, clearPte: 8, tlbFlushAll: 1 });
    const none = last({ kernel: '7.2' }, [...steps, remove(2, 2)], [3]);
    expect(none).toMatchObject({ leaves: [], ram: { pages: 0 } });
    expect(none.counters).toMatchObject({ clearPte: 16, strayTableDtor: 1, tlbFlushAll: 2 });
  });

  test.each(MODES)('with Sv%i takes down all tables but those of the boot', (vaBits, _root, made) => {
    const state = last({ vaBits }, [add(0, 128), remove(0, 128)]);
    expect(state.tables).toEqual({ p4d: 0, pud: 0, pmd: 0, pte: 0, [LEVELS[made]]: 4 });
    expect(state).toMatchObject({ leaves: [], leaks: [], ram: { pages: 0 } });
  });

  test('until 6.12 ran the destructor of page tables on the PMD table too, which 6.13 and 6.12.117 do not', () => {
    const stray = (kernel: string) => last({ kernel }, [add(0, 128), remove(0, 128)]).counters['strayTableDtor'] ?? 0;
    expect(['6.11', '6.12', '6.12.117', '6.13'].map(stray)).toEqual([1, 1, 0, 0]);
  });

  test('gives memory to the altmap where one is given and else to the page allocator, whosever it is', () => {
    const machine = riscv64();
    const altmaps = { dev: { basePfn: 0x100000, endPfn: 0x107fff, free: 1024 } };
    const [, toAltmap] = play({ machine, altmaps, steps: [add(0, 128), remove(0, 128, 'dev')] });
    expect(toAltmap).toMatchObject({ altmaps: { dev: { alloc: -512 } }, ram: { pages: 512 } });
    expect(toAltmap!.violations).toEqual(['altmap-underflow:dev']);
    const [, toAllocator] = play({ machine, altmaps, steps: [add(0, 128, 'dev'), remove(0, 128)] });
    expect(toAllocator).toMatchObject({ altmaps: { dev: { alloc: 512 } }, violations: ['free-not-allocated:100000'] });
    // The same page by page.
    const pages = play({ machine, altmaps, steps: [add(0, 2), remove(0, 2, 'dev')], failAllocations: [3] }).at(-1)!;
    expect(pages).toMatchObject({ altmaps: { dev: { alloc: -8 } }, ram: { pages: 8 } });
  });

  test('of base pages beyond 16 GiB finds their frames in both halves of an entry', () => {
    const machine = { ramBasePfn: 2 ** 24 };
    const [added, gone] = play({
      machine: riscv64(machine),
      steps: [add(0, 2), remove(0, 2)],
      failAllocations: [3],
    });
    expect(added).toMatchObject({ ret: 0, holes: [], prot: { pte: '0xe7' } });
    expect(added!.leaves.every((leaf) => leaf.endsWith('pte ram'))).toBe(true);
    expect(gone).toMatchObject({ leaves: [], violations: [] });
    expect([added!.ram.pages, gone!.ram.pages]).toEqual([11, 0]);
  });

  test('tells what it reads, clears and looks through, page by page', () => {
    const run = startRun(scenario({ machine: riscv64(), steps: [add(0, 2), remove(0, 2)], failAllocations: [3] }));
    runStep(run, run.scenario.steps[0]!);
    const { vmemmap } = run.kernel;
    const events: string[] = [];
    const at = (address: number): string => `vmemmap+${(address - vmemmap - (2 ** 32 / 4096) * 64) / 4096} pages`;
    observe(run.kernel, {
      ...DEAF_OBSERVER,
      enter: (by) => events.push(by),
      readEntry: (level, address) => events.push(`read ${LEVELS[level]} ${at(address)}`),
      clearEntry: (level, address) => events.push(`clear ${LEVELS[level]} ${at(address)}`),
      scanTable: (_pa, entries) => events.push(`scan ${entries} entries`),
    });
    runStep(run, run.scenario.steps[1]!);
    const pages = Array.from({ length: 8 }, (_, page) => [
      `read pte vmemmap+${page} pages`,
      `clear pte vmemmap+${page} pages`,
    ]);
    const told = events.slice(events.indexOf('remove_pgd_mapping'));
    expect(told.filter((event) => !/p[gu4]d|scan/.test(event))).toEqual([
      'read pmd vmemmap+0 pages',
      'remove_pte_mapping',
      ...pages.flat(),
      'clear pmd vmemmap+7.999755859375 pages',
    ]);
    expect(told.find((event) => event.startsWith('scan'))).toBe('scan 512 entries');
  });

  test('flushes once, behind all that it freed', () => {
    const run = startRun(scenario({ machine: riscv64(), steps: [add(0, 256), remove(0, 128)] }));
    runStep(run, run.scenario.steps[0]!);
    const events: string[] = [];
    observe(run.kernel, {
      ...DEAF_OBSERVER,
      clearEntry: (level) => events.push(`clear ${LEVELS[level]}`),
      freePages: (_pfn, order) => events.push(`free ${order}`),
      flush: (kind) => events.push(`flush ${kind}`),
    });
    runStep(run, run.scenario.steps[1]!);
    expect(events).toEqual(['clear pmd', 'free 9', 'flush all']);
  });

  test('passes entries by that are not there, and a leaf of the root', () => {
    const { kernel } = idle(riscv64({ vaBits: 39 }));
    const table = pageTableOf(kernel);
    const start = kernel.vmemmap + 2 ** 31;
    const root = entryAt(kernel, PUD, start);
    table.write(root, entryLo(2 ** 30, 0xe7), entryHi(2 ** 30, 0));
    kernel.code.vmemmapFree(start, start + 2 ** 21, null);
    expect(table.lo(root) & 0xff).toBe(0xe7);
    expect(kernel.log.take()).toEqual([]);
  });

  test('frees a leaf of the PUD that it meets below the root, as a block of its order', () => {
    const { kernel } = idle(riscv64({ vaBits: 48 }));
    const table = pageTableOf(kernel);
    const start = Math.ceil((kernel.vmemmap + 2 ** 31) / 2 ** 30) * 2 ** 30;
    const entry = entryAt(kernel, PUD, start);
    table.write(entry, entryLo(2 ** 42, 0xe7), entryHi(2 ** 42, 0));
    kernel.code.vmemmapFree(start, start + 4096, null);
    expect(table.lo(entry)).toBe(0);
    expect(kernel.log.take()).toEqual([{ kind: 'free-not-allocated', pfn: 0x40000000 }]);
  });

  test('takes a PMD for present whose present bit alone is clear, and a PTE with the global bit', () => {
    const { kernel } = idle(riscv64({ kernel: '7.2' }));
    const table = pageTableOf(kernel);
    const start = Math.ceil((kernel.vmemmap + 2 ** 31) / 2 ** 21) * 2 ** 21;
    kernel.code.vmemmapPopulate(start, start + 2 ** 21, 0, null);
    const leaf = entryAt(kernel, PMD, start);
    table.write(leaf, (table.lo(leaf) & ~0x21) >>> 0, table.hi(leaf));
    kernel.code.vmemmapFree(start, start + 2 ** 21, null);
    expect(kernel.allocator.pagesOut).toBe(0);
    // Without R, W, X and the present bits a PMD is none to it.
    kernel.code.vmemmapPopulate(start, start + 2 ** 21, 0, null);
    const again = entryAt(kernel, PMD, start);
    table.write(again, (table.lo(again) & ~0x2f) >>> 0, table.hi(again));
    kernel.code.vmemmapFree(start, start + 2 ** 21, null);
    expect(table.lo(again)).not.toBe(0);
  });
});

describe('what is told of it', () => {
  test('tables right below the root stay by design, others do not', () => {
    const { kernel } = idle(riscv64({ vaBits: 48 }));
    const keeps = ([PTE, PMD, PUD] as const).map((level) => kernel.code.keepsEmptyTable({ level, start: 0, pa: 0 }));
    expect(keeps).toEqual([false, false, true]);
  });

  test('memory blocks may hold their memmap since hot-plug came, and nothing is remembered between steps', () => {
    const { code, kconfig } = idle(riscv64()).kernel;
    expect(kconfig.selectsMemmapOnMemory).toBe(true);
    expect(code.unusedStart()).toBe(0);
    expect([2 * MIB, 3 * MIB].map((bytes) => kconfig.supportsMemmapOnMemory(bytes))).toEqual([true, false]);
  });
});

test('frames above 2^52 have struct pages with Sv57, and RAM keeps away from them', () => {
  const last = 2 ** 56 - 128 * MIB;
  const [state] = play({
    machine: riscv64({ kernel: '7.2' }),
    steps: [{ op: 'add-pages', start: `0x${last.toString(16)}`, size: 128 * MIB }],
  });
  expect(state).toMatchObject({ ret: 0, violations: [], leaves: ['ff1fffffffe00000-ff20000000000000 pmd ram'] });
  const beyond = () =>
    play({ machine: { arch: 'x86_64' }, steps: [{ op: 'add-pages', start: `0x${last.toString(16)}`, size: '128M' }] });
  expect(beyond).toThrow('steps[0] ends at frame 17592186044416; physical addresses end at 2^52');
});

describe('the room of riscv64', () => {
  test('is what a crash dump is of that has phys_ram_base or satp, or a release of Debian’s riscv64', () => {
    for (const key of ['NUMBER(phys_ram_base)=0x80000000', 'NUMBER(satp)=0x9', 'OSRELEASE=7.2.13+deb14-riscv64']) {
      expect(importVmcoreinfo(`PAGESIZE=4096\n${key}\n`, 'vmcoreinfo').arch, key).toBe('riscv64');
    }
    for (const release of ['6.12-riscv64-custom', '6.12.riscv64', '6.12_riscv64']) {
      const { arch } = importVmcoreinfo(`OSRELEASE=${release}\n`, 'vmcoreinfo');
      expect(arch, release).toBe(release === '6.12.riscv64' ? 'riscv64' : undefined);
    }
  });

  test('has frames of 56 bits for callers, and struct pages for twice as many', () => {
    const { config, traits } = scenario({ machine: riscv64(), steps: [{ op: 'use', pfn: 0, nrPages: 1 }] }).machine;
    expect(room.maxPhysmemBits(config, traits)).toBe(56);
    expect(room.physicalLimit).toBe(2 ** 57);
  });

  test('calls functions as the kernel does: the helpers of the generic code, and of the levels that free the lowest', () => {
    expect(room.functionNames).toEqual({
      checkPmd: 'vmemmap_check_pmd',
      setPmd: 'vmemmap_set_pmd',
      removeMapping: 'remove_pmd_mapping',
      // What is no function of the kernel does not show in a stack.
      populate: null,
      set: null,
      clear: null,
      freeTable: null,
      isInside: null,
    });
  });

  test.each([
    ['cycle', ['riscv64, PMD leaves']],
    ['altmap', ['riscv64, PMD leaves']],
    [
      'compound',
      ['not folded', 'compound pages of 2 MiB', 'compound pages of 1 GiB'].map((c) => `riscv64, PMD leaves, ${c}`),
    ],
    ['struct-page', [56, 64, 72, 80, 96].map((bytes) => `riscv64, ${bytes} B`)],
    ['partial-pmd', []],
    ['subsection', []],
    ['hot-add', []],
  ])('is in the suite %s of the benchmark with %j', (suite, cases) => {
    const all = SUITES.find(({ name }) => name === suite)!.cases;
    expect(all.filter(({ machine }) => machine.arch === 'riscv64').map(({ name }) => name)).toEqual(cases);
  });

  test('is in the benchmark of releases with struct pages that share leaves, from 6.11 on', () => {
    const all = SUITES.find(({ name }) => name === 'release')!.cases.filter(
      ({ machine }) => machine.arch === 'riscv64',
    );
    expect(all[0]).toMatchObject({ name: 'riscv64, 56 B, 6.11', machine: { structPageSize: 56, kernel: '6.11' } });
    expect(all.every(({ name }) => name.startsWith('riscv64, 56 B, '))).toBe(true);
  });
});
