// SPDX-License-Identifier: GPL-2.0-only

import { describe, expect, test } from 'vitest';
import { observe, pfnToPage, type Kernel } from '../../src/kernel/kernel.js';
import { DEAF_OBSERVER } from '../../src/kernel/observer.js';
import { runStep, startRun } from '../../src/scenario/runner.js';
import type { ScenarioInput } from '../../src/scenario/schema.js';
import { idle, play, scenario } from '../scenarios.js';

/** vmemmap_populate_compound_pages() of arch/powerpc/mm/book3s64/radix_pgtable.c, with 4K pages. */

type Machine = ScenarioInput['machine'];

const PAGE = 4096;
const PMD_SIZE = 2 ** 21;
const PUD_SIZE = 2 ** 30;
const ENOMEM = 12;
const STRUCT_PAGE = 64;
/** Pages that a page of memmap describes, and those that a PMD of memmap describes: 128 MiB. */
const PER_PAGE = PAGE / STRUCT_PAGE;
const PER_PMD = PMD_SIZE / STRUCT_PAGE;
const PAGES_PER_PMD = PMD_SIZE / PAGE;
/** log2 of the pages of 2 MiB, 1 GiB and 128 GiB. */
const MIB_2 = 9;
const GIB_1 = 18;
const GIB_128 = 25;
/** PUD, PMD and page table of a first page; and what its memory is. */
const TABLES = 3;

const radix = (more: Partial<Machine> = {}): Machine => ({
  arch: 'ppc64',
  mmu: 'radix',
  kernel: '6.12.117',
  pageSize: '4K',
  ...more,
});

/** A machine where these calls of the page allocator fail; 1 is the first. */
const without = (failAllocations: number[], more: Partial<Machine> = {}): Kernel =>
  startRun(scenario({ machine: radix(more), failAllocations, steps: [{ op: 'use', pfn: 0, nrPages: 1 }] })).kernel;

interface Outcome {
  readonly ret: number;
  readonly allocPages: number;
  readonly setPte: number;
  /** What was settled, and the bytes from the start of the vmemmap that it is about. */
  readonly told: readonly (readonly [what: string, from: number, to: number])[];
}

/** Populates the memmap of pages of a device; pfn 0 begins a compound page of any size. */
function populate(kernel: Kernel, pfn: number, nrPages: number, vmemmapShift: number): Outcome {
  const told: (readonly [string, number, number])[] = [];
  kernel.counters.reset();
  observe(kernel, {
    ...DEAF_OBSERVER,
    decide: (by, { because, so }, start, end) =>
      told.push([`${by}: ${because} -> ${so}`, start - kernel.vmemmap, end - kernel.vmemmap]),
  });
  const pgmap = { rangeStartPfn: pfn, vmemmapShift };
  const [start, end] = [pfnToPage(kernel, pfn), pfnToPage(kernel, pfn + nrPages)];
  const ret = kernel.code.populateCompoundPages!(pfn, start, end, 0, pgmap);
  observe(kernel, null);
  return { ret, allocPages: kernel.counters.allocPages, setPte: kernel.counters.set[0]!, told };
}

/** Frames behind pages of the memmap, by their number. */
const framesOf = (kernel: Kernel, from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => kernel.platform.mmu.walk(kernel.vmemmap + (from + i) * PAGE)!.pa / PAGE);

const said = (text: string): string => `vmemmap_populate_compound_pages: ${text}`;
const HEAD_AND_TAIL = said('a compound page begins here -> a head page and a tail page');
const OTHER_TAILS = said('a compound page goes on here -> its tail page again');
const NO_TAIL = said('the compound page has no tail page yet and gets none -> a base page');
const LEAF = said('the PMD is a leaf -> nothing new: the leaf that is there serves');

