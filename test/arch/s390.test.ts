// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { vmemmapPlacement } from '../../arch/s390/index.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { PMD, PUD } from '../../src/hardware/page-table.js';
import { StateReader, StateWriter } from '../../src/hardware/saved-state.js';
import { observe } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import { entryAt, idle, pageTableOf, play } from '../scenarios.js';

type Machine = ScenarioInput['machine'];
const s390 = (more: Partial<Machine> = {}): Machine => ({
  arch: 's390',
  kernel: '6.12.117',
  vmemmapBase: '0x3fc0000000000',
  ...more,
});
/** Pages of a section of 256 MiB. */
const SECTION = 65536;
const FIRST = 2 ** 20;
const add = (section: number, altmap?: string) => ({
  op: 'add-pages' as const,
  pfn: FIRST + section * SECTION,
  nrPages: SECTION,
  altmap,
});
const remove = (section: number, altmap?: string) => ({
  op: 'remove-pages' as const,
  pfn: FIRST + section * SECTION,
  nrPages: SECTION,
  altmap,
});
const altmaps = { dev: { basePfn: FIRST, endPfn: FIRST + SECTION - 1, free: 1024 } };

describe('s390: tables', () => {
  test('an empty region table is full of its own empty entries, big-endian', () => {
    const { kernel } = idle(s390());
    const { root } = pageTableOf(kernel);
    const bytes = Buffer.from(kernel.ram.readFrame(root / 4096).slice(0, 16)).toString('hex');
    expect(bytes).toBe('00000000000000280000000000000028');
  });

  test('a segment entry lies in memory as the hardware reads it', () => {
    const { kernel } = idle(s390({ ramBasePfn: 2 ** 33 }));
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 2 ** 20, 0, null);
    const mmu = pageTableOf(kernel);
    const [leaf] = [mmu.walk(kernel.vmemmap)!];
    const at = Buffer.alloc(8);
    at.writeBigUInt64BE(BigInt(leaf.pa) | 0x3503n);
    let found = false;
    mmu.visit(
      kernel.vmemmap,
      kernel.vmemmap + 2 ** 20,
      () => undefined,
      (table) => {
        if (table.level !== 1) return;
        const frame = Buffer.from(kernel.ram.readFrame(table.pa / 4096));
        found = frame.subarray(0, 8).equals(at);
      },
    );
    expect(found).toBe(true);
  });

  test('region and segment tables take four pages, page tables one; all go with the last entry', () => {
    const [added, removed] = play({ machine: s390({ hugeVmemmap: false }), steps: [add(0), remove(0)] });
    expect(added).toMatchObject({ tables: { pud: 1, pmd: 1, pte: 4 }, ram: { pages: 1024 + 2 * 4 + 4 } });
    expect(removed).toMatchObject({ tables: { pud: 0, pmd: 0, pte: 0 }, ram: { pages: 0 } });
  });
});

describe('s390: vmemmap_populate()', () => {
  test('takes 1 MiB frames with EDAT1, also for a part of one', () => {
    const [state] = play({ machine: s390({ structPageSize: 56 }), steps: [add(0)] });
    expect(state!.leaves).toEqual([expect.stringMatching(/ pmd ram$/)]);
    expect(state!.counters['setPmd']).toBe(1 + 3);
  });

  test('undoes itself when it fails', () => {
    const [state] = play({ machine: s390(), steps: [add(0)], failAllocations: [2] });
    expect(state).toMatchObject({ ret: -12, leaves: [], ram: { pages: 0 }, counters: { tlbFlushRange: 2 } });
  });

  test('falls back to a page table where there is no 1 MiB frame', () => {
    const [state] = play({ machine: s390(), steps: [add(0)], failAllocations: [3] });
    expect(state).toMatchObject({ ret: 0, tables: { pte: 1 } });
    expect(state!.counters).toMatchObject({ setPte: 256 });
  });

  test('says 0 with part of the range unmapped when memory runs out for a later page table', () => {
    const failAllocations = [3, 261, 262];
    const [state] = play({ machine: s390(), steps: [add(0)], failAllocations });
    expect(state).toMatchObject({ ret: 0 });
    expect(state!.holes).toHaveLength(1);
  });

  test('ignores the altmap before 6.8, and takes leaves but no tables from it since', () => {
    const run = (kernel: string) => play({ machine: s390({ kernel }), altmaps, steps: [add(0, 'dev')] })[0]!;
    expect(run('6.1.192')).toMatchObject({ altmaps: { dev: { alloc: 0 } }, ram: { pages: 1032 } });
    expect(run('6.12.117')).toMatchObject({ altmaps: { dev: { alloc: 1024 } }, ram: { pages: 8 } });
  });
});

