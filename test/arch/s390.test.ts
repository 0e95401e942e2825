// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { vmemmapPlacement } from '../../arch/s390/index.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, pageTableOf, play } from '../scenarios.js';

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
    kernel.arch.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + 2 ** 20, 0, null);
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