describe('the memmap of a compound page', () => {
  test('is a head page and a tail page, and the tail page for all that follows', () => {
    const { kernel } = idle(radix());
    const outcome = populate(kernel, 0, 2 * 2 ** MIB_2, MIB_2);
    expect(outcome).toMatchObject({ ret: 0, allocPages: TABLES + 2 * 2, setPte: 2 * 8 });
    expect(outcome.told.slice(0, 3)).toEqual([
      [HEAD_AND_TAIL, 0, 2 * PAGE],
      [OTHER_TAILS, 2 * PAGE, 3 * PAGE],
      [OTHER_TAILS, 3 * PAGE, 4 * PAGE],
    ]);
    expect(outcome.told[7]).toEqual([HEAD_AND_TAIL, 8 * PAGE, 10 * PAGE]);
    const [head, tail, ...others] = framesOf(kernel, 0, 8);
    expect(others).toEqual(Array.from({ length: 6 }, () => tail));
    expect(head).not.toBe(tail);
    expect(kernel.allocator.extraReferencesOf(tail!)).toBe(6);
    expect(framesOf(kernel, 8, 1)[0]).not.toBe(tail);
  });

  test('that is populated already is left as it is, and nothing of it is settled again', () => {
    const { kernel } = idle(radix());
    populate(kernel, 0, 2 ** MIB_2, MIB_2);
    expect(populate(kernel, 0, 2 ** MIB_2, MIB_2)).toEqual({ ret: 0, allocPages: 0, setPte: 0, told: [] });
  });

  test('ends where the range ends, also with the tail page', () => {
    const { kernel } = idle(radix());
    expect(populate(kernel, 0, 2 * PER_PAGE, GIB_1)).toMatchObject({ allocPages: TABLES + 2, setPte: 2 });
    expect(populate(kernel, 2 * PER_PAGE, PER_PAGE, GIB_1)).toMatchObject({ allocPages: 0, setPte: 1 });
  });

  test('whose middle comes first gets its head page and its tail page then', () => {
    const { kernel } = idle(radix());
    const outcome = populate(kernel, PER_PMD, 2 * PER_PAGE, GIB_1);
    // The head page lies in another page table than the middle.
    expect(outcome).toMatchObject({ ret: 0, allocPages: TABLES + 1 + 2, setPte: 2 + 2 });
    expect(outcome.told).toEqual([
      [OTHER_TAILS, PMD_SIZE, PMD_SIZE + PAGE],
      [OTHER_TAILS, PMD_SIZE + PAGE, PMD_SIZE + 2 * PAGE],
    ]);
    const [head, tail] = framesOf(kernel, 0, 2);
    expect(framesOf(kernel, PAGES_PER_PMD, 2)).toEqual([tail, tail]);
    expect(head).not.toBe(tail);
  });

  test('whose tail page comes first gets its head page then, and holds no reference to itself', () => {
    const { kernel } = idle(radix());
    expect(populate(kernel, PER_PAGE, 2 * PER_PAGE, GIB_1)).toMatchObject({
      ret: 0,
      allocPages: TABLES + 2,
      setPte: 3,
    });
    const [head, tail, other] = framesOf(kernel, 0, 3);
    expect(other).toBe(tail);
    expect(head).not.toBe(tail);
    expect(kernel.allocator.extraReferencesOf(tail!)).toBe(1);
  });

  test('keeps base pages that are there', () => {
    const { kernel } = idle(radix());
    const { vmemmap } = kernel;
    kernel.code.vmemmapPopulate(vmemmap + 5 * PAGE, vmemmap + 6 * PAGE, 0, null);
    const [before] = framesOf(kernel, 5, 1);
    expect(populate(kernel, 0, 2 ** MIB_2, MIB_2)).toMatchObject({ ret: 0, allocPages: 2, setPte: 7 });
    expect(framesOf(kernel, 5, 1)).toEqual([before]);
  });
});