describe('s390: vmemmap_free()', () => {
  test('keeps a 1 MiB frame that a neighbour uses, and frees it with the last', () => {
    const machine = s390({ structPageSize: 56 });
    const states = play({ machine, steps: [add(0), add(1), remove(0), remove(1)] });
    expect(states[2]).toMatchObject({ holes: [], leaks: [] });
    expect(states[2]!.partial).toHaveLength(1);
    expect(states[3]).toMatchObject({ leaves: [], ram: { pages: 0 } });
  });

  test('with an altmap takes every leaf for its own', () => {
    const [, removed] = play({ machine: s390(), altmaps, steps: [add(0), remove(0, 'dev')] });
    expect(removed).toMatchObject({ violations: ['altmap-underflow:dev'], altmaps: { dev: { alloc: -1024 } } });
  });
});

test('s390: without KASLR the vmemmap of a small machine lies where a booted kernel had it', () => {
  expect(vmemmapPlacement(3, 64)).toBe(0x37200000000n);
});

describe('s390: modify_pagetable() meets what is there', () => {
  const PMD_SIZE = 2 ** 20;
  const PUD_SIZE = 2 ** 31;
  const LARGE = 0x400;
  const EMPTY_SEGMENT = 0x20;
  const TABLE_BYTES = 4 * 4096;
  const mapped = (more: Partial<Machine> = {}) => {
    const { kernel } = idle(s390(more));
    const start = kernel.vmemmap;
    kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    kernel.counters.reset();
    return { kernel, start, table: pageTableOf(kernel) };
  };

  test('pages that are mapped stay as they are, whatever their frames', () => {
    for (const ramBasePfn of [2 ** 16, 2 ** 33]) {
      const { kernel, start } = mapped({ hugeVmemmap: false, ramBasePfn });
      expect(kernel.code.vmemmapPopulate(start, start + PMD_SIZE, 0, null)).toBe(0);
      expect(kernel.counters).toMatchObject({ allocPages: 0, set: [0, 0, 0, 0, 0] });
    }
  });

  test('a region of 2 GiB that is a frame serves whoever adds, and goes when all of it goes', () => {
    const { kernel, start, table } = mapped();
    const entry = entryAt(kernel, PUD, start + PUD_SIZE);
    table.write(entry, LARGE, 0);
    const { code, counters } = kernel;
    expect(code.vmemmapPopulate(start + PUD_SIZE, start + 2 * PUD_SIZE, 0, null)).toBe(0);
    code.vmemmapFree(start + PUD_SIZE, start + PUD_SIZE + PMD_SIZE, null);
    expect(counters).toMatchObject({ allocPages: 0, clear: [0, 0, 0, 0, 0] });
    expect(table.lo(entry)).toBe(LARGE);
    code.vmemmapFree(start + PUD_SIZE, start + 2 * PUD_SIZE, null);
    expect(counters).toMatchObject({ freePages: 0, clear: [0, 0, 1, 0, 0] });
  });

  test.each([
    ['low', EMPTY_SEGMENT | 0x100, 0],
    ['high', EMPTY_SEGMENT, 1],
  ])('a table with a bit in the %s half of its last entry stays', (_which, lo, hi) => {
    const { kernel, start, table } = mapped();
    table.write(entryAt(kernel, PMD, start + PUD_SIZE - PMD_SIZE), lo, hi);
    kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
    expect(kernel.counters).toMatchObject({ freePages: 256, clear: [0, 1, 0, 0, 0] });
  });

  test('a segment table of four pages stays for an entry in any of them', () => {
    for (const quarter of [1, 2, 3]) {
      const { kernel, start } = mapped();
      const far = start + (quarter * PUD_SIZE) / 4;
      kernel.code.vmemmapPopulate(far, far + PMD_SIZE, 0, null);
      kernel.code.vmemmapFree(start, start + PMD_SIZE, null);
      expect(kernel.platform.mmu.walk(far)).toBeDefined();
      expect(kernel.counters.freePages).toBe(256);
    }
  });

  test('a new segment table is empty as far as it goes, and what lies behind it in memory is left alone', () => {
    const { kernel } = idle(s390({ vmemmapBase: '0x3fc0000000000' }));
    const { code, vmemmap } = kernel;
    const regions = [0, 1, 2, 3].map((i) => vmemmap + i * PUD_SIZE);
    for (const start of regions) code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    // The tables of the regions lie side by side; that of the first goes and comes back.
    const tables: number[] = [];
    kernel.platform.visit(
      vmemmap,
      vmemmap + 4 * PUD_SIZE,
      () => undefined,
      (at) => {
        if (at.level === PMD) tables.push(at.pa);
      },
    );
    expect(tables.slice(1).some((pa, i) => pa === tables[i]! + TABLE_BYTES)).toBe(true);
    const left = tables.findIndex((pa, i) => tables[i + 1] === pa + TABLE_BYTES);
    const start = regions[left]!;
    code.vmemmapFree(start, start + PMD_SIZE, null);
    code.vmemmapPopulate(start, start + PMD_SIZE, 0, null);
    expect(regions.filter((at) => kernel.platform.mmu.walk(at) === undefined)).toEqual([]);
    // The empty entries reach to the last.
    const entry = entryAt(kernel, PMD, start + PUD_SIZE - PMD_SIZE);
    expect(pageTableOf(kernel).lo(entry)).toBe(EMPTY_SEGMENT);
  });

  test('until 5.10 freeing named a frame behind the right one', () => {
    const [, since] = play({ machine: s390({ kernel: '5.10' }), steps: [add(0), remove(0)] });
    expect(since).toMatchObject({ violations: [], ram: { pages: 0 } });
    // _SEGMENT_ENTRY_DIRTY and _SEGMENT_ENTRY_YOUNG, which counted as bits of the address.
    const { kernel } = idle(s390({ kernel: '5.9' }));
    const { code, vmemmap } = kernel;
    code.vmemmapPopulate(vmemmap, vmemmap + PMD_SIZE, 0, null);
    const frame = kernel.platform.mmu.walk(vmemmap)!.pa;
    const freed: number[] = [];
    observe(kernel, { ...DEAF_OBSERVER, freePages: (pfn, order) => order === 8 && freed.push(pfn * 4096 - frame) });
    code.vmemmapFree(vmemmap, vmemmap + PMD_SIZE, null);
    expect(freed).toEqual([0x3000]);
  });

  test('remembers the unused part of a frame across a saved state', () => {
    const { kernel, start } = mapped();
    kernel.code.vmemmapPopulate(start + 2 * PMD_SIZE, start + 2.5 * PMD_SIZE, 0, null);
    const remembered = kernel.code.unusedStart();
    expect(remembered).toBe(start + 2.5 * PMD_SIZE);
    const saved = new StateWriter();
    kernel.code.save!(saved);
    kernel.code.vmemmapFree(start + 2 * PMD_SIZE, start + 2.5 * PMD_SIZE, null);
    expect(kernel.code.unusedStart()).toBe(0);
    kernel.code.restore!(new StateReader(saved.take()));
    expect(kernel.code.unusedStart()).toBe(remembered);
  });
});