describe('a leaf that is there', () => {
  const withLeaf = (more: Partial<Machine> = {}): Kernel => {
    const { kernel } = idle(radix(more));
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + PMD_SIZE, 0, null);
    return kernel;
  };

  test('serves, and what lies behind it is folded', () => {
    const kernel = withLeaf();
    const outcome = populate(kernel, 0, PER_PMD + 2 ** MIB_2, MIB_2);
    expect(outcome).toMatchObject({ ret: 0, allocPages: 1 + 2, setPte: 8 });
    expect(outcome.told.slice(0, 2)).toEqual([
      [LEAF, 0, PMD_SIZE],
      [HEAD_AND_TAIL, PMD_SIZE, PMD_SIZE + 2 * PAGE],
    ]);
  });

  test('serves whether or not somebody listens', () => {
    const { code, vmemmap, counters } = withLeaf();
    const before = counters.allocPages;
    const pgmap = { rangeStartPfn: 0, vmemmapShift: MIB_2 };
    expect(code.populateCompoundPages!(0, vmemmap, vmemmap + PMD_SIZE, 0, pgmap)).toBe(0);
    expect(counters.allocPages).toBe(before);
  });

  test('serves for a part of it', () => {
    expect(populate(withLeaf(), 2 * PER_PAGE, 3 * PER_PAGE, GIB_1)).toEqual({
      ret: 0,
      allocPages: 0,
      setPte: 0,
      told: [[LEAF, 2 * PAGE, 5 * PAGE]],
    });
  });

  test('where the tail page would be makes the rest of the compound page base pages', () => {
    const kernel = withLeaf();
    const outcome = populate(kernel, PER_PMD, 3 * PER_PAGE, GIB_1);
    expect(outcome).toMatchObject({ ret: 0, allocPages: 1 + 3, setPte: 3 });
    expect(outcome.told).toEqual(
      [0, 1, 2].map((page) => [NO_TAIL, PMD_SIZE + page * PAGE, PMD_SIZE + (page + 1) * PAGE]),
    );
    expect(new Set(framesOf(kernel, PAGES_PER_PMD, 3)).size).toBe(3);
  });

  test('where the tail page would be, and no memory for a base page: populating fails', () => {
    const kernel = without([4]);
    // Two tables and the leaf; then a page table.
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + PMD_SIZE, 0, null);
    expect(populate(kernel, PER_PMD, PER_PAGE, GIB_1).ret).toBe(-ENOMEM);
    const later = without([5]);
    later.code.vmemmapPopulate(later.vmemmap, later.vmemmap + PMD_SIZE, 0, null);
    expect(populate(later, PER_PMD, PER_PAGE, GIB_1)).toMatchObject({ ret: -ENOMEM, setPte: 0 });
  });
});

describe('without memory', () => {
  /** A compound page of 128 GiB has 2 GiB of memmap, so that its middle and its tail page have no table in common. */
  const MIDDLE = PUD_SIZE / STRUCT_PAGE;

  test.each([
    ['PMD table', 4],
    ['page table', 5],
  ])('for the %s of its tail page, a page of a compound page is a base page; the next asks again', (_what, call) => {
    const kernel = without([call]);
    const outcome = populate(kernel, MIDDLE, 2 * PER_PAGE, GIB_128);
    expect(outcome.told.map(([what]) => what)).toEqual([NO_TAIL, OTHER_TAILS]);
    // The PUD table, and of either side PMD table and page table; a base page, the head page and the tail page.
    expect(outcome).toMatchObject({ ret: 0, allocPages: 1 + 2 * 2 + 3, setPte: 4 });
    const [, tail] = framesOf(kernel, 0, 2);
    const [own, shared] = framesOf(kernel, PUD_SIZE / PAGE, 2);
    expect(shared).toBe(tail);
    expect(own).not.toBe(tail);
  });

  test('for the tail page itself, a page is a base page, and the head page stays', () => {
    // Five tables and the head page before.
    const outcome = populate(without([7]), MIDDLE, PER_PAGE, GIB_128);
    expect(outcome.told.map(([what]) => what)).toEqual([NO_TAIL]);
    expect(outcome).toMatchObject({ ret: 0, allocPages: 5 + 2, setPte: 2 });
  });

  test.each([1, 2, 3, 4])('nothing of a first page is there after allocation %i failed', (call) => {
    expect(populate(without([call]), 0, 2 ** MIB_2, MIB_2)).toMatchObject({
      ret: -ENOMEM,
      allocPages: call - 1,
      setPte: 0,
    });
  });
});

describe('until it asked the address, the kernel counted one pfn on for each page of memmap', () => {
  const counting = { kernel: '6.8' };

  test('so that only pages behind the first 64 of a compound page of 2 MiB found a tail page, which was the 65th', () => {
    const { kernel } = idle(radix(counting));
    // The memmap of 2 MiB is 8 pages; by the count it is 512.
    const outcome = populate(kernel, 0, PER_PMD, MIB_2);
    expect(outcome).toMatchObject({ ret: 0, allocPages: TABLES + 65, setPte: PAGES_PER_PMD });
    expect(new Set(framesOf(kernel, 64, PAGES_PER_PMD - 64)).size).toBe(1);
    expect(new Set(framesOf(kernel, 0, 65)).size).toBe(65);
  });

  test('and one on for each page of memmap behind a leaf', () => {
    const { kernel } = idle(radix(counting));
    kernel.code.vmemmapPopulate(kernel.vmemmap, kernel.vmemmap + PMD_SIZE, 0, null);
    // Behind the leaf the count is at 512, so that it is three PMDs more to the next multiple of 2048.
    const MIB_8 = 11;
    const { told } = populate(kernel, 0, 4 * PER_PMD + PER_PAGE, MIB_8);
    expect(told[0]).toEqual([LEAF, 0, PMD_SIZE]);
    const heads = told.filter(([what]) => what === HEAD_AND_TAIL).map(([, from]) => from);
    expect(heads).toEqual([4 * PMD_SIZE]);
  });

  test('and also for pages that are there', () => {
    const { kernel } = idle(radix(counting));
    populate(kernel, PER_PMD / 2, PER_PAGE, MIB_2);
    // By the count the next compound page begins behind 512 pages, those that are there among them.
    const { told } = populate(kernel, 0, PER_PMD + PER_PAGE, MIB_2);
    const heads = told.filter(([what]) => what === HEAD_AND_TAIL).map(([, from]) => from);
    expect(heads).toEqual([0, PMD_SIZE]);
  });

  /**
   * The first page of which the count says that a compound page begins: where `start` pages lie before it in its PMD, the
   * count is 64 times that, and it goes up by one.
   */
  const START = 447;
  const LAST = PAGES_PER_PMD - 1;

  test('so that head page and tail page could lie in two PMDs: a leaf in the second makes populating fail', () => {
    const { kernel } = idle(radix(counting));
    expect((START * PER_PAGE + (LAST - START)) % 2 ** MIB_2).toBe(0);
    kernel.code.vmemmapPopulate(kernel.vmemmap + PMD_SIZE, kernel.vmemmap + 2 * PMD_SIZE, 0, null);
    const outcome = populate(kernel, START * PER_PAGE, (PAGES_PER_PMD - START) * PER_PAGE, MIB_2);
    expect(outcome.ret).toBe(-ENOMEM);
    expect(outcome.told.at(-1)).toEqual([HEAD_AND_TAIL, LAST * PAGE, (LAST + 2) * PAGE]);
    expect(kernel.platform.mmu.walk(kernel.vmemmap + LAST * PAGE)).toBeDefined();
    // Two tables were there, and the head page is the last that was taken.
    const { kernel: other } = idle(radix(counting));
    const before = populate(other, START * PER_PAGE, (LAST - START) * PER_PAGE, MIB_2);
    expect(outcome.allocPages).toBe(before.allocPages - 2 + 1);
  });
});

describe('before it had tables of its own, radix left folding to the shared helper', () => {
  test('whose entries are those of radix: valid, a leaf, C, R, privileged, read and write', () => {
    const steps = [
      { op: 'memremap-pages' as const, device: 'd', start: '0x10000000000', size: '1G', compoundSize: '1G' },
    ];
    const machine = radix({ kernel: '5.19', ramBasePfn: 2 ** 33 });
    const [state] = play({ machine, steps });
    expect(state).toMatchObject({ ret: 0, prot: { pte: '0xc00000000000018e' }, violations: [], holes: [] });
    expect(state!.leaves).toEqual([expect.stringMatching(/ pte ram$/)]);
    // 1 GiB has 16 MiB of memmap: 4096 entries in 8 page tables, below one PMD table and one PUD table.
    expect(state).toMatchObject({ tables: { pud: 1, pmd: 1, pte: 8 }, counters: { setPte: 4096, allocPages: 10 + 2 } });
    const run = startRun(scenario({ machine, steps }));
    expect(runStep(run, run.scenario.steps[0]!)).toBe(0);
    const [head, tail, other] = framesOf(run.kernel, 2 ** 40 / PAGE / PER_PAGE, 3);
    expect(other).toBe(tail);
    for (const frame of [head!, tail!]) expect(run.kernel.allocator.isAllocated(frame)).toBe(true);
  });
});