describe('s390: memmap of the boot, until 6.19', () => {
  const boot = [{ start: '0x0', size: '512M' }];
  const gone = { op: 'remove-pages' as const, pfn: SECTION, nrPages: SECTION };
  const removed = (more: Partial<Machine>) => play({ machine: s390({ boot, ...more }), steps: [gone] })[0]!;

  test('is unmapped with a warning, and its frames stay where they are', () => {
    expect(removed({})).toMatchObject({ violations: ['warn:vmem_free_pages'], ram: { pages: 0 } });
    expect(removed({}).counters['freePages']).toBeUndefined();
    const pages = removed({ hugeVmemmap: false });
    expect(pages.violations).toEqual(['warn:vmem_free_pages', 'warn:vmem_pte_free']);
    expect(pages.counters['freePages']).toBeUndefined();
  });

  test('goes back since', () => {
    const since = removed({ kernel: '6.19' });
    expect(since.violations).toEqual([]);
    expect(since.counters['freePages']).toBeGreaterThanOrEqual(1024);
  });
});

describe('s390 before 5.9: what is mapped is mapped for ever', () => {
  const machine = (more: Partial<Machine> = {}) => s390({ kernel: '5.4', structPageSize: 56, ...more });

  test('neighbours share a frame of 1 MiB, or a page table', () => {
    const [, large] = play({ machine: machine(), steps: [add(0), add(1)] });
    expect(large).toMatchObject({ ret: 0, holes: [], ram: { pages: 7 * 256 + 8 } });
    const [, small] = play({ machine: machine({ hugeVmemmap: false }), steps: [add(0), add(1)] });
    expect(small).toMatchObject({ ret: 0, holes: [], tables: { pte: 7 }, ram: { pages: 2 * 896 + 7 + 8 } });
    expect(small!.counters).toMatchObject({ setPmd: 7, setPte: 2 * 896 });
  });

  test.each([true, false])('fails where there is no memory, and keeps what it has; EDAT1 %s', (hugeVmemmap) => {
    const calls = hugeVmemmap ? [1, 2, 3, 4] : [1, 2, 3, 4, 260];
    for (const call of calls) {
      const [state] = play({ machine: machine({ hugeVmemmap }), steps: [add(0)], failAllocations: [call] });
      expect(state).toMatchObject({ ret: -12, sections: { present: 0 }, violations: [] });
      expect(state!.ram.pages > 0).toBe(call > 1);
    }
  });

  test('takes frames above 4 GiB', () => {
    const { kernel } = idle(machine({ ramBasePfn: 2 ** 33 }));
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 2 ** 20, 0, null);
    expect(kernel.platform.mmu.walk(kernel.vmemmap)!.pa).toBeGreaterThanOrEqual(2 ** 45);
  });
});
